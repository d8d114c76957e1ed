/**
 * Where a module's own things lie in its context: globals, table descriptors, lengths of segments. And which tables
 * never change, so that the linker can put them into read-only data and calls through them need no descriptor.
 */
import { TableDescriptor } from "../abi/object.ts";
import { isSameType, ValueType } from "../abi/wasm.ts";
import type { ModuleFacts } from "./wasm/facts.ts";
import type { ConstantExpression, Module } from "./wasm/module.ts";

export interface ModuleLayout {
  readonly globalSlots: readonly number[];
  readonly tableSlots: readonly number[];
  /** Function indices, -1 for null, of each table that is constant. */
  readonly constantTables: readonly (Int32Array | undefined)[];
  /** Of a constant table without nulls whose elements all have one type: its index in the module's types. */
  readonly elementTypes: readonly (number | undefined)[];
  readonly dataSlots: readonly number[];
  readonly elementSlots: readonly number[];
  readonly contextBytes: number;
}

const POINTER_BYTES = 8;
/** Larger constant tables are built at start like any other. */
const CONSTANT_TABLE_LIMIT = 1 << 20;

export function layoutOf(module: Module, facts: ModuleFacts): ModuleLayout {
  let bytes = 0;
  const take = (size: number): number => {
    bytes = (bytes + size - 1) & -size;
    const slot = bytes;
    bytes += size;
    return slot;
  };
  const globalSlots = module.globals.map(({ imported, type }) =>
    take(!imported && type === ValueType.V128 ? 16 : POINTER_BYTES),
  );
  const constantTables = module.tables.map((_, index) => constantTable(module, facts, index));
  const tableSlots = module.tables.map(({ imported }, index) => {
    if (constantTables[index] !== undefined) return 0;
    return take(imported ? POINTER_BYTES : TableDescriptor.Size);
  });
  const dataSlots = module.dataSegments.map(() => take(POINTER_BYTES));
  const elementSlots = module.elementSegments.map(() => take(POINTER_BYTES));
  return {
    globalSlots,
    tableSlots,
    constantTables,
    elementTypes: constantTables.map((elements) => elementType(module, elements)),
    dataSlots,
    elementSlots,
    contextBytes: (bytes + 15) & ~15,
  };
}

/** The elements of a table that nothing outside sees, nothing writes, and whose segments are known and fit. */
function constantTable(module: Module, facts: ModuleFacts, index: number): Int32Array | undefined {
  const table = module.tables[index]!;
  if (table.type !== ValueType.FuncRef || table.limits.minimum > CONSTANT_TABLE_LIMIT) return undefined;
  if (facts.tableIsWritten[index] === true || facts.tableIsExportedOrImported[index] === true)
    return undefined;
  const elements = new Int32Array(table.limits.minimum).fill(-1);
  for (const segment of module.elementSegments) {
    if (segment.mode !== "active" || segment.table !== index) continue;
    const { offset } = segment;
    if (offset === undefined || offset.kind !== "i32") return undefined;
    const start = offset.value >>> 0;
    if (start + segment.elements.length > elements.length) return undefined;
    for (const [each, element] of segment.elements.entries()) {
      const functionIndex = functionOf(element);
      if (functionIndex === undefined) return undefined;
      elements[start + each] = functionIndex;
    }
  }
  return elements;
}

function elementType(module: Module, elements: Int32Array | undefined): number | undefined {
  const first = elements?.[0] ?? -1;
  if (first < 0) return undefined;
  const { types, functionTypes } = module;
  const index = functionTypes[first]!;
  const isAlike = (each: number) => each >= 0 && isSameType(types[functionTypes[each]!]!, types[index]!);
  return elements!.every(isAlike) ? index : undefined;
}

/** -1 for null; undefined for what is known only at start. */
export function functionOf(element: ConstantExpression): number | undefined {
  if (element.kind === "function") return element.index;
  return element.kind === "null" ? -1 : undefined;
}
