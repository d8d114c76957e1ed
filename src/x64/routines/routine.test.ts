import test from "node:test";
import assert from "node:assert/strict";
import { Decoder, DecoderOptions, InstructionInfoFactory, OpAccess, Register } from "iced-x86";
import { Routine } from "../../abi/object.ts";
import { seededRandom } from "../../link/random.ts";
import { Assembler, Padding } from "../assembler.ts";
import { Condition, R12, RAX, RDI, RDX, RSI } from "../register.ts";
import { ADD64, CMP64, MOV32, MOV64 } from "../tables/index.ts";
import { emitRoutine, type PureRoutine } from "./routine.ts";
import { DATA_ADDRESS, emitEnd, run, RUNNABLE } from "./test-program.ts";

const ARENA_BYTES = 16_384;
const MARGIN_BYTES = 128;
const CASE_BYTES = 32; // routine, target, source or value, count: 8 bytes each
const ROUTINES: readonly PureRoutine[] = [Routine.Copy, Routine.Fill, Routine.FillReferences];

interface Case {
  readonly routine: PureRoutine;
  /** Offsets in the arena of this case. */
  readonly target: number;
  readonly source: number;
  readonly value: bigint;
  readonly count: number;
}

/** A program that carries out the cases in its data, one arena each, after each other. */
function program(cases: number, dataBytes: number): Uint8Array {
  const assembler = new Assembler();
  const labels = ROUTINES.map(() => assembler.label());
  const again = assembler.label();
  assembler.ri(MOV32.regImm32, R12, DATA_ADDRESS);
  assembler.bind(again);
  const next = assembler.label();
  ROUTINES.forEach((routine, index) => {
    const skip = assembler.label();
    assembler.mi(CMP64.rmImm8, R12, -1, 1, 0, routine);
    assembler.branch(Condition.NotEqual, skip);
    assembler.rm(MOV64.regRm, RDI, R12, -1, 1, 8);
    assembler.rm(MOV64.regRm, routine === Routine.Copy ? RSI : RAX, R12, -1, 1, 16);
    assembler.rm(MOV64.regRm, RDX, R12, -1, 1, 24);
    assembler.call(labels[index]!);
    assembler.jump(next);
    assembler.bind(skip);
  });
  assembler.bind(next);
  assembler.ri(ADD64.rmImm8, R12, CASE_BYTES);
  assembler.ri(CMP64.rmImm32, R12, DATA_ADDRESS + cases * CASE_BYTES);
  assembler.branch(Condition.Below, again);
  emitEnd(assembler, dataBytes);
  ROUTINES.forEach((routine, index) => {
    assembler.align(16, Padding.Trap);
    assembler.bind(labels[index]!);
    emitRoutine(assembler, routine);
  });
  return assembler.finish().code;
}

/** What an arena must hold afterwards. */
function model(arena: Uint8Array, { routine, target, source, value, count }: Case): Uint8Array {
  const result = arena.slice();
  if (routine === Routine.Copy) result.copyWithin(target, source, source + count);
  else if (routine === Routine.Fill) result.fill(Number(value & 0xffn), target, target + count);
  else {
    const view = new DataView(result.buffer);
    for (let index = 0; index < count; index++) view.setBigUint64(target + index * 8, value, true);
  }
  return result;
}

function check(cases: readonly Case[], random: () => number, arenaBytes = ARENA_BYTES): void {
  const arenas = (cases.length * CASE_BYTES + 63) & ~63;
  const data = new Uint8Array(arenas + cases.length * arenaBytes);
  const view = new DataView(data.buffer);
  for (let at = arenas; at < data.length; at += 4) view.setUint32(at, random() * 2 ** 32, true);
  cases.forEach(({ routine, target, source, value, count }, index) => {
    const base = DATA_ADDRESS + arenas + index * arenaBytes;
    const third = routine === Routine.Copy ? BigInt(base + source) : value;
    [BigInt(routine), BigInt(base + target), third, BigInt(count)].forEach((word, field) =>
      view.setBigUint64(index * CASE_BYTES + field * 8, word, true),
    );
  });
  const after = run(program(cases.length, data.length), data);
  cases.forEach((one, index) => {
    const start = arenas + index * arenaBytes;
    const expected = model(data.slice(start, start + arenaBytes), one);
    const same = Buffer.compare(expected, after.subarray(start, start + arenaBytes)) === 0;
    assert.ok(same, JSON.stringify({ ...one, value: one.value.toString(16) }));
  });
}

