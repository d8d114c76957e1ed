import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { Relocation, type CompiledModule } from "../abi/object.ts";
import { TrapKind } from "../abi/trap.ts";
import { ValueType, type FunctionType } from "../abi/wasm.ts";
import { linkForProcess } from "../platform/process/platform.ts";
import { ProcessSession } from "../targets/process/session.ts";
import type { WasmValue } from "../targets/process/value.ts";
import { placesOf } from "../x64/convention.ts";
import { ABSENT } from "../x64/encoder.ts";
import { R11, RAX, RBX, RCX, RSP } from "../x64/register.ts";
import { ADD32, ADD64, CALL, MOV32, MOV64, MOVAPS, SHR64, UD2 } from "../x64/tables/index.ts";
import { importError } from "./link.ts";
import type { ImportSource, Program } from "./program.ts";
import type { Shorthand } from "./shorthand.ts";
import { compiledModule } from "./test-module.ts";

const GET: FunctionType = { parameters: [], results: [ValueType.I32] };
const UNARY: FunctionType = { parameters: [ValueType.I32], results: [ValueType.I32] };
const NOTHING: FunctionType = { parameters: [], results: [] };
const MEMORY = { imported: false, limits: { minimum: 1, maximum: 1 }, shared: false };
const FUNCREF = ValueType.FuncRef;

const i32 = (value: number): WasmValue => ({ type: ValueType.I32, bits: BigInt(value >>> 0) });
const returned = (...values: WasmValue[]) => ({ kind: "returned", values });
const from = (instance: number, name: string): ImportSource => ({ kind: "export", instance, name });

async function start(context: TestContext, program: Program) {
  const session = await ProcessSession.start(linkForProcess(program));
  context.after(() => session.stop());
  return session;
}

/** Loads the i32 at address 0 of whatever memory it runs with. */
const peek = (a: Shorthand) => a.load32(RAX, RBX, 0);

const peeker = (name: string): CompiledModule =>
  compiledModule({ memory: MEMORY, functions: [{ name, type: GET, emit: peek }] });

test("a call between memories finds the callee's memory, and comes back to the caller's", async (t) => {
  const caller = compiledModule({
    memory: MEMORY,
    imports: [{ module: "other", name: "peek", kind: "function", of: GET }],
    functions: [
      {
        type: GET,
        emit: (a) => {
          a.callRelocated(Relocation.Function, 0);
          a.rm(ADD32.regRm, RAX, RBX, ABSENT, 1, 0);
        },
      },
    ],
  });
  const session = await start(t, {
    instances: [
      { module: caller, imports: [from(1, "peek")] },
      { module: peeker("peek"), imports: [] },
    ],
  });
  await session.writeMemory(0, 0, Uint8Array.of(1));
  await session.writeMemory(1, 0, Uint8Array.of(100));
  assert.deepEqual(await session.call(0, 1, []), returned(i32(101)));
  assert.deepEqual(await session.call(0, 0, []), returned(i32(100)), "an import called from outside");
});

test("a thunk forwards arguments and results on the stack", async (t) => {
  const many: ValueType[] = Array.from({ length: 11 }, () => ValueType.I64);
  const type: FunctionType = { parameters: many, results: many };
  const { stackBytes } = placesOf(type).parameters;
  const echoStack = (a: Shorthand) => {
    for (let at = 0; at < stackBytes; at += 16) {
      a.rm(MOVAPS.regRm, 15, RSP, ABSENT, 1, 16 + at);
      a.rm(MOVAPS.rmReg, 15, RSP, ABSENT, 1, 16 + stackBytes + at);
    }
    a.rm(ADD64.regRm, RAX, RBX, ABSENT, 1, 0);
  };
  const echo = compiledModule({ memory: MEMORY, functions: [{ name: "echo", type, emit: echoStack }] });
  // Below its frame of 8 bytes, the caller makes room for the callee's arguments and results, 16 bytes aligned.
  const caller = compiledModule({
    memory: MEMORY,
    imports: [{ module: "other", name: "echo", kind: "function", of: type }],
    functions: [
      {
        type,
        emit: (a) => {
          a.addConstant(RSP, -2 * stackBytes);
          const own = 2 * stackBytes + 16;
          for (let at = 0; at < stackBytes; at += 16) {
            a.rm(MOVAPS.regRm, 15, RSP, ABSENT, 1, own + at);
            a.rm(MOVAPS.rmReg, 15, RSP, ABSENT, 1, at);
          }
          a.callRelocated(Relocation.Function, 0);
          for (let at = 0; at < stackBytes; at += 16) {
            a.rm(MOVAPS.regRm, 15, RSP, ABSENT, 1, at);
            a.rm(MOVAPS.rmReg, 15, RSP, ABSENT, 1, stackBytes + 16 + stackBytes + at);
          }
          a.addConstant(RSP, stackBytes);
        },
      },
    ],
  });
  const session = await start(t, {
    instances: [
      { module: echo, imports: [] },
      { module: caller, imports: [from(0, "echo")] },
    ],
  });
  await session.writeMemory(0, 0, Uint8Array.of(100));
  const values = many.map((of, index): WasmValue => ({ type: of, bits: BigInt(index) }));
  const [first, ...rest] = values;
  assert.deepEqual(await session.call(1, 1, values), returned({ ...first!, bits: 100n }, ...rest));
});

