/**
 * A guest for the gateway's tests (`stack/test-guest/main.ts`), hosted as `targets/node` hosts a machine.
 */
import assert from "node:assert/strict";
import path from "node:path";
import { EnterStatus } from "../abi/entry.ts";
import { compileAssembly } from "../image/assembly.ts";
import { cached, keyOf, sourcesHash } from "../image/cache.ts";
import { PACKAGE_ROOT } from "../image/package-root.ts";
import type { Device } from "../link/device.ts";
import { highHalf, lowHalf, type Address } from "./address.ts";
import { platformImports } from "./platform.ts";
import { GUEST_HARDWARE_ADDRESS } from "./gateway.ts";
import { Turns } from "./turns.ts";

/** A prime, so that no buffer's size divides it. */
export const PATTERN_PERIOD = 65521;

/** Byte `index` of the pattern: the same rule stands in the source below. */
export function patternBytes(from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) {
    const index = (from + at) % PATTERN_PERIOD;
    bytes[at] = (Math.imul(index, 2654435761) >>> 13) ^ index;
  }
  return bytes;
}

/** What the harness tells, by `told`'s first argument. */
const EVENTS = [
  "closed",
  "connected",
  "received",
  "writable",
  "finished",
  "firstFinished",
  "answered",
] as const;
export type GuestEvent = {
  readonly kind: (typeof EVENTS)[number];
  readonly user: number;
  readonly a: number;
  readonly bytes: Buffer;
};

interface GuestExports {
  memory: WebAssembly.Memory;
  start(): void;
  begin(): void;
  turn(): bigint;
  scratch(): number;
  chunksInUse(): number;
  localAddress(): number;
  globalLow(): bigint;
  dial(high: bigint, low: bigint, port: number): number;
  write(user: number, length: number): number;
  shutdown(user: number): void;
  ask(high: bigint, low: bigint, port: number, length: number): void;
}

const STATIC_ADDRESS = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.allow=*:*\n";

async function guestModule(): Promise<WebAssembly.Module> {
  const key = keyOf("test-guest", [
    await sourcesHash(["src/kernel", "src/abi", "src/gateway/stack/test-guest"]),
  ]);
  const wasm = await cached(key, async () => {
    const source = path.join(PACKAGE_ROOT, "src");
    return (await compileAssembly(source, "gateway/stack/test-guest/main.ts", { names: true })).wasm;
  });
  return WebAssembly.compile(wasm as BufferSource);
}

export class TestGuest {
  readonly #kernel: GuestExports;
  readonly #turns: Turns;
  /** Everything that was told, in order. */
  readonly events: GuestEvent[] = [];
  #waiting: (() => void)[] = [];

  /** `offloads`: as the gateway's. */
  static async start(device: Device, configuration = STATIC_ADDRESS, offloads = false): Promise<TestGuest> {
    return new TestGuest(await guestModule(), device, configuration, offloads);
  }

  private constructor(module: WebAssembly.Module, device: Device, configuration: string, offloads: boolean) {
    const platform = platformImports(
      {
        configuration,
        hardwareAddress: GUEST_HARDWARE_ADDRESS,
        offloads,
        receive: () => device.receive(),
        send: (frame) => device.send(frame),
        console: (_stream, bytes) => process.stderr.write(bytes),
        exit: () => {},
        panic: (message) => {
          throw new Error(`guest: ${message}`);
        },
      },
      () => this.#kernel.memory.buffer,
    );
    const instance = new WebAssembly.Instance(module, {
      platform: { ...platform },
      compartment: { enter: () => EnterStatus.Absent, copyIn: () => {}, copyOut: () => {} },
      env: { abort: () => assert.fail("the guest aborted") },
      told: { told: (...values: number[]) => this.#told(values) },
    });
    const kernel = instance.exports as unknown as GuestExports;
    this.#kernel = kernel;
    kernel.start();
    this.#turns = new Turns(
      () => kernel.begin(),
      () => kernel.turn(),
      () => process.hrtime.bigint(),
    );
    device.onArrival(() => this.#turns.wake());
    this.#turns.wake();
  }

  /** 0 until it has one. */
  get address(): number {
    return this.#kernel.localAddress() >>> 0;
  }

  /** It has an IPv6 address: nobody else was found to have it. */
  get hasIpv6(): boolean {
    return this.#kernel.globalLow() !== 0n;
  }

  get chunksInUse(): number {
    return this.#kernel.chunksInUse();
  }

  /** Opens a stream outwards: its number in `events`. */
  dial(address: Address, port: number): number {
    this.#turns.wake();
    return this.#kernel.dial(highHalf(address), lowHalf(address), port);
  }

  write(user: number, bytes: Uint8Array): number {
    this.#turns.wake();
    new Uint8Array(this.#kernel.memory.buffer).set(bytes, this.#kernel.scratch());
    return this.#kernel.write(user, bytes.length);
  }

  /** Sends a datagram; what comes back is told as "answered". */
  ask(address: Address, port: number, bytes: Uint8Array): void {
    this.#turns.wake();
    new Uint8Array(this.#kernel.memory.buffer).set(bytes, this.#kernel.scratch());
    this.#kernel.ask(highHalf(address), lowHalf(address), port, bytes.length);
  }

  shutdown(user: number): void {
    this.#turns.wake();
    this.#kernel.shutdown(user);
  }

  /** The first event for `user` of this kind, told already or to come. */
  async told(kind: GuestEvent["kind"], user?: number): Promise<GuestEvent> {
    for (;;) {
      const event = this.events.find(
        (each) => each.kind === kind && (user === undefined || each.user === user),
      );
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  stop(): void {
    this.#turns.stop();
  }

  #told([event, user, a, length]: number[]): void {
    const kind = EVENTS[event!]!;
    const bytes =
      kind === "received" || kind === "answered"
        ? Buffer.from(this.#kernel.memory.buffer.slice(a!, a! + length!))
        : Buffer.alloc(0);
    this.events.push({ kind, user: user!, a: a!, bytes });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