const VALUE = 0xfedc_ba98_7654_3210n;
const below = (random: () => number, limit: number): number => Math.floor(random() * limit);

/** Sizes at which another path is taken, and all around them. */
function sizes(random: () => number): number {
  const edges = [0, 4, 8, 16, 32, 64, 128, 192, 2048, 4000];
  if (random() < 0.3) return below(random, 6000);
  return Math.max(0, edges[below(random, edges.length)]! + below(random, 7) - 3);
}

function randomCases(random: () => number, count: number): Case[] {
  return Array.from({ length: count }, () => {
    const routine = ROUTINES[below(random, ROUTINES.length)]!;
    const bytes = sizes(random);
    const target = MARGIN_BYTES + below(random, 4096);
    const near = random() < 0.7;
    // Overlapping by anything, in both directions, or apart.
    const shift = near ? below(random, 300) - 150 : below(random, 8000) - 4000;
    const source = Math.max(0, Math.min(ARENA_BYTES - 6100, target + shift));
    if (routine !== Routine.FillReferences) return { routine, target, source, value: VALUE, count: bytes };
    return { routine, target: target & ~7, source: 0, value: VALUE, count: bytes >> 3 };
  });
}

const onLinux = { skip: RUNNABLE ? false : "needs Linux on x86-64" };

test("copies and fills of all sizes and overlaps are as a model says", onLinux, () => {
  const random = seededRandom(0xc0_9f);
  check(randomCases(random, 3000), random);
});

test("long copies are as the model says, apart and over each other", onLinux, () => {
  const random = seededRandom(0xb16);
  const [arenaBytes, edge] = [700 * 1024, 128 * 1024];
  const cases = Array.from({ length: 32 }, (_, index): Case => {
    const count = index % 4 === 3 ? below(random, 2 * edge) : edge + below(random, 300) - 150;
    const target = MARGIN_BYTES + below(random, 4096);
    // Apart; the same place in a page, and just around it, which `rep` takes for dependent; and over each other.
    const shift = [
      below(random, 3 * edge),
      2 * edge,
      2 * edge + below(random, 200) - 100,
      below(random, 300),
    ];
    const [low, high] = [target, target + shift[(index >> 2) % shift.length]!];
    const [from, to] = random() < 0.5 ? [low, high] : [high, low];
    return { routine: Routine.Copy, target: to, source: from, value: VALUE, count };
  });
  check(cases, random, arenaBytes);
});

test("every size up to 300 is copied over itself in both directions, and filled", onLinux, () => {
  const random = seededRandom(1);
  const cases: Case[] = [];
  for (let count = 0; count <= 300; count++) {
    const rest = { value: VALUE, count };
    cases.push({ routine: Routine.Copy, target: 1001, source: 1000, ...rest });
    cases.push({ routine: Routine.Copy, target: 1000, source: 1003, ...rest });
    cases.push({ routine: Routine.Copy, target: 999, source: 2000, ...rest });
    cases.push({ routine: Routine.Fill, target: 1000 + (count & 15), source: 0, ...rest });
  }
  check(cases, random);
});

test("routines write only the registers that their contract names", () => {
  const allowed = /^(RAX|EAX|AL|RCX|ECX|CL|RDX|EDX|DL|RSI|ESI|SIL|RDI|EDI|DIL|R8D?L?|XMM[0-7]|RSP)$/;
  const info = new InstructionInfoFactory();
  for (const routine of ROUTINES) {
    const assembler = new Assembler();
    emitRoutine(assembler, routine);
    const { code, relocations } = assembler.finish();
    assert.equal(relocations.length, 0);
    assert.ok(code.length < 800, `${code.length} bytes`);
    const decoder = new Decoder(64, code, DecoderOptions.None);
    while (decoder.canDecode) {
      const instruction = decoder.decode();
      const used = info.info(instruction);
      for (const register of used.usedRegisters()) {
        const reads = register.access === OpAccess.Read || register.access === OpAccess.CondRead;
        if (!reads) assert.match(Register[register.register]!, allowed);
        register.free();
      }
      used.free();
      instruction.free();
    }
    decoder.free();
  }
});