test("instances over one memory import each other, and have contexts of their own", async (t) => {
  const half = (other: string, name: string) =>
    compiledModule({
      memory: { ...MEMORY, imported: true },
      contextBytes: 8,
      globals: [{ imported: false, type: ValueType.I32, mutable: true, slot: 0 }],
      imports: [
        { module: "env", name: "memory", kind: "memory" },
        { module: "other", name: other, kind: "function", of: UNARY },
      ],
      functions: [
        { name, type: UNARY, emit: (a) => a.context(ADD32.regRm, RAX, 0) },
        { name: `${name}Both`, type: UNARY, emit: both },
      ],
      initialize: (a) => {
        a.set(RAX, name === "engine" ? 1 : 10);
        a.context(MOV32.rmReg, RAX, 0);
      },
    });
  function both(a: Shorthand): void {
    a.context(ADD32.regRm, RAX, 0);
    a.callRelocated(Relocation.Function, 0);
    a.rm(ADD32.regRm, RAX, RBX, ABSENT, 1, 0);
  }
  const memory: ImportSource = { kind: "memory", index: 0 };
  const program: Program = {
    instances: [
      { module: half("glue", "engine"), imports: [memory, from(1, "glue")] },
      { module: half("engine", "glue"), imports: [memory, from(0, "engine")] },
    ],
    memories: [{ minimum: 1, maximum: 1 }],
  };
  const linked = linkForProcess(program);
  assert.equal(linked.memories.length, 1);
  assert.ok(
    linked.regions.every(({ frameBytes }) => frameBytes === undefined),
    "no thunks",
  );
  const session = await start(t, program);
  await session.initialize(0);
  await session.initialize(1);
  await session.writeMemory(0, 0, Uint8Array.of(100));
  assert.deepEqual(await session.call(0, 2, [i32(1000)]), returned(i32(1111)));
  assert.deepEqual(await session.call(1, 2, [i32(2000)]), returned(i32(2111)));
  assert.equal((await session.readGlobal(1, 0)).bits, 10n);
});

/** Calls element 0 of table 0, unchecked, as compiled code does. */
function callFirst(a: Shorthand): void {
  a.context(MOV64.regRm, RCX, 0);
  a.load(RCX, RCX, 0); // descriptor, elements
  a.load(RCX, RCX, 0);
  a.ri(SHR64.imm8, RCX, 32);
  a.codeBase(R11);
  a.add(R11, RCX);
  a.r(CALL, R11);
}

const tableUser = (emit: (a: Shorthand) => void) =>
  compiledModule({
    memory: MEMORY,
    contextBytes: 16,
    imports: [{ module: "env", name: "table", kind: "table", index: 0 }],
    tables: [
      {
        imported: true,
        type: FUNCREF,
        limits: { minimum: 1, maximum: undefined },
        place: "imported",
        slot: 0,
        constantElements: undefined,
      },
    ],
    elementSegments: [{ elements: Int32Array.of(0), slot: 8 }],
    functions: [
      { type: GET, emit: peek },
      { type: GET, emit },
    ],
  });

test("a reference in a table that two memories share calls with the memory of its function", async (t) => {
  const setter = tableUser((a) => {
    a.context(MOV64.regRm, RCX, 0);
    a.load(RCX, RCX, 0);
    a.rip(MOV64.regRm, RAX, Relocation.ElementSegment, 0, 0);
    a.store(RCX, 0, RAX);
    a.set(RAX, 0);
  });
  const table: ImportSource = { kind: "table", index: 0 };
  const session = await start(t, {
    instances: [
      { module: setter, imports: [table] },
      { module: tableUser(callFirst), imports: [table] },
    ],
    tables: [{ type: FUNCREF, limits: { minimum: 4, maximum: undefined } }],
  });
  await session.writeMemory(0, 0, Uint8Array.of(5));
  await session.writeMemory(1, 0, Uint8Array.of(6));
  await session.call(0, 1, []);
  assert.deepEqual(await session.call(1, 1, []), returned(i32(5)));
});

