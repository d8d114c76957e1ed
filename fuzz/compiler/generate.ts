/**
 * Random modules, aimed at what compilers get wrong: many values alive at once, calls with many arguments and
 * results, loops that carry values, branches with values, tables of branches, addresses near the ends of memory,
 * the edges of division, shifts and conversions.
 *
 * Every call ends: loops have counters of their own, and functions that call take fuel. No result depends on what
 * the specification leaves open: a NaN's bits are never shown.
 */
import { ValueType, type FunctionType } from "../../src/abi/wasm.ts";
import { ByteWriter } from "./byte-writer.ts";
import { Choice } from "./choice.ts";
import { constant } from "./constant.ts";
import { digestBody, FUEL } from "./digest.ts";
import { expression } from "./expression.ts";
import { Nodes, type Span } from "./nodes.ts";
import { FunctionScope, type ModuleShape } from "./shape.ts";
import { statements } from "./statement.ts";

export interface GeneratedModule {
  readonly wasm: Uint8Array;
  readonly functions: readonly ExportedFunction[];
  readonly spans: readonly Span[];
}

export interface ExportedFunction {
  readonly name: string;
  readonly type: FunctionType;
}

const { I32, I64, F32, F64, V128 } = {
  I32: ValueType.I32,
  I64: ValueType.I64,
  F32: ValueType.F32,
  F64: ValueType.F64,
  V128: ValueType.V128,
} as const;

const NESTING = 3;
const TABLE_SPARE = 4;
const TABLE_GROWTH = 20;

/** Equal seeds give equal modules; the parts in `left` are left out. */
export function generateModule(seed: number, left?: ReadonlySet<number>): GeneratedModule {
  const choice = new Choice(seed);
  const nodes = new Nodes(left);
  const shape = shapeOf(choice);
  const bodies = shape.functions.map((_, index) => functionBody(shape, index, choice, nodes));
  const digest = digestBody(shape);
  const wasm = writeModule(shape, [...bodies, digest], choice);
  const functions = shape.functions.flatMap((type, index): ExportedFunction[] =>
    isExported(shape.types[type]!) ? [{ name: `f${index}`, type: shape.types[type]! }] : [],
  );
  return { wasm, functions, spans: nodes.spans };
}

/** JavaScript has no vectors, and references are not worth their trouble here. */
function isExported(type: FunctionType): boolean {
  return [...type.parameters, ...type.results].every((one) => one >= F64);
}

function shapeOf(choice: Choice): ModuleShape {
  const vectors = choice.chance(25);
  const anyType = (): ValueType =>
    choice.weighted([
      [8, I32],
      [6, I64],
      [2, F32],
      [4, F64],
      [vectors ? 2 : 0, V128],
      [0.4, ValueType.FuncRef],
    ]);
  const list = (length: number): ValueType[] => Array.from({ length }, anyType);
  const types = Array.from({ length: choice.between(5, 9) }, (): FunctionType => {
    const parameters = list(
      choice.weighted([
        [8, choice.below(5)],
        [2, choice.between(5, 10)],
        [1, choice.between(11, 20)],
      ]),
    );
    const results = list(
      choice.weighted([
        [10, choice.below(3)],
        [3, choice.between(2, 5)],
        [1, choice.between(6, 14)],
      ]),
    );
    return { parameters, results };
  });
  // Functions are of the types so far; the others are for loops that carry values.
  const functions = Array.from({ length: choice.between(6, 12) }, () => choice.below(types.length));
  for (const { results } of types.slice(0, 3)) types.push({ parameters: results, results });
  const globals = [I32, I32, I64, F32, F64, I32, I64, F64, ...(vectors ? [V128] : [])].map((type, index) => ({
    type,
    mutable: index < 5 || type === V128,
  }));
  return {
    types,
    functions,
    globals,
    memoryPages: choice.weighted([
      [8, 1],
      [2, 2],
    ]),
    memoryPagesLimit: 3,
    tableLength: functions.length + TABLE_SPARE,
    dataSegmentBytes: Array.from({ length: choice.below(3) }, () => choice.below(40)),
    elementSegmentLengths: Array.from({ length: choice.below(2) }, () => choice.between(1, 4)),
    leafCount: choice.between(2, functions.length),
    fuelGlobal: 0,
    vectors,
    tailCalls: choice.chance(30),
  };
}

function functionBody(shape: ModuleShape, index: number, choice: Choice, nodes: Nodes): Uint8Array {
  const scope = new FunctionScope(shape, index, choice, nodes);
  const { code, type } = scope;
  for (let count = choice.between(1, 12); count > 0; count--) scope.addLocal(scope.anyType());
  if (!scope.isLeaf) takeFuel(scope);
  const start = code.length;
  const isLeft = nodes.enclose(() => {
    statements(scope, choice.between(2, 9), NESTING);
    for (const result of type.results) {
      if (choice.chance(50) && (result === I32 || result === I64)) foldLocals(scope, result);
      else expression(scope, result, 3);
    }
  });
  if (isLeft) {
    code.truncate(start);
    for (const result of type.results) scope.zero(result);
  }
  code.byte(0x0b);
  const body = new ByteWriter();
  const locals = scope.locals.slice(type.parameters.length);
  body.unsigned(locals.length);
  for (const local of locals) body.byte(1, local);
  body.append(code.bytes);
  return body.bytes;
}

