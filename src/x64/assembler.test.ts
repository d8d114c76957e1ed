import test from "node:test";
import assert from "node:assert/strict";
import { Decoder, DecoderOptions, Mnemonic } from "iced-x86";
import { Relocation, Routine } from "../abi/object.ts";
import { TrapKind } from "../abi/trap.ts";
import { seededRandom } from "../link/random.ts";
import { Assembler, Padding } from "./assembler.ts";
import { Condition, R8, R12, RAX, RBX, RCX } from "./register.ts";
import { CMP32, JMP, LEA64, MOV32, MOV64, MOVSD, MOVSX32TO64, PINSRB, RET, UD2 } from "./tables/index.ts";

const hex = (code: Uint8Array): string => Buffer.from(code).toString("hex");

interface Decoded {
  readonly offset: number;
  readonly mnemonic: string;
  /** Of a near jump or call. */
  readonly target: number;
}

function decodeAll(code: Uint8Array): Decoded[] {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const result: Decoded[] = [];
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    result.push({
      offset: Number(instruction.ip),
      mnemonic: Mnemonic[instruction.mnemonic]!.toLowerCase(),
      target: Number(instruction.nearBranchTarget),
    });
    instruction.free();
  }
  decoder.free();
  return result;
}

test("a jump over 127 bytes is short, over 128 long", () => {
  for (const [bytes, expected] of [
    [127, "eb7f"],
    [128, "e980000000"],
  ] as const) {
    const assembler = new Assembler();
    const end = assembler.label();
    assembler.jump(end);
    assembler.raw(new Uint8Array(bytes));
    assembler.bind(end);
    assert.equal(hex(assembler.finish().code).slice(0, expected.length), expected);
  }
});

test("a branch back over 126 bytes is short, over 127 long", () => {
  for (const [bytes, expected] of [
    [126, "7480"],
    [127, "0f847bffffff"],
  ] as const) {
    const assembler = new Assembler();
    const start = assembler.label();
    assembler.bind(start);
    assembler.raw(new Uint8Array(bytes));
    assembler.branch(Condition.Equal, start);
    assert.equal(hex(assembler.finish().code).slice(bytes * 2), expected);
  }
});

test("a jump that grows makes another one grow", () => {
  const assembler = new Assembler();
  const [first, second] = [assembler.label(), assembler.label()];
  assembler.jump(first);
  assembler.jump(second);
  assembler.raw(new Uint8Array(125));
  assembler.bind(first); // 127 bytes away while the second jump is short
  assembler.raw(new Uint8Array(10));
  assembler.bind(second);
  const { code, labels } = assembler.finish();
  assert.equal(code.length, 5 + 5 + 135);
  assert.deepEqual([...labels], [135, 145]);
});

/** One random program: what it says must be what the decoder finds, in order. */
function randomProgram(random: () => number): void {
  const assembler = new Assembler();
  const labels = Array.from({ length: 30 }, () => assembler.label());
  const expected: { mnemonic: string; label: number }[] = [];
  const traps: number[] = [];
  const unbound = [...labels];
  const pick = (limit: number) => Math.floor(random() * limit);
  while (unbound.length > 0) {
    const what = pick(6);
    if (what === 0) assembler.bind(unbound.splice(pick(unbound.length), 1)[0]!);
    if (what === 1) {
      const label = labels[pick(labels.length)]!;
      assembler.branch(Condition.Below, label);
      expected.push({ mnemonic: "jb", label });
    }
    if (what === 2) {
      const label = labels[pick(labels.length)]!;
      if (random() < 0.2) assembler.call(label);
      else assembler.jump(label);
      expected.push({ mnemonic: "jmp|call", label });
    }
    if (what === 3) for (let count = pick(12); count > 0; count--) assembler.rr(MOV64.regRm, RAX, RCX);
    if (what === 4 && random() < 0.3)
      assembler.align(2 << pick(4), pick(2) === 0 ? Padding.Nops : Padding.Trap);
    if (what === 5) {
      assembler.trapSite(TrapKind.DivideByZero, traps.length);
      assembler.none(RET);
      traps.push(traps.length);
    }
  }
  const result = assembler.finish();
  const decoded = decodeAll(result.code);
  const jumps = decoded.filter(({ mnemonic }) => /^j|call/.test(mnemonic));
  assert.equal(jumps.length, expected.length);
  jumps.forEach((jump, index) => {
    assert.match(jump.mnemonic, new RegExp(expected[index]!.mnemonic));
    assert.equal(jump.target, result.labels[expected[index]!.label]);
  });
  const returns = decoded.filter(({ mnemonic }) => mnemonic === "ret").map(({ offset }) => offset);
  assert.deepEqual(
    returns.flatMap((offset, index) => [offset, TrapKind.DivideByZero, index]),
    [...result.traps],
  );
}

test("random programs keep their jumps, alignments and trap sites", () => {
  const random = seededRandom(0xa55e);
  for (let round = 0; round < 200; round++) randomProgram(random);
});

test("alignment holds after jumps have grown, in nops or whole ud2", () => {
  for (const padding of [Padding.Nops, Padding.Trap]) {
    for (let before = 0; before < 32; before++) {
      const assembler = new Assembler();
      const aligned = assembler.label();
      const end = assembler.label();
      assembler.jump(end);
      for (let count = 0; count < before; count++) assembler.none(RET);
      assembler.align(16, padding);
      assembler.bind(aligned);
      for (let count = 0; count < 200; count++) assembler.none(RET);
      assembler.bind(end);
      const { code, labels } = assembler.finish();
      const start = labels[aligned]!;
      assert.equal(start % 16, 0);
      const filling = decodeAll(code).filter(({ offset }) => offset >= 5 + before && offset < start);
      const mnemonic = padding === Padding.Nops ? "nop" : "ud2";
      assert.ok(filling.every((instruction) => instruction.mnemonic === mnemonic));
    }
  }
});

