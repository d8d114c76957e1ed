/**
 * Which of a module's initial content is known when it is compiled, and so can be data that a platform maps instead
 * of code that runs at every start: values of globals, and active data segments, wherever their expressions are
 * constant.
 *
 * Segments become data up to the first that cannot: what the initializer writes would otherwise lie over a later
 * segment instead of under it. Elements of tables that are no constants stay with the initializer.
 *
 * Tests: initial.test.ts
 */
import type { ModuleInitial } from "../abi/object.ts";
import { ValueType, WASM_PAGE_BYTES } from "../abi/wasm.ts";
import type { ModuleLayout } from "./layout.ts";
import type { ConstantExpression, Module } from "./wasm/module.ts";

export interface InitialState {
  /** By index: the bits of an own global whose value is known. */
  readonly globals: readonly (bigint | undefined)[];
  /** By index: where a data segment lies in initial memory. */
  readonly dataOffsets: readonly (number | undefined)[];
  readonly complete: boolean;
}

/** An image of a memory reaches to its last initial byte: a segment far up would make a file of zeros. */
const INITIAL_MEMORY_LIMIT = 64 * 1024 * 1024;

export function initialStateOf(module: Module, layout: ModuleLayout): InitialState {
  const globals: (bigint | undefined)[] = [];
  for (const { initial } of module.globals) {
    globals.push(initial === undefined ? undefined : valueOf(initial, globals));
  }
  const dataOffsets = dataOffsetsOf(module, globals);
  const complete =
    module.startFunction === undefined &&
    module.globals.every(({ imported }, index) => imported || globals[index] !== undefined) &&
    module.dataSegments.every(({ mode }, index) => mode === "passive" || dataOffsets[index] !== undefined) &&
    module.elementSegments.every(
      ({ mode }, index) => mode === "passive" || isDroppedAtStart(module, layout, index),
    );
  return { globals, dataOffsets, complete };
}

/** Whether nothing but the drop is left of an element segment: it is declarative, or its table a constant. */
export function isDroppedAtStart(module: Module, layout: ModuleLayout, segment: number): boolean {
  const { mode, table } = module.elementSegments[segment]!;
  return mode === "declarative" || (mode === "active" && layout.constantTables[table] !== undefined);
}

export function moduleInitial(module: Module, layout: ModuleLayout, state: InitialState): ModuleInitial {
  const context = new Uint8Array(layout.contextBytes);
  const view = new DataView(context.buffer);
  state.globals.forEach((bits, index) => {
    if (bits === undefined) return;
    const slot = layout.globalSlots[index]!;
    view.setBigUint64(slot, BigInt.asUintN(64, bits), true);
    if (module.globals[index]!.type === ValueType.V128) view.setBigUint64(slot + 8, bits >> 64n, true);
  });
  const memory = module.dataSegments.flatMap(({ bytes }, index) => {
    const offset = state.dataOffsets[index];
    return offset === undefined || bytes.length === 0 ? [] : [{ offset, bytes }];
  });
  return { memory, context, complete: state.complete };
}

function dataOffsetsOf(module: Module, globals: readonly (bigint | undefined)[]): (number | undefined)[] {
  const offsets = new Array<number | undefined>(module.dataSegments.length).fill(undefined);
  const memoryBytes = (module.memories[0]?.limits.minimum ?? 0) * WASM_PAGE_BYTES;
  for (const [index, { mode, bytes, offset }] of module.dataSegments.entries()) {
    if (mode === "passive") continue;
    const start = valueOf(offset!, globals);
    if (start === undefined) break;
    const end = Number(start) + bytes.length;
    if (end > memoryBytes || end > INITIAL_MEMORY_LIMIT) break;
    offsets[index] = Number(start);
  }
  return offsets;
}

/** The expression's bits, unsigned; undefined where imports or the places of functions decide. */
function valueOf(
  expression: ConstantExpression,
  globals: readonly (bigint | undefined)[],
): bigint | undefined {
  switch (expression.kind) {
    case "i32":
      return BigInt(expression.value >>> 0);
    case "i64":
      return BigInt.asUintN(64, expression.value);
    case "f32":
      return BigInt(expression.bits >>> 0);
    case "f64":
    case "v128":
      return expression.bits;
    case "null":
      return 0n;
    case "function":
      return undefined;
    case "global":
      return globals[expression.index];
    case "binary": {
      const left = valueOf(expression.left, globals);
      const right = valueOf(expression.right, globals);
      if (left === undefined || right === undefined) return undefined;
      const bits = expression.type === ValueType.I32 ? 32 : 64;
      return BigInt.asUintN(bits, OPERATORS[expression.operator](left, right));
    }
  }
}

const OPERATORS = {
  add: (left: bigint, right: bigint) => left + right,
  sub: (left: bigint, right: bigint) => left - right,
  mul: (left: bigint, right: bigint) => left * right,
} as const;
