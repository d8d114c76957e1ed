/**
 * A gateway and a test guest with a cable between them, in this process.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { createCable } from "../link/cable.ts";
import type { Forward } from "./forward.ts";
import { TestGuest } from "./test-guest.ts";

/** A forward from any free port of the loopback. */
export function forwardTo(guestPort: number, protocol: Forward["protocol"] = "tcp"): Forward {
  return { protocol, hostAddress: "127.0.0.1", hostPort: 0, guestPort };
}

export interface Joined {
  readonly gateway: Gateway;
  readonly guest: TestGuest;
  readonly reports: string[];
  /** The host port of a forward. */
  port(index?: number): number;
  stop(): void;
}

export async function joined(
  options: Omit<GatewayOptions, "device">,
  configuration?: string,
): Promise<Joined> {
  const reports: string[] = [];
  const [outer, inner] = createCable();
  const guest = await TestGuest.start(inner, configuration, options.offloads);
  const gateway = new Gateway({ device: outer, report: (message) => reports.push(message), ...options });
  const stop = () => {
    gateway.stop();
    guest.stop();
  };
  try {
    const forwards = await gateway.start();
    return { gateway, guest, reports, port: (index = 0) => forwards[index]!.hostPort, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Waits until `condition` holds; a test that waits longer than `limitMs` fails. */
export async function settled(condition: () => boolean, limitMs = 5000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not settled after ${limitMs} ms: ${condition}`);
    await sleep(5);
  }
}
