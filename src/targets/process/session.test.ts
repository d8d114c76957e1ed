import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { Relocation, Routine, type CompiledModule } from "../../abi/object.ts";
import { TrapKind } from "../../abi/trap.ts";
import { ValueType, type FunctionType } from "../../abi/wasm.ts";
import type { Program } from "../../linker/program.ts";
import { compiledModule } from "../../linker/test-module.ts";
import { placesOf } from "../../x64/convention.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { R12, RAX, RBX, RCX, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import { ADD32, LEA64, MOV32, MOV64, MOVAPS, UD2 } from "../../x64/tables/index.ts";
import { linkForProcess } from "../../platform/process/platform.ts";
import { ProcessSession, type SessionOptions } from "./session.ts";
import type { WasmValue } from "./value.ts";

const NOTHING: FunctionType = { parameters: [], results: [] };
const UNARY: FunctionType = { parameters: [ValueType.I32], results: [ValueType.I32] };
const BINARY: FunctionType = { parameters: [ValueType.I32, ValueType.I32], results: [ValueType.I32] };

const WIDTHS: Readonly<Partial<Record<ValueType, number>>> = {
  [ValueType.I32]: 32,
  [ValueType.F32]: 32,
  [ValueType.V128]: 128,
};

const i32 = (value: number): WasmValue => ({ type: ValueType.I32, bits: BigInt(value >>> 0) });

async function start(context: TestContext, program: Program, options?: SessionOptions) {
  const session = await ProcessSession.start(linkForProcess(program), options);
  context.after(() => session.stop());
  return session;
}

const alone = (module: CompiledModule): Program => ({ instances: [{ module, imports: [] }] });
const returned = (...values: WasmValue[]) => ({ kind: "returned", values });

test("a function is called with its arguments and gives its result", async (t) => {
  const add = compiledModule({
    functions: [{ name: "add", type: BINARY, emit: (a) => a.rr(ADD32.regRm, RAX, RDX) }],
  });
  const session = await start(t, alone(add));
  assert.deepEqual(await session.initialize(0), returned());
  assert.deepEqual(await session.call(0, 0, [i32(2), i32(3)]), returned(i32(5)));
  assert.deepEqual(await session.call(0, 0, [i32(-1), i32(1)]), returned(i32(0)));
  assert.throws(() => session.call(0, 1, []), /has no function 1/);
});

test("twenty arguments and results of every type pass through registers and the stack", async (t) => {
  const types = [ValueType.I32, ValueType.F32, ValueType.I64, ValueType.V128, ValueType.F64];
  const many = [...types, ...types, ...types, ...types];
  const type: FunctionType = { parameters: many, results: many };
  // Arguments and results have the same places: those on the stack are 8 bytes of frame and a return address away.
  const echo = compiledModule({
    functions: [
      {
        type,
        emit: (a) => {
          const stack = placesOf(type).parameters.stackBytes;
          for (let at = 0; at < stack; at += 16) {
            a.rm(MOVAPS.regRm, 15, RSP, ABSENT, 1, 16 + at);
            a.rm(MOVAPS.rmReg, 15, RSP, ABSENT, 1, 16 + stack + at);
          }
        },
      },
    ],
  });
  const session = await start(t, alone(echo));
  const values = many.map((of, index): WasmValue => {
    const bits = 0x0123_4567_89ab_cdef_0011_2233_4455_6600n + BigInt(index);
    const width = WIDTHS[of] ?? 64;
    return { type: of, bits: BigInt.asUintN(width, bits) };
  });
  assert.deepEqual(await session.call(0, 0, values), returned(...values));
});

test("traps are told by their instruction, with the frames that were running", async (t) => {
  const module = compiledModule({
    functions: [
      {
        name: "inner",
        type: NOTHING,
        emit: (a) => {
          a.trapSite(TrapKind.DivideByZero, 0x123);
          a.none(UD2);
        },
      },
      { name: "outer", type: NOTHING, emit: (a) => a.callRelocated(Relocation.Function, 0) },
      { name: "fine", type: NOTHING, emit: () => {} },
    ],
  });
  const session = await start(t, alone(module));
  assert.deepEqual(await session.call(0, 1, []), {
    kind: "trapped",
    trap: TrapKind.DivideByZero,
    frames: [
      { instance: 0, functionIndex: 0, name: "inner", byteOffset: 0x100 },
      { instance: 0, functionIndex: 1, name: "outer", byteOffset: 0x200 },
    ],
  });
  assert.deepEqual(await session.call(0, 2, []), returned(), "the session goes on after a trap");
});