test("signatures are numbered over all modules, and constant tables hold references by them", () => {
  const module = (...types: FunctionType[]) =>
    compiledModule({
      functions: types.map((type) => ({ type, emit: () => {} })),
      tables: [
        {
          imported: false,
          type: FUNCREF,
          limits: { minimum: 2, maximum: 2 },
          place: "constant",
          slot: 0,
          constantElements: Int32Array.of(-1, 0),
        },
      ],
    });
  const { instances, signatures, sections } = linkForProcess({
    instances: [
      { module: module(GET, UNARY), imports: [] },
      { module: module(UNARY, GET), imports: [] },
    ],
  });
  const numbers = instances.map(({ functions }) => functions.map(({ signature }) => signature));
  assert.deepEqual(numbers[0], numbers[1]!.toReversed());
  assert.ok(numbers.flat().every((number) => number >= 1));
  assert.equal(signatures[numbers[0]![0]! - 1]?.results.length, 1);
  const view = new DataView(sections.constants.bytes.buffer);
  const elements = Array.from({ length: 4 }, (_, word) => view.getUint32(word * 4, true));
  assert.deepEqual(elements, [0, 0, numbers[0]![0], instances[0]!.functions[0]!.code]);
});

test("instances that need the same code share it", () => {
  const module = peeker("peek");
  const two = linkForProcess({ instances: [0, 1].map(() => ({ module, imports: [] })) });
  assert.equal(two.instances[0]!.code, two.instances[1]!.code);
  assert.notEqual(two.instances[0]!.memory, two.instances[1]!.memory);
  const memoryless = compiledModule({ contextBytes: 16, functions: [{ type: NOTHING, emit: () => {} }] });
  const other = linkForProcess({ instances: [0, 1].map(() => ({ module: memoryless, imports: [] })) });
  assert.notEqual(other.instances[0]!.code, other.instances[1]!.code, "contexts at different places");
});

test("a trap below a thunk shows the frames on both sides", async (t) => {
  const trapping = compiledModule({
    memory: MEMORY,
    functions: [
      {
        name: "boom",
        type: NOTHING,
        emit: (a) => {
          a.trapSite(TrapKind.Unreachable, 1);
          a.none(UD2);
        },
      },
    ],
  });
  const caller = compiledModule({
    memory: MEMORY,
    imports: [{ module: "other", name: "boom", kind: "function", of: NOTHING }],
    functions: [{ name: "start", type: NOTHING, emit: (a) => a.callRelocated(Relocation.Function, 0) }],
  });
  const session = await start(t, {
    instances: [
      { module: trapping, imports: [] },
      { module: caller, imports: [from(0, "boom")] },
    ],
  });
  const outcome = await session.call(1, 1, []);
  assert.equal(outcome.kind, "trapped");
  assert.deepEqual(
    outcome.kind === "trapped" && outcome.frames.map(({ instance, name }) => [instance, name]),
    [
      [0, "boom"],
      [1, "start"],
    ],
  );
});

test("an import that is absent or of another type is named", () => {
  const importing = (item: Parameters<typeof compiledModule>[0]) => compiledModule(item);
  const provider = compiledModule({
    functions: [{ name: "f", type: GET, emit: peek }],
    memory: MEMORY,
    exports: [{ name: "memory", kind: "memory", index: 0 }],
  });
  const wantsFunction = importing({ imports: [{ module: "env", name: "f", kind: "function", of: UNARY }] });
  const wantsMemory = importing({
    imports: [{ module: "env", name: "m", kind: "memory" }],
    memory: { imported: true, limits: { minimum: 2, maximum: undefined }, shared: false },
  });
  const cases: readonly (readonly [CompiledModule, ImportSource | undefined, RegExp])[] = [
    [wantsFunction, undefined, /^unknown import: env.f: nothing provides this function$/],
    [wantsFunction, from(0, "g"), /^unknown import: env.f: its provider exports no "g"$/],
    [
      wantsFunction,
      from(0, "memory"),
      /^incompatible import type: env.f: expected a function, found a memory$/,
    ],
    [wantsFunction, from(0, "f"), /env.f: expected \(i32\) -> \(i32\), found \(\) -> \(i32\)$/],
    [wantsMemory, from(0, "memory"), /env.m: expected a size of 2 or more, found a size of 1 to 1$/],
    [wantsMemory, { kind: "memory", index: 0 }, /^unknown import: env.m: no memory there$/],
  ];
  for (const [module, source, message] of cases) {
    const program = {
      instances: [
        { module: provider, imports: [] },
        { module, imports: [source] },
      ],
    };
    assert.throws(() => linkForProcess(program), { name: "LinkError", message });
  }
});

test("each instance can be asked for by itself whether its imports fit", () => {
  const wanting = compiledModule({
    imports: [{ module: "env", name: "f", kind: "function", of: NOTHING }],
  });
  const program: Program = {
    instances: [
      { module: peeker("f"), imports: [] },
      { module: wanting, imports: [from(0, "f")] },
    ],
  };
  const errors = [0, 1].map((number) => importError(program, number)?.code);
  assert.deepEqual(errors, [undefined, "incompatible-import"]);
});

test("functions that import each other in a circle have no definition", () => {
  const module = compiledModule({
    imports: [{ module: "other", name: "f", kind: "function", of: NOTHING }],
    exports: [{ name: "f", kind: "function", index: 0 }],
  });
  const instances = [0, 1].map((number) => ({ module, imports: [from(1 - number, "f")] }));
  assert.throws(() => linkForProcess({ instances }), /unknown import: imports lead in a circle/);
});
