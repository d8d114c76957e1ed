/**
 * The platform of a kernel hosted in Node: what `src/abi/platform.ts` asks for, given by JavaScript.
 *
 * Serves the guest (`targets/node`) and the gateway alike. Owns nothing.
 */
import { randomFillSync } from "node:crypto";
import type { PlatformImports } from "../abi/platform.ts";

export interface HostedPlatform {
  /** The `key=value` lines of the boot configuration. */
  readonly configuration: string;
  /** The network device's address, 6 bytes; absent: no device. */
  readonly hardwareAddress?: Uint8Array;
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

type Imports = PlatformImports["platform"];

/** The `platform` imports; `memory` gives the kernel's bytes once it is instantiated. */
export function platformImports(host: HostedPlatform, memory: () => ArrayBufferLike): Imports {
  const configuration = new TextEncoder().encode(host.configuration);
  const bytes = (pointer: number, length: number) => new Uint8Array(memory(), pointer >>> 0, length >>> 0);
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
      for (;;) {
        const frame = host.receive();
        if (frame === undefined) return 0;
        if (frame.length > capacity) continue;
        bytes(pointer, frame.length).set(frame);
        return frame.length;
      }
    },
    netTransmit: (pointer, length) => (host.send(bytes(pointer, length)) ? 1 : 0),
    netTransmitPieces() {
      throw new Error("this device takes frames that are in one piece");
    },
    netAddress(pointer) {
      if (host.hardwareAddress === undefined) return 0;
      bytes(pointer, 6).set(host.hardwareAddress);
      return 1;
    },
    idle() {
      throw new Error("a hosted kernel returns from its turn; it never idles");
    },
    exit: (status) => host.exit(status),
    panic: (pointer, length) => host.panic(new TextDecoder().decode(bytes(pointer, length))),
  };
}