/** Returns zeros where no fuel is left, which ends recursion. */
function takeFuel(scope: FunctionScope): void {
  const { code, module } = scope;
  const { fuelGlobal } = module;
  code.byte(0x23, fuelGlobal, 0x45, 0x04, 0x40);
  for (const result of scope.type.results) scope.zero(result);
  code.byte(0x0f, 0x0b);
  code.byte(0x23, fuelGlobal, 0x41, 1, 0x6b, 0x24, fuelGlobal);
}

/** A result into which every local of its type goes, so that none is dead. */
function foldLocals(scope: FunctionScope, type: ValueType): void {
  const isWide = type === I64;
  scope.zero(type);
  for (const local of scope.localsOf(type)) {
    const start = scope.code.length;
    const isLeft = scope.nodes.enclose(() => {
      scope.get(local);
      scope.code.byte(isWide ? 0x85 : 0x73);
      if (isWide) scope.constant64(5n);
      else scope.constant32(5);
      scope.code.byte(isWide ? 0x89 : 0x77);
    });
    if (isLeft) scope.code.truncate(start);
  }
}

function writeModule(shape: ModuleShape, bodies: readonly Uint8Array[], choice: Choice): Uint8Array {
  const module = new ByteWriter();
  module.byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const digestType = shape.types.length;
  const types = [...shape.types, { parameters: [], results: [I64] }];
  module.section(1, types.length, (section) => {
    for (const { parameters, results } of types) {
      section.byte(0x60);
      section.vector(Uint8Array.from(parameters));
      section.vector(Uint8Array.from(results));
    }
  });
  module.section(3, bodies.length, (section) => {
    for (const type of [...shape.functions, digestType]) section.unsigned(type);
  });
  module.section(4, 1, (section) => {
    section.byte(ValueType.FuncRef, 1);
    section.unsigned(shape.tableLength);
    section.unsigned(shape.tableLength + TABLE_GROWTH);
  });
  module.section(5, 1, (section) => section.byte(1, shape.memoryPages, shape.memoryPagesLimit));
  module.section(6, shape.globals.length, (section) => writeGlobals(shape, section, choice));
  writeExports(shape, module);
  module.section(9, 1 + shape.elementSegmentLengths.length, (section) =>
    writeElements(shape, section, choice),
  );
  if (shape.dataSegmentBytes.length > 0) module.section(12, shape.dataSegmentBytes.length, () => {});
  module.section(10, bodies.length, (section) => bodies.forEach((body) => section.vector(body)));
  module.section(11, shape.dataSegmentBytes.length, (section) => {
    shape.dataSegmentBytes.forEach((length, index) => {
      // The first is active: memory begins with what it holds.
      if (index === 0) section.byte(0, 0x41, 16, 0x0b);
      else section.byte(1);
      section.vector(Uint8Array.from({ length }, () => choice.below(256)));
    });
  });
  return module.bytes;
}

function writeGlobals(shape: ModuleShape, section: ByteWriter, choice: Choice): void {
  const scope = new FunctionScope(shape, 0, choice, new Nodes());
  shape.globals.forEach(({ type, mutable }, index) => {
    section.byte(type, mutable ? 1 : 0);
    const start = scope.code.length;
    if (index === shape.fuelGlobal) scope.constant32(FUEL);
    else constant(scope, type);
    section.append(scope.code.bytes.subarray(start));
    section.byte(0x0b);
  });
}

function writeExports(shape: ModuleShape, module: ByteWriter): void {
  const exported = shape.functions.flatMap((type, index) => (isExported(shape.types[type]!) ? [index] : []));
  module.section(7, exported.length + 2, (section) => {
    section.name("memory");
    section.byte(2, 0);
    section.name("digest");
    section.byte(0);
    section.unsigned(shape.functions.length);
    for (const index of exported) {
      section.name(`f${index}`);
      section.byte(0);
      section.unsigned(index);
    }
  });
}

/** The first segment puts every function where its index is; the others are passive. */
function writeElements(shape: ModuleShape, section: ByteWriter, choice: Choice): void {
  section.byte(0, 0x41, 0, 0x0b);
  section.unsigned(shape.functions.length);
  for (let index = 0; index < shape.functions.length; index++) section.unsigned(index);
  for (const length of shape.elementSegmentLengths) {
    section.byte(1, 0);
    section.unsigned(length);
    for (let count = 0; count < length; count++) section.unsigned(choice.below(shape.functions.length));
  }
}
