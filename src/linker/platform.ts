/**
 * What a platform adds to a program: the code that starts it, and the routines that need an operating system.
 */
import type { ManifestPart } from "../abi/manifest.ts";
import type { LinkedParts } from "./linked.ts";

export interface Platform {
  /** Zeroed read-write bytes the platform keeps for itself. */
  readonly stateBytes: number;
  /** Called once, when everything but the platform's own code has its place. */
  emit(parts: LinkedParts): PlatformCode;
}

export interface PlatformCode {
  readonly bytes: Uint8Array;
  readonly readOnly: Uint8Array;
  /**
   * As in `CompiledModule`, of these kinds: `CodeBase`, `Routine`, `Function` whose index is a code offset, and
   * `DataSegment` whose index is a `Place`.
   */
  readonly relocations: Int32Array;
  /** Offsets in `bytes`. */
  readonly entry: number;
  readonly memoryGrow: number;
  readonly tableGrow: number;
  /** Offset in `bytes` of the stub that enters functions of signature n, at n - 1. */
  readonly entryStubs: readonly number[];
  /** Offsets in `bytes` of the program's functions that came without code, by their index in the program. */
  readonly functions?: Readonly<Record<number, number>>;
  /** What lies in `readOnly` for others than the platform's code: sorted by offset. */
  readonly readOnlyParts?: readonly ReadOnlyPart[];
}

export interface ReadOnlyPart extends Pick<ManifestPart, "owner" | "kind" | "sizeBytes"> {
  readonly offset: number;
}

/** Data that the code of linker and platform can name. */
export const enum Place {
  /** u64 for each memory: its base. */
  MemoryBases = 0,
  /** u64 for each table: the address of its elements. */
  TableAddresses = 1,
  /** The platform's own, of `stateBytes`: begins a page, so that what lies before it can be made read-only. */
  State = 2,
  /** `readOnly`. */
  ReadOnly = 3,
}
