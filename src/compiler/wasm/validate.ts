/**
 * The validator of modules (Wasm 2.0 core, 3): after it the compiler need not doubt an index or a type.
 *
 * Throws nothing but `WasmError`. Errors within bodies of the malformed kind come from here, too: the decoder does
 * not look into them.
 *
 * Tests: validate.test.ts, body.test.ts, mutation.test.ts.
 */
import { ValueType, valueTypeName, type Limits } from "../../abi/wasm.ts";
import { BodyContext } from "./body-context.ts";
import { validateBody } from "./body.ts";
import { checkConstantExpression } from "./constant-expression.ts";
import { invalid, tooLarge, unsupported } from "./error.ts";
import { FactsDraft, type ModuleFacts } from "./facts.ts";
import { TABLE_ELEMENTS_LIMIT } from "./limits.ts";
import { PAGES_LIMIT, type ConstantExpression, type Export, type Memory, type Module } from "./module.ts";
import { MULTI_MEMORY } from "./tables/reserved.ts";

export function validateModule(module: Module): ModuleFacts {
  checkFunctions(module);
  checkTables(module);
  checkMemories(module);
  checkGlobals(module);
  checkExports(module);
  checkStart(module);
  checkElementSegments(module);
  checkDataSegments(module);
  const facts = new FactsDraft(module);
  checkBodies(module, facts);
  return facts;
}

/**
 * Calls with each entry of an index space and its position: imports come first, and stand in the import section.
 */
function forEachOf<T extends { readonly imported: boolean }>(
  module: Module,
  kind: "table" | "memory" | "global",
  entries: readonly T[],
  defined: readonly number[],
  check: (entry: T, offset: number, index: number) => void,
): void {
  const imported: number[] = [];
  for (const [index, entry] of module.imports.entries()) {
    if (entry.kind === kind) imported.push(module.positions.imports[index]!);
  }
  const positions = [...imported, ...defined];
  for (const [index, entry] of entries.entries()) check(entry, positions[index]!, index);
}

function checkFunctions({ functionTypes, types, imports, positions }: Module): void {
  for (const [index, entry] of imports.entries()) {
    if (entry.kind === "function" && entry.type >= types.length) {
      throw invalid(positions.imports[index]!, `unknown type ${entry.type}`);
    }
  }
  const importedCount = functionTypes.length - positions.functions.length;
  for (const [index, offset] of positions.functions.entries()) {
    const type = functionTypes[importedCount + index]!;
    if (type >= types.length) throw invalid(offset, `unknown type ${type}`);
  }
}

function checkLimits({ minimum, maximum }: Limits, offset: number): void {
  if (maximum !== undefined && minimum > maximum) {
    throw invalid(offset, `size minimum must not be greater than maximum: ${minimum}, ${maximum}`);
  }
}

function checkTables(module: Module): void {
  forEachOf(module, "table", module.tables, module.positions.tables, ({ limits }, offset) => {
    checkLimits(limits, offset);
    if (limits.minimum > TABLE_ELEMENTS_LIMIT) {
      throw tooLarge(offset, `table of ${limits.minimum} elements`, TABLE_ELEMENTS_LIMIT);
    }
  });
}

function checkMemories(module: Module): void {
  let count = 0;
  const check = ({ limits, shared }: Memory, offset: number): void => {
    if (limits.minimum > PAGES_LIMIT || (limits.maximum ?? 0) > PAGES_LIMIT) {
      throw invalid(offset, "memory size must be at most 65536 pages (4GiB)");
    }
    checkLimits(limits, offset);
    if (shared && limits.maximum === undefined) throw invalid(offset, "shared memory must have maximum");
    if (++count > 1) throw unsupported(offset, "multiple memories", MULTI_MEMORY);
  };
  forEachOf(module, "memory", module.memories, module.positions.memories, check);
}

function checkGlobals(module: Module): void {
  forEachOf(
    module,
    "global",
    module.globals,
    module.positions.globals,
    ({ initial, type }, offset, index) => {
      if (initial === undefined) return;
      const { globals, functionTypes } = module;
      checkConstantExpression(initial, type, { globals, functionTypes, precedingGlobalCount: index }, offset);
    },
  );
}

function countOf(module: Module, kind: Export["kind"]): number {
  switch (kind) {
    case "function":
      return module.functionTypes.length;
    case "table":
      return module.tables.length;
    case "memory":
      return module.memories.length;
    case "global":
      return module.globals.length;
  }
}

function checkExports(module: Module): void {
  const names = new Set<string>();
  for (const [at, { name, kind, index }] of module.exports.entries()) {
    const offset = module.positions.exports[at]!;
    if (index >= countOf(module, kind)) throw invalid(offset, `unknown ${kind} ${index}`);
    if (names.has(name)) throw invalid(offset, `duplicate export name ${JSON.stringify(name)}`);
    names.add(name);
  }
}

function checkStart({ startFunction, functionTypes, types, positions }: Module): void {
  if (startFunction === undefined) return;
  const type = functionTypes[startFunction];
  if (type === undefined) throw invalid(positions.start, `unknown function ${startFunction}`);
  const { parameters, results } = types[type]!;
  if (parameters.length > 0 || results.length > 0) {
    throw invalid(positions.start, "start function must have neither parameters nor results");
  }
}

function checkElementSegments(module: Module): void {
  const { elementSegments, tables, positions } = module;
  for (const [index, segment] of elementSegments.entries()) {
    const at = positions.elementSegments[index]!;
    for (const element of segment.elements) checkConstantExpression(element, segment.type, module, at);
    if (segment.mode !== "active") continue;
    const table = tables[segment.table];
    if (table === undefined) throw invalid(at, `unknown table ${segment.table}`);
    if (table.type !== segment.type) {
      const names = `${valueTypeName(segment.type)} in a table of ${valueTypeName(table.type)}`;
      throw invalid(at, `type mismatch: elem segment of ${names}`);
    }
    checkConstantExpression(segment.offset!, ValueType.I32, module, at);
  }
}

function checkDataSegments(module: Module): void {
  const { dataSegments, memories, positions } = module;
  for (const [index, { offset, mode }] of dataSegments.entries()) {
    if (mode !== "active") continue;
    const at = positions.dataSegments[index]!;
    if (memories.length === 0) throw invalid(at, "unknown memory 0");
    checkConstantExpression(offset!, ValueType.I32, module, at);
  }
}

/** By function: whether it occurs outside bodies and the start section (C.refs), so that `ref.func` may name it. */
function declaredFunctions({ functionTypes, exports, globals, elementSegments }: Module): Uint8Array {
  const declared = new Uint8Array(functionTypes.length);
  const declare = (expression: ConstantExpression | undefined): void => {
    if (expression?.kind === "function") declared[expression.index] = 1;
  };
  for (const { kind, index } of exports) if (kind === "function") declared[index] = 1;
  for (const { initial } of globals) declare(initial);
  for (const { elements } of elementSegments) elements.forEach(declare);
  return declared;
}

function checkBodies(module: Module, facts: FactsDraft): void {
  const { bodies, types, functionTypes, importedFunctionCount } = module;
  if (bodies.length === 0) return;
  const context = new BodyContext(module, facts, declaredFunctions(module));
  for (const [index, body] of bodies.entries()) {
    validateBody(context, types[functionTypes[importedFunctionCount + index]!]!, body);
  }
}
