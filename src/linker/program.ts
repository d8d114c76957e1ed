/**
 * What the linker is given: instances of compiled modules, and what satisfies each of their imports.
 *
 * Instances stand in the order of their instantiation. Imports may point forwards and in circles, as an engine and
 * its glue do: everything is named before anything runs. A memory, table, global or function may also belong to
 * the program itself; imports name it by its index here.
 */
import type { CompiledModule } from "../abi/object.ts";
import type { FunctionType, Limits, ValueType } from "../abi/wasm.ts";

export interface Program {
  readonly instances: readonly Instance[];
  readonly memories?: readonly Limits[];
  readonly tables?: readonly ProgramTable[];
  readonly globals?: readonly ProgramGlobal[];
  readonly functions?: readonly ProgramFunction[];
}

export interface Instance {
  /** As messages and traces call it. */
  readonly name?: string;
  readonly module: CompiledModule;
  /** One for each import of the module, in order; undefined where nothing provides it, which is an error. */
  readonly imports: readonly (ImportSource | undefined)[];
}

export type ImportSource =
  | {
      readonly kind: "export";
      readonly instance: number;
      readonly name: string;
      /** Of a memory or table that has grown: its size now, which the import's minimum is held against. */
      readonly size?: number;
    }
  | { readonly kind: "memory" | "table" | "global" | "function"; readonly index: number };

export interface ProgramTable {
  readonly type: ValueType;
  readonly limits: Limits;
}

export interface ProgramGlobal {
  readonly type: ValueType;
  readonly mutable: boolean;
  /** Bit pattern, unsigned; of a v128 all 128 bits. */
  readonly bits: bigint;
}

/** Position-independent machine code under the calling convention; rbx is the memory of the instance that calls. */
export interface ProgramFunction {
  readonly name: string;
  readonly type: FunctionType;
  /** Without it the platform writes the code (`PlatformCode.functions`). */
  readonly code?: Uint8Array;
}
