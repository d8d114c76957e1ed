/**
 * What the compiler gives to the linker: one Wasm module as position-independent machine code.
 *
 *   low addresses                                                    high addresses
 *   ┌───────┬──────────────────────────────┬────────┬───────────────────────────────┐
 *   │ guard │ contexts of the instances    │ header │ linear memory, 4 GiB + 2 GiB  │
 *   └───────┴──────────────────────────────┴────────┴───────────────────────────────┘
 *                                                    ▲ rbx, pinned in all compiled code
 *
 * Compiled code names everything of its instance by a displacement from rbx: linear memory by zero-extended
 * 32-bit indices above it, its context (globals, table descriptors, segment lengths) by constants below it.
 * Indices never reach below the base, so a program cannot touch its context but by global and table
 * instructions. Instances that share one memory have their contexts at different places below it; the linker
 * says where, through `Relocation.Context`.
 */
import type { FunctionType, Limits, ValueType } from "./wasm.ts";
import type { TrapKind } from "./trap.ts";

/** Words right below every linear memory, as displacements from rbx. */
export const enum MemoryHeader {
  /** u32: current size in pages. */
  Pages = -8,
  /** u32: the size it may grow to, in pages. */
  MaximumPages = -4,
  /** u64: current size in bytes. */
  Bytes = -16,
  /** Where the lowest context below it may end. */
  End = -64,
}

/** A table that is no constant is reached through a descriptor of 16 bytes. */
export const enum TableDescriptor {
  /** u64: address of the elements, 8 bytes each. */
  Elements = 0,
  /** u32: current length. */
  Length = 8,
  /** u32: the length it may grow to. */
  Maximum = 12,
  Size = 16,
}

/**
 * A reference is 64 bits; null is 0. A function reference holds two words, so that an element of a table can be
 * checked and called with one load each:
 *
 *    63             32 31              0
 *   ┌─────────────────┬─────────────────┐
 *   │ code offset     │ signature       │  offset from the image's code base; the linker's number of the
 *   └─────────────────┴─────────────────┘  signature, at least 1
 */
export const REFERENCE_BYTES = 8;

/** What the linker writes into code: 32-bit fields unless said otherwise. `index` and `addend` are the record's. */
export const enum Relocation {
  /** Relative to the field: function `index` of this module, imports first (the module's function index space). */
  Function = 0,
  /** Relative: the routine `index`, a `Routine`. */
  Routine = 1,
  /** Absolute: displacement from rbx of byte `index` of this instance's context. */
  Context = 2,
  /** Relative: byte `index` of this module's constants. */
  Constant = 3,
  /** Relative: element 0 of the constant table `index`. */
  ConstantTable = 4,
  /** Relative: byte 0 of data segment `index`. */
  DataSegment = 5,
  /** Relative: element 0 of element segment `index` (references, 8 bytes each). */
  ElementSegment = 6,
  /** Absolute: the linker's number of signature `index` in `types`. */
  Signature = 7,
  /** Absolute, 64 bits: the reference to function `index`. */
  FunctionReference = 8,
  /** Relative: the code base that code offsets count from. */
  CodeBase = 9,
}
// A relative field holds: target + addend - address of the field. `addend` is minus the bytes from the field to
// the end of its instruction. An absolute field holds: value + addend.

/** Code that every image has once, called by compiled code. The linker places it. */
export const enum Routine {
  /** rdi: target, rsi: source (addresses), rdx: bytes. Overlaps allowed. Clobbers rax rcx rdx rsi rdi r8 xmm0-7. */
  Copy = 0,
  /** rdi: target address, rax: byte value in its low 8 bits, rdx: bytes. Clobbers as Copy. */
  Fill = 1,
  /** rdi: target address, rax: reference, rdx: count of references. Clobbers as Copy. */
  FillReferences = 2,
  /** rax: pages to add (u32). rax: previous size or 0xffffffff (u32). Clobbers as a call of a function. */
  MemoryGrow = 3,
  /** rax: address of the descriptor, rdx: reference, rcx: elements to add (u32). rax: as MemoryGrow. */
  TableGrow = 4,
}

