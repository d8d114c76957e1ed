/**
 * What the linker gives: the sections of an image by address, and where everything of the program went.
 *
 * Addresses count from the image's first byte, which may lie anywhere: nothing in the sections depends on it. Code
 * offsets count from the code section's first byte, the code base.
 *
 *   constants   R    constants, constant tables and segments of the modules; what the platform adds
 *   code        RX   routines, the program's functions, modules, thunks, the platform's code
 *   data        RW   base of every memory, address of every table (written at start); the platform's state
 */
import type { ManifestPart } from "../abi/manifest.ts";
import type { CompiledModule } from "../abi/object.ts";
import type { FunctionType } from "../abi/wasm.ts";

export interface LinkedProgram extends LinkedParts {
  readonly sections: { readonly constants: Section; readonly code: Section; readonly data: Section };
  /** Address of the platform's entry. */
  readonly entry: number;
  /** Code offset of the stub that enters functions of signature n, at n - 1. */
  readonly entryStubs: readonly number[];
  /** What of the sections is whose: sorted by address. */
  readonly parts: readonly ImagePart[];
}

/** Some of an image's bytes, by address. */
export interface ImagePart extends Pick<ManifestPart, "owner" | "kind" | "address"> {
  readonly bytes: Uint8Array;
}

/** What is known before the platform's own code is written. */
export interface LinkedParts {
  readonly instances: readonly LinkedInstance[];
  readonly memories: readonly LinkedMemory[];
  readonly tables: readonly LinkedTable[];
  /** The signature of number n stands at n - 1. */
  readonly signatures: readonly FunctionType[];
  /** What the platform writes once memories and tables have their addresses, over the memories' initial content. */
  readonly words: readonly InitialWord[];
  /** Sorted by start. */
  readonly regions: readonly CodeRegion[];
}

export interface Section {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** At least `bytes.length`; what is more is zero. */
  readonly sizeBytes: number;
}

export interface LinkedInstance {
  readonly name: string;
  readonly module: CompiledModule;
  /** The memory that rbx holds in its code. */
  readonly memory: number;
  /** From the memory's base to byte 0 of the context. */
  readonly context: number;
  /** Code offset of its copy of the module's code. */
  readonly code: number;
  readonly functions: readonly FunctionPlace[];
  /** Called once, with no arguments, before anything else of the instance. */
  readonly initializer: FunctionPlace;
  /** Whether it does anything: if not, nobody has to call it. */
  readonly needsInitializer: boolean;
  readonly globals: readonly CellPlace[];
}

/** A function by index, imports included. */
export interface FunctionPlace {
  readonly code: number;
  /** The memory its code wants in rbx. */
  readonly memory: number;
  /** The number of its signature. */
  readonly signature: number;
}

export interface CellPlace {
  readonly memory: number;
  readonly displacement: number;
}

export interface LinkedMemory {
  readonly pages: number;
  readonly maximumPages: number;
  /** Header and contexts, below the base. */
  readonly contextBytes: number;
  /** False where instances without a memory have their contexts: no code reaches above the base. */
  readonly indexed: boolean;
  /** What it holds at start; undefined in a program whose initializers do that: zero, and the initial words. */
  readonly initial: InitialImage | undefined;
}

/** A memory's initial content, contexts and header included; outside of it everything is zero. */
export interface InitialImage {
  /** From the memory's base to the first byte: a multiple of `INITIAL_ALIGNMENT`, below all contexts. */
  readonly displacement: number;
  readonly bytes: Uint8Array;
}

/** So that the bytes can be mapped: a page. */
export const INITIAL_ALIGNMENT = 4096;

export interface LinkedTable {
  readonly length: number;
  readonly maximum: number;
}

export const enum WordBase {
  None = 0,
  /** The base of memory `index`. */
  Memory = 1,
  /** The address of table `index`. */
  Table = 2,
}

/** The 64-bit word at `displacement` from the base of `memory`: `high:low`, plus an address. */
export interface InitialWord {
  readonly memory: number;
  readonly displacement: number;
  readonly base: WordBase;
  readonly index: number;
  readonly low: number;
  readonly high: number;
}

export interface CodeRegion {
  readonly start: number;
  readonly end: number;
  /** A module's code (of these instances, the first is named), or anything else. */
  readonly instances: readonly number[];
  /** Of a thunk: from its return address down to rsp at its call. */
  readonly frameBytes: number | undefined;
}
