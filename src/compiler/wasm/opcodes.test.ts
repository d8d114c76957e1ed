import test from "node:test";
import assert from "node:assert/strict";
import { ValueType, valueTypeName } from "../../abi/wasm.ts";
import { decodeModule } from "./decode.ts";
import { InstructionReader } from "./instruction.ts";
import {
  acceptedByV8,
  assertAccepted,
  check,
  leb,
  moduleOf,
  section,
  vector,
  wat,
} from "./module.harness.ts";
import { INSTRUCTIONS, rowNamed, rowOf, type Instruction } from "./tables/opcodes.ts";

const ordinary = INSTRUCTIONS.filter((row) => !row.special);

function encode({ opcode, immediate, alignment }: Instruction): number[] {
  const code = opcode < 0x100 ? [opcode] : [opcode >> 16, ...leb(opcode & 0xffff)];
  switch (immediate) {
    case "memory":
      return [...code, alignment, 0];
    case "memoryLane":
      return [...code, alignment, 0, 0];
    case "f32":
      return [...code, 0, 0, 0, 0];
    case "f64":
      return [...code, 0, 0, 0, 0, 0, 0, 0, 0];
    case "v128":
    case "lanes":
      return [...code, ...new Array<number>(16).fill(0)];
    case "dataMemory":
    case "memoryMemory":
    case "elementTable":
    case "tableTable":
      return [...code, 0, 0];
    case "none":
      return code;
    default:
      return [...code, 0];
  }
}

/** A function with these parameters and results, which only does one instruction, in a module that has all. */
function moduleWith(
  row: Instruction,
  parameters: readonly ValueType[],
  results: readonly ValueType[],
): Uint8Array {
  const operands = parameters.flatMap((_, index) => [0x20, index]);
  const body = [0, ...operands, ...encode(row), 0x0b];
  return moduleOf(
    section(1, [1, 0x60, parameters.length, ...parameters, results.length, ...results]),
    section(3, [1, 0]),
    section(4, [1, 0x70, 0, 0]),
    section(5, [1, 0, 0]),
    section(9, vector([[0x01, 0x00, 0x01, 0x00]])),
    section(12, [1]),
    section(10, vector([[...leb(body.length), ...body]])),
    section(11, vector([[0x01, 0x00]])),
  );
}

test("the tables hold each instruction once", () => {
  assert.equal(INSTRUCTIONS.length, 506);
  assert.equal(INSTRUCTIONS.filter((row) => row.proposal === "simd").length, 236);
  assert.equal(INSTRUCTIONS.filter((row) => row.proposal === "threads").length, 67);
  assert.equal(new Set(INSTRUCTIONS.map((row) => row.name)).size, 505); // two selects
  for (const row of INSTRUCTIONS) assert.equal(rowOf(row.opcode), row);
  assert.equal(rowNamed("memory.copy")?.opcode, 0xfc000a);
  assert.equal(rowNamed("select")?.opcode, 0x1b);
  assert.equal(rowNamed("i32.teleport"), undefined);
});

test("V8 and we accept each ordinary instruction with the types of its row", () => {
  for (const row of ordinary) {
    const bytes = moduleWith(row, row.pop, row.push);
    assert.ok(acceptedByV8(bytes), row.name);
    if (row.name.startsWith("memory.atomic.")) {
      const result = check(bytes);
      assert.ok("error" in result && result.error.proposal === "wait/notify of threads", row.name);
    } else {
      assertAccepted(bytes);
    }
  }
});

test("V8 and we refuse each ordinary instruction with an operand or a result of another type", () => {
  const other = (type: ValueType): ValueType => (type === ValueType.F32 ? ValueType.I64 : ValueType.F32);
  for (const row of ordinary) {
    const wrong: Uint8Array[] = [];
    for (const [index, type] of row.pop.entries())
      wrong.push(moduleWith(row, row.pop.with(index, other(type)), row.push));
    for (const type of row.push) wrong.push(moduleWith(row, row.pop, [other(type)]));
    if (row.pop.length > 0) wrong.push(moduleWith(row, row.pop.slice(1), row.push));
    wrong.push(moduleWith(row, row.pop, [...row.push, ValueType.I32]));
    for (const bytes of wrong) {
      assert.ok(!acceptedByV8(bytes), row.name);
      const result = check(bytes);
      assert.ok("error" in result, row.name);
      if (result.error.kind === "invalid") assert.match(result.error.message, /type mismatch/);
    }
  }
});

test("wabt writes the opcode of each ordinary instruction for its name", () => {
  const operand: Partial<Record<Instruction["immediate"], string>> = {
    i32: "0",
    i64: "0",
    f32: "0",
    f64: "0",
    v128: "i32x4 0 0 0 0",
    lane: "0",
    memoryLane: "0",
    lanes: new Array<number>(16).fill(0).join(" "),
    function: "0",
    data: "0",
    element: "0",
    dataMemory: "0",
    elementTable: "0",
  };
  for (const row of ordinary) {
    const parameters = row.pop.map((type) => `(param ${valueTypeName(type)})`).join("");
    const operands = row.pop.map((_, index) => `local.get ${index}`).join(" ");
    const bytes = wat(`(module (memory 1) (table 1 funcref) (data "") (elem func)
      (func ${parameters} ${operands} ${row.name} ${operand[row.immediate] ?? ""} unreachable))`);
    const module = decodeModule(bytes);
    const reader = new InstructionReader(module, module.bodies[0]!);
    for (let index = 0; index < row.pop.length; index++) reader.next();
    assert.ok(reader.next());
    assert.equal(rowOf(reader.opcode).name, row.name);
    assert.ok(reader.next());
    assert.equal(reader.opcode, 0x00, row.name);
    if (row.alignment >= 0) assert.equal(reader.alignment, row.alignment, row.name);
  }
});