test("a trap that the compiler did not note is a bug, and says where it is", async (t) => {
  const module = compiledModule({ functions: [{ type: NOTHING, emit: (a) => a.none(UD2) }] });
  const session = await start(t, alone(module));
  await assert.rejects(session.call(0, 0, []), /signal 4 where no trap can be: code offset 0x/);
});

const MEMORY = { imported: false, limits: { minimum: 1, maximum: 3 }, shared: false };

const memoryModule = compiledModule({
  memory: MEMORY,
  functions: [
    {
      name: "load",
      type: UNARY,
      emit: (a) => {
        a.trapSite(TrapKind.MemoryOutOfBounds, 0x50);
        a.rm(MOV32.regRm, RAX, RBX, RAX, 1, 0);
      },
    },
    { name: "grow", type: UNARY, emit: (a) => a.callRoutine(Routine.MemoryGrow) },
  ],
});

test("memory ends at its size, grows to its maximum, and is read and written from outside", async (t) => {
  const session = await start(t, alone(memoryModule));
  const load = (address: number) => session.call(0, 0, [i32(address)]);
  const grow = (pages: number) => session.call(0, 1, [i32(pages)]);
  await session.writeMemory(0, 65532, Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(await load(65532), returned(i32(0x04030201)));
  for (const outside of [65533, 65536, -1, 0x8000_0000]) {
    const outcome = await load(outside);
    assert.equal(outcome.kind === "trapped" && outcome.trap, TrapKind.MemoryOutOfBounds);
  }
  assert.deepEqual(await grow(0), returned(i32(1)));
  assert.deepEqual(await grow(2), returned(i32(1)));
  assert.deepEqual(await load(3 * 65536 - 4), returned(i32(0)));
  assert.deepEqual(await grow(1), returned(i32(-1)));
  assert.deepEqual(await grow(-1), returned(i32(-1)));
  assert.equal(await session.memoryPages(0), 3);
  assert.deepEqual(await session.readMemory(0, 65531, 6), Buffer.from([0, 1, 2, 3, 4, 0]));
  await assert.rejects(session.readMemory(0, 3 * 65536 - 1, 2), RangeError);
});

test("a table grows to its maximum, and what is new holds the reference given", async (t) => {
  const table = (maximum: number | undefined) => ({
    ...{ imported: false, type: ValueType.FuncRef, place: "own" as const, slot: 0 },
    ...{ limits: { minimum: 2, maximum }, constantElements: undefined },
  });
  const session = await start(
    t,
    alone(
      compiledModule({
        contextBytes: 16,
        tables: [table(5)],
        functions: [
          {
            name: "grow",
            type: UNARY,
            emit: (a) => {
              a.rr(MOV32.regRm, RCX, RAX);
              a.set(RDX, 77);
              a.context(LEA64, RAX, 0);
              a.callRoutine(Routine.TableGrow);
            },
          },
          {
            name: "get",
            type: UNARY,
            emit: (a) => {
              a.context(MOV64.regRm, RCX, 0);
              a.rm(MOV32.regRm, RAX, RCX, RAX, 8, 0);
            },
          },
        ],
      }),
    ),
  );
  const results = async (functionIndex: number, ...values: number[]) => {
    const found: unknown[] = [];
    for (const value of values) {
      const outcome = await session.call(0, functionIndex, [i32(value)]);
      found.push(outcome.kind === "returned" ? Number(BigInt.asIntN(32, outcome.values[0]!.bits)) : outcome);
    }
    return found;
  };
  assert.deepEqual(await results(0, 0, 2, 2, -1, 1, 1), [2, 2, -1, -1, 4, -1]);
  assert.deepEqual(await results(1, 0, 1, 2, 3, 4), [0, 0, 77, 77, 77]);
});

test("the end of the native stack is a trap, and not the end of the session", async (t) => {
  const module = compiledModule({
    functions: [{ name: "forever", type: NOTHING, emit: (a) => a.callRelocated(Relocation.Function, 0) }],
  });
  const session = await start(t, alone(module));
  for (let round = 0; round < 2; round++) {
    const outcome = await session.call(0, 0, []);
    assert.equal(outcome.kind === "trapped" && outcome.trap, TrapKind.StackExhausted);
    assert.equal(outcome.kind === "trapped" && outcome.frames.length, 64);
  }
});

test("a stack that ends in a prologue shows the frames above it", async (t) => {
  for (const pushes of [1, 2, 3]) {
    const module = compiledModule({
      functions: [
        {
          name: "forever",
          type: NOTHING,
          emit: (a) => {
            // Instead of the harness's frame: pushes, as a compiler's prologue has them.
            a.raw([0x48, 0x81, 0xc4, 8, 0, 0, 0]);
            const start = a.label();
            a.bind(start);
            for (let push = 0; push < pushes; push++) a.push(R12);
            a.call(start);
          },
        },
      ],
    });
    const [forever] = module.functions;
    const prologueBytes = 2 * 7; // the harness's own, and what takes it back
    const functions = [
      {
        ...forever!,
        offset: prologueBytes,
        sizeBytes: forever!.sizeBytes - prologueBytes,
        frameBytes: 8 * pushes,
      },
    ];
    const types = { ...module, functions: [...functions] };
    const session = await start(t, alone(types));
    const outcome = await session.call(0, 0, []);
    assert.equal(outcome.kind === "trapped" && outcome.frames.length, 64, `${pushes} pushes`);
  }
});

test("a call that takes too long ends the session", async (t) => {
  const module = compiledModule({
    functions: [
      {
        type: NOTHING,
        emit: (a) => {
          const again = a.label();
          a.bind(again);
          a.jump(again);
        },
      },
    ],
  });
  const session = await start(t, alone(module));
  assert.deepEqual(await session.call(0, 0, [], 50), { kind: "timedOut" });
  await assert.rejects(session.call(0, 0, []), /more than 50 ms/);
});

test("a process that the system kills fails the call that runs", async (t) => {
  const module = compiledModule({
    functions: [
      {
        type: NOTHING,
        emit: (a) => {
          a.set(RAX, 231); // exit_group
          a.set(RDI, 3);
          a.raw([0x0f, 0x05]);
        },
      },
    ],
  });
  const session = await start(t, alone(module));
  await assert.rejects(session.call(0, 0, []), /the process ended with status 3/);
});

test("globals of an instance and of the program are read; segments have their lengths", async (t) => {
  const module = compiledModule({
    imports: [{ module: "env", name: "g", kind: "global", index: 0 }],
    globals: [
      { imported: true, type: ValueType.I64, mutable: true, slot: 0 },
      { imported: false, type: ValueType.V128, mutable: false, slot: 16 },
    ],
    dataSegments: [{ bytes: Uint8Array.of(7, 8, 9), slot: 8 }],
    contextBytes: 32,
    initialize: (a) => {
      a.context(MOV64.regRm, RAX, 0);
      a.load(RCX, RAX);
      a.context(MOV64.rmReg, RCX, 16);
      a.context(MOV64.regRm, RCX, 8);
      a.store(RAX, 0, RCX);
      a.rip(MOV32.regRm, RDX, Relocation.DataSegment, 0, 0);
      a.context(MOV64.rmReg, RDX, 24);
    },
  });
  const bits = 0xfedc_ba98_7654_3210n;
  const session = await start(t, {
    instances: [{ module, imports: [{ kind: "global", index: 0 }] }],
    globals: [{ type: ValueType.I64, mutable: true, bits }],
  });
  assert.equal((await session.readGlobal(0, 0)).bits, bits);
  await session.initialize(0);
  assert.equal((await session.readGlobal(0, 0)).bits, 3n, "the length of the data segment");
  assert.equal((await session.readGlobal(0, 1)).bits, (0x0009_0807n << 64n) | bits);
});

test("the routines copy and fill whatever they are asked to", async (t) => {
  const type: FunctionType = {
    parameters: [ValueType.I32, ValueType.I32, ValueType.I32],
    results: [],
  };
  const module = compiledModule({
    memory: MEMORY,
    functions: [
      {
        type,
        emit: (a) => {
          a.move(RDI, RAX);
          a.move(RSI, RDX);
          a.move(RDX, RCX);
          a.add(RDI, RBX);
          a.add(RSI, RBX);
          a.callRoutine(Routine.Copy);
        },
      },
    ],
  });
  const session = await start(t, alone(module));
  const expected = Uint8Array.from({ length: 4096 }, (_, index) => index * 7 + (index >> 8));
  await session.writeMemory(0, 0, expected);
  for (const [target, source, length] of [
    [100, 90, 300],
    [90, 100, 3000],
    [2000, 0, 7],
    [1, 0, 2],
  ] as const) {
    await session.call(0, 0, [i32(target), i32(source), i32(length)]);
    expected.copyWithin(target, source, source + length);
    assert.deepEqual(await session.readMemory(0, 0, 4096), Buffer.from(expected));
  }
});
