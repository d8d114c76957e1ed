/** The row of our gateway's own start, which every networked machine but `node` waits for in the launcher. */
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Device } from "../../src/link/device.ts";
import type { Rows, Sample } from "./row.ts";

const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80, protocol: "tcp" } as const;
/** A cable with nobody at its end. */
const DEVICE: Device = { send: () => true, receive: () => undefined, onArrival: () => {} };

export const gatewayRows: Rows = { rows: [{ name: "gateway (its start alone)", run }], absent: [] };

async function run(): Promise<Sample> {
  const startedAt = performance.now();
  const gateway = new Gateway({ device: DEVICE, forwards: [FORWARD] });
  await gateway.start();
  const wallMs = performance.now() - startedAt;
  gateway.stop();
  return { wallMs };
}
