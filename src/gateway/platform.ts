/**
 * The platform of a kernel hosted in Node: what `src/abi/platform.ts` asks for, given by JavaScript.
 *
 * Serves the guest (`targets/node`) and the gateway alike. Owns nothing.
 */
import { randomFillSync } from "node:crypto";
import { NetDevice, PiecesSent } from "../abi/net.ts";
import type { PlatformImports } from "../abi/platform.ts";

export interface HostedPlatform {
  /** The `key=value` lines of the boot configuration. */
  readonly configuration: string;
  /** The network device's address, 6 bytes; absent: no device. */
  readonly hardwareAddress?: Uint8Array;
  /** Both ends of the cable leave checksums and segments to each other: virtio's header stands before each frame. */
  readonly offloads?: boolean;
  /** What an image holds of files. */
  readonly assets?: Uint8Array;
  /** The next frame that has come, or undefined. */
  receive(): Uint8Array | undefined;
  /** Sends a copy of `frame`, whose bytes live only during the call: false when the cable is full. */
  send(frame: Uint8Array): boolean;
  console(stream: 1 | 2, bytes: Uint8Array): void;
  /** The kernel ends the machine. */
  exit(status: number): void;
  /** The kernel found itself broken; must throw. */
  panic(message: string): never;
}

const NOTHING = new Uint8Array();
/** Headers and text of a frame in pieces (`kernel/net/wire/offload.ts`). */
const LONG_FRAME_LIMIT = 0x10000;

type Imports = PlatformImports["platform"];

/** The `platform` imports; `memory` gives the kernel's bytes once it is instantiated. */
export function platformImports(host: HostedPlatform, memory: () => ArrayBufferLike): Imports {
  const configuration = new TextEncoder().encode(host.configuration);
  const bytes = (pointer: number, length: number) => new Uint8Array(memory(), pointer >>> 0, length >>> 0);
  const long = new LongFrames(host);
  return {
    consoleWrite(stream, pointer, length) {
      host.console(stream === 2 ? 2 : 1, bytes(pointer, length));
    },
    clockMonotonic: () => process.hrtime.bigint(),
    clockRealtime: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)),
    entropySeed(pointer, length) {
      randomFillSync(bytes(pointer, length));
      return length;
    },
    configuration(pointer, capacity) {
      bytes(pointer, capacity).set(configuration.subarray(0, capacity));
      return configuration.length;
    },
    assetBytes(from, pointer, length) {
      const [start, end] = [from >>> 0, (from >>> 0) + (length >>> 0)];
      const { assets = NOTHING } = host;
      if (end > assets.length) throw new Error(`the kernel reached for bytes ${start}..${end} of the assets`);
      bytes(pointer, length).set(assets.subarray(start, end));
    },
    netReceive(pointer, capacity) {
      long.hasLeft();
      for (;;) {
        const frame = host.receive();
        if (frame === undefined) return 0;
        if (frame.length > capacity) continue;
        bytes(pointer, frame.length).set(frame);
        return frame.length;
      }
    },
    netTransmit: (pointer, length) => (long.hasLeft() && host.send(bytes(pointer, length)) ? 1 : 0),
    netTransmitPieces: (pieces, count) => long.send(new Uint8Array(memory()), pieces >>> 0, count),
    netAddress(pointer) {
      if (host.hardwareAddress === undefined) return NetDevice.None;
      bytes(pointer, 6).set(host.hardwareAddress);
      return host.offloads === true ? NetDevice.Offloading : NetDevice.Plain;
    },
    idle() {
      throw new Error("a hosted kernel returns from its turn; it never idles");
    },
    exit: (status) => host.exit(status),
    panic: (pointer, length) => host.panic(new TextDecoder().decode(bytes(pointer, length))),
  };
}

/** Frames in pieces, put together. One that a full cable refuses waits here, and there is no room for another until it leaves. */
class LongFrames {
  readonly #host: HostedPlatform;
  #place = NOTHING;
  #waiting: Uint8Array | undefined;

  constructor(host: HostedPlatform) {
    this.#host = host;
  }

  /** Whether none waits any more. */
  hasLeft(): boolean {
    if (this.#waiting !== undefined && this.#host.send(this.#waiting)) this.#waiting = undefined;
    return this.#waiting === undefined;
  }

  /** `list`: pairs of u32, pointer and length. */
  send(memory: Uint8Array, list: number, count: number): PiecesSent {
    if (!this.hasLeft()) return count === 0 ? PiecesSent.Last : PiecesSent.None;
    if (count === 0) return PiecesSent.All;
    if (this.#place.length === 0) this.#place = new Uint8Array(LONG_FRAME_LIMIT);
    const pairs = new DataView(memory.buffer, list, count * 8);
    let filled = 0;
    for (let at = 0; at < count * 8; at += 8) {
      const pointer = pairs.getUint32(at, true);
      const length = pairs.getUint32(at + 4, true);
      this.#place.set(memory.subarray(pointer, pointer + length), filled);
      filled += length;
    }
    const frame = this.#place.subarray(0, filled);
    if (this.#host.send(frame)) return PiecesSent.All;
    this.#waiting = frame;
    return PiecesSent.Last;
  }
}
