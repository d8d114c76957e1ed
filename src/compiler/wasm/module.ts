/**
 * A decoded module: the sections of the binary format (Wasm 2.0 core, 5.5) as plain data.
 *
 * Function bodies stay bytes; `instruction.ts` reads them one by one, for the validator and for the builder of SSA.
 */
import type { FunctionType, Limits, ValueType } from "../../abi/wasm.ts";

export interface Module {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  /** The function index space, imports first: each function's index in `types`. */
  readonly functionTypes: readonly number[];
  readonly importedFunctionCount: number;
  /** One for each function that is not imported, in order. */
  readonly bodies: readonly Body[];
  /** The index spaces, imports first. */
  readonly tables: readonly Table[];
  readonly memories: readonly Memory[];
  readonly globals: readonly Global[];
  readonly elementSegments: readonly ElementSegment[];
  readonly dataSegments: readonly DataSegment[];
  readonly startFunction: number | undefined;
  /** From the name section: function index to name. A broken name section gives none. */
  readonly functionNames: ReadonlyMap<number, string>;
  /** From the name section: the parameters' and locals' names are not kept. */
  readonly sourceMapUrl: string | undefined;
  readonly customSections: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** What the data count section says; undefined without one. */
  readonly dataCount: number | undefined;
  /** For messages. */
  readonly positions: Positions;
}

/** The byte of the module at which each entry of a section begins. */
export interface Positions {
  readonly imports: readonly number[];
  /** Of the function section: the indices of types. */
  readonly functions: readonly number[];
  /** Without the imported ones, as in all that follow. */
  readonly tables: readonly number[];
  readonly memories: readonly number[];
  readonly globals: readonly number[];
  readonly exports: readonly number[];
  readonly start: number;
  readonly elementSegments: readonly number[];
  readonly dataSegments: readonly number[];
}

export type Import = { readonly module: string; readonly name: string } & (
  | { readonly kind: "function"; readonly type: number }
  | { readonly kind: "table"; readonly index: number }
  | { readonly kind: "memory"; readonly index: number }
  | { readonly kind: "global"; readonly index: number }
);

export interface Export {
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global";
  readonly index: number;
}

export interface Body {
  /** First byte of the first instruction, in the module. */
  readonly start: number;
  /** One past the final `end`. */
  readonly end: number;
  /** Declared locals, without the parameters, one entry each. */
  readonly locals: readonly ValueType[];
}

export interface Table {
  readonly imported: boolean;
  readonly type: ValueType;
  readonly limits: Limits;
}

export interface Memory {
  readonly imported: boolean;
  readonly limits: Limits;
  readonly shared: boolean;
}

export interface Global {
  readonly imported: boolean;
  readonly type: ValueType;
  readonly mutable: boolean;
  /** Of globals that are not imported. */
  readonly initial: ConstantExpression | undefined;
}

/** The constant expressions of Wasm 2.0, and integer add, sub, mul (extended constants). */
export type ConstantExpression =
  | { readonly kind: "i32"; readonly value: number }
  | { readonly kind: "i64"; readonly value: bigint }
  /** Bit patterns: numbers in JavaScript need not keep a NaN's payload. */
  | { readonly kind: "f32"; readonly bits: number }
  | { readonly kind: "f64"; readonly bits: bigint }
  | { readonly kind: "v128"; readonly bits: bigint }
  | { readonly kind: "global"; readonly index: number }
  | { readonly kind: "null"; readonly type: ValueType }
  | { readonly kind: "function"; readonly index: number }
  | {
      readonly kind: "binary";
      readonly operator: "add" | "sub" | "mul";
      readonly type: ValueType.I32 | ValueType.I64;
      readonly left: ConstantExpression;
      readonly right: ConstantExpression;
    };

export interface ElementSegment {
  readonly mode: "active" | "passive" | "declarative";
  readonly type: ValueType;
  readonly elements: readonly ConstantExpression[];
  /** Of active segments. */
  readonly table: number;
  readonly offset: ConstantExpression | undefined;
}

export interface DataSegment {
  readonly mode: "active" | "passive";
  readonly bytes: Uint8Array;
  /** Of active segments. */
  readonly offset: ConstantExpression | undefined;
}

export const PAGES_LIMIT = 65536;
