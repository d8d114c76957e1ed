/**
 * A test case and what comes of it: a module, calls of its exports one after the other, and one line a call, in
 * which everything the specification fixes is the same in every engine.
 *
 * A NaN is just that, whatever its bits. Traps that V8 does not tell apart are one here.
 */
import { TrapKind } from "../../src/abi/trap.ts";
import { ValueType, type FunctionType } from "../../src/abi/wasm.ts";

export type Value = number | bigint;

export interface Call {
  readonly name: string;
  readonly type: FunctionType;
  readonly values: readonly Value[];
}

export interface TestCase {
  readonly wasm: Uint8Array;
  readonly calls: readonly Call[];
}

/** Something that runs Wasm. */
export interface Machine {
  readonly name: string;
  /** One line for each call, in order; fewer where the machine gave up, with the reason last. */
  run(test: TestCase): Promise<string[]>;
  close(): Promise<void>;
}

export const NOT_STARTED = "does not start";

export function showResults(values: readonly Value[], type: FunctionType): string {
  return type.results.map((result, index) => showValue(values[index]!, result)).join(" ");
}

export function showValue(value: Value, type: ValueType): string {
  switch (type) {
    case ValueType.I32:
      return `i32:${Number(value) | 0}`;
    case ValueType.I64:
      return `i64:${BigInt.asIntN(64, BigInt(value))}`;
    case ValueType.F32:
    case ValueType.F64:
      return `${type === ValueType.F32 ? "f32" : "f64"}:${Object.is(value, -0) ? "-0" : String(value)}`;
    default:
      return "?";
  }
}

const NUMBER_TRAP = "trap: no such number";

const TRAP_WORDS: Readonly<Partial<Record<TrapKind, string>>> = {
  [TrapKind.Unreachable]: "trap: unreachable",
  [TrapKind.MemoryOutOfBounds]: "trap: memory",
  [TrapKind.DivideByZero]: "trap: division by zero",
  [TrapKind.IntegerOverflow]: NUMBER_TRAP,
  [TrapKind.InvalidConversion]: NUMBER_TRAP,
  [TrapKind.TableOutOfBounds]: "trap: table",
  [TrapKind.UndefinedElement]: "trap: table",
  [TrapKind.UninitializedElement]: "trap: indirect call",
  [TrapKind.IndirectCallMismatch]: "trap: indirect call",
  [TrapKind.StackExhausted]: "trap: stack",
};

export function showTrap(kind: TrapKind): string {
  return TRAP_WORDS[kind] ?? `trap: ${kind}`;
}

/** The first call that two machines disagree on, -1 if none. Where the stack ends is each machine's own. */
export function firstDifference(a: readonly string[], b: readonly string[]): number {
  const stack = TRAP_WORDS[TrapKind.StackExhausted];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    if (a[index] === stack || b[index] === stack) return -1;
    if (a[index] !== b[index]) return index;
  }
  return -1;
}
