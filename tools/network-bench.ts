/**
 * A machine on a cable under test: the kernel's network as Wasm in Node, frames in, frames out.
 *
 * The bench is the platform: it hands in the frames a test gives, keeps what the kernel sends, and turns the clock
 * by hand. `frames.ts` beside it builds and reads the packets.
 */
import { compileCached, type TestExports } from "./assembly-test.ts";

export interface BenchOptions {
  /** `src/kernel/<name>`: where the root stands, which decides what its imports mean. */
  readonly name: string;
  /** The AssemblyScript root: exports `start` and `turn`. */
  readonly source: string;
  /** The boot configuration's lines. */
  readonly configuration?: string;
  readonly hardwareAddress?: Uint8Array;
  /** The app's entries, as `enter` is called. */
  readonly onEnter?: (entry: number, a: number, b: number) => void;
  /** Hears what the kernel itself writes. */
  readonly onConsole?: (text: string) => void;
  /** First byte of the seed; equal seeds make equal runs. */
  readonly seed?: number;
  readonly functions?: Record<string, Record<string, (...values: never[]) => unknown>>;
  /** Sources in the place of those below `src/kernel`: how a test takes a protection away. */
  readonly virtualFiles?: Readonly<Record<string, string>>;
}

export interface Bench {
  readonly kernel: TestExports;
  /** Bytes of the app's memory: `copyIn` reads and `copyOut` writes here. */
  readonly appMemory: Uint8Array;
  /** Makes the device refuse frames, or take them again. */
  setFull(full: boolean): void;
  /** Gives the kernel these frames and a turn: what it sent. */
  exchange(...frames: Uint8Array[]): Uint8Array[];
  /** Lets time pass and gives a turn: what was sent. */
  pass(milliseconds: number): Uint8Array[];
}

export const STATION = Uint8Array.of(0x02, 0, 0, 0, 0, 0x15);

export async function createBench(options: BenchOptions): Promise<Bench> {
  const wasm = await compileCached(
    options.name,
    options.source,
    options.virtualFiles === undefined ? {} : { virtualFiles: options.virtualFiles },
  );
  const state: BenchState = { clock: 1_000_000_000n, waiting: [], sent: [], full: false };
  const appMemory = new Uint8Array(1 << 16);
  const at = (pointer: number, length: number) => new Uint8Array(kernel.memory.buffer, pointer, length);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource), {
    ...options.functions,
    platform: platformOf(options, state, at),
    compartment: compartmentOf(options, appMemory, at),
    env: {
      abort: (message: number) => {
        throw new Error(assertMessage(kernel.memory, message));
      },
    },
  } as unknown as WebAssembly.Imports);
  const kernel = instance.exports as TestExports;
  const turn = () => {
    kernel.turn();
    return state.sent.splice(0, state.sent.length);
  };
  kernel.start();
  return {
    kernel,
    appMemory,
    setFull: (full) => void (state.full = full),
    exchange(...frames) {
      state.waiting.push(...frames);
      return turn();
    },
    pass(milliseconds) {
      state.clock += BigInt(Math.round(milliseconds * 1e6));
      return turn();
    },
  };
}

interface BenchState {
  clock: bigint;
  /** Frames on their way to the kernel, and from it. */
  readonly waiting: Uint8Array[];
  readonly sent: Uint8Array[];
  full: boolean;
}

type At = (pointer: number, length: number) => Uint8Array;

function platformOf(options: BenchOptions, state: BenchState, at: At) {
  const configuration = new TextEncoder().encode(options.configuration ?? "");
  let seeds = options.seed ?? 1;
  return {
    clockMonotonic: () => state.clock,
    clockRealtime: () => state.clock,
    entropySeed: (pointer: number, length: number) => (at(pointer, length).fill(seeds++ & 255), length),
    configuration: (pointer: number, capacity: number) => {
      if (capacity >= configuration.length) at(pointer, configuration.length).set(configuration);
      return configuration.length;
    },
    netReceive: (pointer: number, capacity: number) => {
      const frame = state.waiting.shift();
      if (frame === undefined || frame.length > capacity) return 0;
      at(pointer, frame.length).set(frame);
      return frame.length;
    },
    netTransmit: (pointer: number, length: number) => {
      if (state.full) return 0;
      state.sent.push(at(pointer, length).slice());
      return 1;
    },
    netTransmitPieces: () => {
      throw new Error("this device takes frames that are in one piece");
    },
    netAddress: (pointer: number) => (at(pointer, 6).set(options.hardwareAddress ?? STATION), 1),
    consoleWrite: (_stream: number, pointer: number, length: number) =>
      options.onConsole?.(new TextDecoder().decode(at(pointer, length))),
    exit: (status: number) => {
      throw new Error(`the kernel exits with ${status}`);
    },
    panic: (pointer: number, length: number) => {
      throw new Error(new TextDecoder().decode(at(pointer, length)));
    },
  };
}

function compartmentOf(options: BenchOptions, appMemory: Uint8Array, at: At) {
  return {
    enter: (_compartment: number, entry: number, a: number, b: number) => (options.onEnter?.(entry, a, b), 0),
    isOverdue: () => 0,
    copyIn: (pointer: number, appPointer: number, length: number) =>
      at(pointer, length).set(appMemory.subarray(appPointer, appPointer + length)),
    copyOut: (appPointer: number, pointer: number, length: number) =>
      appMemory.set(at(pointer, length), appPointer),
  };
}

function assertMessage(memory: WebAssembly.Memory, pointer: number): string {
  if (pointer === 0) return "abort";
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true);
  return new TextDecoder("utf-16le").decode(new Uint8Array(memory.buffer, pointer, length));
}

/**
 * An AssemblyScript root that runs these services as the kernel's main loop does, with `extra` for what a test
 * wants to reach. Written for a root in `src/kernel/net/<folder>/`.
 */
export function serviceRoot(services: readonly string[], extra = ""): string {
  const polled = services.filter((service) => ["ip", "tcp", "dns"].includes(service));
  return `
import { startConfiguration } from "../../configuration";
import { startChunks, chunksInUse } from "../../memory/chunk";
import { now, startTurn } from "../../time/clock";
import { expire, nextDeadline } from "../../time/wheel";
import { usePlatformDevice } from "../ip/platform-device";
import { stateOf } from "../../app/compartments";
${services.map((service) => `import * as ${service} from "../${service}/service";`).join("\n")}
export function start(): void {
  startConfiguration();
  startChunks(512);
  startTurn();
  stateOf(0).begun = true;
  usePlatformDevice();
  ${services.map((service) => `${service}.start();`).join("\n  ")}
}
export function turn(): i64 {
  startTurn();
  expire(now());
  for (let rounds = 0; rounds < 100; rounds++) {
    let worked = false;
    ${polled.map((service) => `if (${service}.poll()) worked = true;`).join("\n    ")}
    ${services.includes("tcp") ? "tcp.flush();" : ""}
    if (!worked) break;
  }
  return nextDeadline();
}
export { chunksInUse };
${extra}
`;
}