/** Flat records, so that modules of thousands of functions pass between threads and through the cache cheaply. */
export interface CompiledModule {
  readonly format: 1;
  readonly types: readonly FunctionType[];
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Machine code; every function starts at a multiple of 16, between them `ud2` padding. */
  readonly code: Uint8Array;
  /** Four numbers a record: kind, offset of the field in `code`, index, addend. */
  readonly relocations: Int32Array;
  /** Read-only data beside the code: numbers, jump tables. Aligned to 16. */
  readonly constants: Uint8Array;
  /** Jump table entries, three numbers each: offset in `constants` of an i32 entry, of its table, code offset. */
  readonly jumps: Int32Array;
  /** Three numbers a record, sorted: code offset of an instruction that can trap, `TrapKind`, byte in the module. */
  readonly traps: Int32Array;
  /** Three numbers a record, sorted: code offset, byte in the module, function index: from here on. */
  readonly places: Int32Array;
  /** The functions defined here, in order. */
  readonly functions: readonly CompiledFunction[];
  /** Runs once after the linker's work: constant expressions, active segments, start function. */
  readonly initializer: CompiledFunction;
  /** What the initializer leaves to the linker; undefined: nothing (`initial: "code"`). */
  readonly initial: ModuleInitial | undefined;
  /** Of all functions by index, where the module has names. */
  readonly names: Readonly<Record<number, string>>;
  readonly memory: ModuleMemory | undefined;
  readonly globals: readonly ModuleGlobal[];
  readonly tables: readonly ModuleTable[];
  readonly dataSegments: readonly DataSegment[];
  readonly elementSegments: readonly ElementSegment[];
  readonly contextBytes: number;
  /** The URL or content of a `sourceMappingURL` section. */
  readonly sourceMapUrl: string | undefined;
}

export interface CompiledFunction {
  readonly index: number;
  readonly type: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** From the return address down to the stack pointer in the body: what a walk over the stack needs. */
  readonly frameBytes: number;
}

/** What constant expressions give: there before any code runs, and again after a restart. */
export interface ModuleInitial {
  /** Of the linear memory, each inside the declared minimum; later ones over earlier ones. */
  readonly memory: readonly InitialBytes[];
  /** All of the context, zero but for the values of own globals. */
  readonly context: Uint8Array;
  /** The initializer has nothing left to do. */
  readonly complete: boolean;
}

export interface InitialBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type ModuleImport = { readonly module: string; readonly name: string } & (
  | { readonly kind: "function"; readonly type: number }
  | { readonly kind: "table"; readonly index: number }
  | { readonly kind: "memory" }
  | { readonly kind: "global"; readonly index: number }
);

export interface ModuleExport {
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global";
  readonly index: number;
}

export interface ModuleMemory {
  readonly imported: boolean;
  readonly limits: Limits;
  readonly shared: boolean;
}

/** An own global lies in the context; an imported one's slot there holds the address of its cell. */
export interface ModuleGlobal {
  readonly imported: boolean;
  readonly type: ValueType;
  readonly mutable: boolean;
  /** Byte of the context: the value (8 bytes, v128: 16), or for an import the address of the cell. */
  readonly slot: number;
}

export interface ModuleTable {
  readonly imported: boolean;
  readonly type: ValueType;
  readonly limits: Limits;
  /**
   * `constant`: never written and never seen outside; the linker builds it from `constantElements` in read-only
   * data. `own`: the slot holds its descriptor. `imported`: the slot holds the descriptor's address.
   */
  readonly place: "constant" | "own" | "imported";
  readonly slot: number;
  /** Function indices, -1 for null; of a constant table only. */
  readonly constantElements: Int32Array | undefined;
}

export interface DataSegment {
  /** None where they are initial memory: instantiation drops an active segment. */
  readonly bytes: Uint8Array;
  /** Byte of the context that holds its current length as u64 (0 once dropped); the linker writes the first. */
  readonly slot: number;
}

export interface ElementSegment {
  /**
   * Function indices, -1 for null. What a constant expression gives otherwise, the initializer writes. None, with
   * `ModuleInitial`, where the segment is dropped before any code runs.
   */
  readonly elements: Int32Array;
  readonly slot: number;
}

export type { TrapKind };