test("relocations name their field, with the bytes from there to the instruction's end", () => {
  const assembler = new Assembler();
  const end = assembler.label();
  assembler.jump(end);
  assembler.rip(MOVSD.load, 9, Relocation.Constant, 24, 0); // f2 44 0f 10 0d: field at 5
  assembler.rip(CMP32.rmImm8, 0, Relocation.DataSegment, 3, 8, 1); // 83 3d: field at 11, one byte after it
  assembler.rip(PINSRB, 1, Relocation.Constant, 0, 0, 15);
  assembler.raw(new Uint8Array(200));
  assembler.bind(end);
  assembler.callRelocated(Relocation.Function, 7);
  assembler.callRoutine(Routine.Copy);
  const { code, relocations } = assembler.finish();
  assert.equal(hex(code.subarray(5, 14)), "f2440f100d00000000");
  const calls = code.length - 10;
  assert.deepEqual(
    [...relocations],
    [
      ...[Relocation.Constant, 10, 24, -4],
      ...[Relocation.DataSegment, 16, 3, 8 - 5],
      ...[Relocation.Constant, 26, 0, -5],
      ...[Relocation.Function, calls + 1, 7, -4],
      ...[Relocation.Routine, calls + 6, Routine.Copy, -4],
    ],
  );
});

test("context accesses and relocated immediates are absolute fields", () => {
  const assembler = new Assembler();
  assembler.context(MOV64.regRm, R8, 40);
  assembler.context(MOV32.rmImm32, 0, 8, -1);
  assembler.mi(CMP32.rmImm32, R12, RCX, 8, 16, 0);
  assembler.relocateImmediate(Relocation.Signature, 5);
  assembler.ri64(MOV64.regImm64, RAX, 0, 0);
  assembler.relocateImmediate(Relocation.FunctionReference, 6);
  const { code, relocations } = assembler.finish();
  assert.equal(
    hex(code),
    "4c8b8300000000" + "c78300000000ffffffff" + "41817ccc1000000000" + "48b80000000000000000",
  );
  assert.deepEqual(
    [...relocations],
    [
      ...[Relocation.Context, 3, 40, 0],
      ...[Relocation.Context, 9, 8, 0],
      ...[Relocation.Signature, 22, 5, 0],
      ...[Relocation.FunctionReference, 28, 6, 0],
    ],
  );
});

test("constants are stored once, aligned to their size; jump tables name their entries", () => {
  const assembler = new Assembler();
  const { constants } = assembler;
  assert.equal(constants.bits32(1), 0);
  assert.equal(constants.bits64(1, 2), 8);
  assert.equal(constants.bits128(1, 2, 3, 4), 16);
  assert.equal(constants.bits64(1, 2), 8);
  assert.equal(constants.bits32(-1), constants.bits32(0xffff_ffff));
  const [first, second] = [assembler.label(), assembler.label()];
  const table = assembler.jumpTable([second, first, second]);
  assert.equal(table, 36);
  assembler.rip(LEA64, RCX, Relocation.Constant, table, 0);
  assembler.rm(MOVSX32TO64, RAX, RCX, RAX, 4, 0);
  assembler.r(JMP, RAX);
  assembler.bind(first);
  assembler.none(RET);
  assembler.bind(second);
  assembler.none(UD2);
  const result = assembler.finish();
  const offset = result.labels[first]!;
  assert.deepEqual([...result.jumps], [36, 36, offset + 1, 40, 36, offset, 44, 36, offset + 1]);
  assert.equal(result.constants.length, 48);
  const words = new Uint32Array(result.constants.buffer, result.constants.byteOffset, 9);
  assert.deepEqual([...words], [1, 0, 1, 2, 1, 2, 3, 4, 0xffff_ffff]);
});

test("places: the last one at an offset counts, and none is said twice", () => {
  const assembler = new Assembler();
  assembler.place(10, 0);
  assembler.place(11, 0);
  assembler.none(RET);
  assembler.place(11, 0);
  assembler.none(RET);
  assembler.place(12, 1);
  assembler.none(RET);
  assert.deepEqual([...assembler.finish().places], [0, 11, 0, 2, 12, 1]);
});

test("labels in code are reached by rip", () => {
  const assembler = new Assembler();
  const data = assembler.label();
  assembler.ripLabel(LEA64, RBX, data);
  assembler.ripLabel(CMP32.rmImm32, 0, data, 1);
  assembler.bind(data);
  assert.equal(hex(assembler.finish().code), "488d1d0a000000" + "813d0000000001000000");
});

test("a cleared assembler starts anew", () => {
  const assembler = new Assembler();
  assembler.jumpTable([assembler.label()]);
  assembler.constants.bits32(5);
  assert.throws(() => assembler.finish(), /label 0 is used and never bound/);
  assembler.clear();
  const label = assembler.label();
  assembler.bind(label);
  assert.throws(() => assembler.bind(label), /bound twice/);
  assembler.none(RET);
  const { code, constants, jumps, relocations } = assembler.finish();
  assert.deepEqual([hex(code), constants.length, jumps.length, relocations.length], ["c3", 0, 0, 0]);
});
