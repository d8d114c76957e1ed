/**
 * What compiler, linker and tools share of WebAssembly's types (Wasm 2.0 core, 5.3).
 */

/** Value types, numbered as in the binary format. */
export const enum ValueType {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
  V128 = 0x7b,
  FuncRef = 0x70,
  ExternRef = 0x6f,
}

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Types are compared by what they say, wherever they stand. */
export function isSameType(a: FunctionType, b: FunctionType): boolean {
  const isSame = (some: readonly ValueType[], others: readonly ValueType[]) =>
    some.length === others.length && some.every((type, index) => type === others[index]);
  return a === b || (isSame(a.parameters, b.parameters) && isSame(a.results, b.results));
}

/** Of a memory in pages of 64 KiB, of a table in elements. */
export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

export const WASM_PAGE_BYTES = 65536;

/** `(i32, i64) -> f64`, as messages and listings show it. */
export function showFunctionType(type: FunctionType): string {
  const list = (types: readonly ValueType[]) => types.map(valueTypeName).join(", ");
  return `(${list(type.parameters)}) -> (${list(type.results)})`;
}

export function valueTypeName(type: ValueType): string {
  return VALUE_TYPE_NAMES.get(type) ?? `type 0x${type.toString(16)}`;
}

const VALUE_TYPE_NAMES: ReadonlyMap<ValueType, string> = new Map([
  [ValueType.I32, "i32"],
  [ValueType.I64, "i64"],
  [ValueType.F32, "f32"],
  [ValueType.F64, "f64"],
  [ValueType.V128, "v128"],
  [ValueType.FuncRef, "funcref"],
  [ValueType.ExternRef, "externref"],
]);
