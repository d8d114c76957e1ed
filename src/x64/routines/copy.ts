/**
 * Copies bytes between ranges that may overlap (`Routine.Copy`; memory.copy, memory.init and table.copy).
 *
 * Up to 128 bytes everything is loaded before anything is stored, so that overlaps need no thought: from both ends,
 * overlapping in the middle. Beyond, a loop of aligned stores goes upwards, or downwards if the target starts inside
 * the source; and the first and last bytes, which the loop leaves out, were loaded before it and are stored after.
 * Copies upwards that no cache of one processor holds are its own `rep movsq`: as fast as `rep movsb` on AMD EPYC, and eight
 * bytes a step under emulation, which goes element by element. Below, the loop is twice as fast on Intel's, and leaves
 * what it wrote in the cache, where who reads it next will look (measured on both).
 */
import type { Assembler } from "../assembler.ts";
import { ABSENT } from "../encoder.ts";
import { Condition, R8, RAX, RCX, RDI, RDX, RSI } from "../register.ts";
import {
  ADD64,
  AND32,
  CMP32,
  CMP64,
  LEA32,
  LEA64,
  MOV32,
  MOV64,
  MOV8,
  MOVAPS,
  MOVUPS,
  MOVZX8TO32,
  NEG32,
  NEG64,
  REP_MOVSQ,
  RET,
  SHR32,
  SHR64,
  SUB64,
  TEST32,
} from "../tables/index.ts";
import type { Encoding } from "../encoding.ts";

const REPEAT_FROM_BYTES = 128 * 1024;
/**
 * `rep` is several times slower where it takes its loads for dependent on its stores: if the source is less than
 * this above the target, or the target less than this above the source in the low twelve bits of their addresses.
 */
const REPEAT_DISTANCE_BYTES = 64;
const PAGE_MASK = 0xfff;
const BLOCK_BYTES = 64;

interface Moves {
  readonly regRm: Encoding;
  readonly rmReg: Encoding;
}

export function emitCopy(assembler: Assembler): void {
  const [below16, above32, above64, above128] = [
    assembler.label(),
    assembler.label(),
    assembler.label(),
    assembler.label(),
  ];
  assembler.ri(CMP64.rmImm8, RDX, 16);
  assembler.branch(Condition.Below, below16);
  assembler.ri(CMP64.rmImm8, RDX, 32);
  assembler.branch(Condition.Above, above32);
  ends(assembler, MOVUPS, [0, 1], 16);

  assembler.bind(above32);
  assembler.ri(CMP64.rmImm8, RDX, 64);
  assembler.branch(Condition.Above, above64);
  ends(assembler, MOVUPS, [0, 1, 2, 3], 16);

  assembler.bind(above64);
  assembler.ri(CMP64.rmImm32, RDX, 128);
  assembler.branch(Condition.Above, above128);
  ends(assembler, MOVUPS, [0, 1, 2, 3, 4, 5, 6, 7], 16);

  assembler.bind(below16);
  emitBelow16(assembler);
  assembler.bind(above128);
  emitAbove128(assembler);
}

/** Half of the registers copy from the start upwards, half up to the end. */
function ends(assembler: Assembler, moves: Moves, registers: readonly number[], sizeBytes: number): void {
  const half = registers.length / 2;
  const each = (row: Encoding, base: number) =>
    registers.forEach((register, index) => {
      if (index < half) assembler.rm(row, register, base, ABSENT, 1, index * sizeBytes);
      else assembler.rm(row, register, base, RDX, 1, (index - registers.length) * sizeBytes);
    });
  each(moves.regRm, RSI);
  each(moves.rmReg, RDI);
  assembler.none(RET);
}

function emitBelow16(assembler: Assembler): void {
  const [below8, below4, done] = [assembler.label(), assembler.label(), assembler.label()];
  assembler.ri(CMP32.rmImm8, RDX, 8);
  assembler.branch(Condition.Below, below8);
  ends(assembler, MOV64, [RAX, RCX], 8);

  assembler.bind(below8);
  assembler.ri(CMP32.rmImm8, RDX, 4);
  assembler.branch(Condition.Below, below4);
  ends(assembler, MOV32, [RAX, RCX], 4);

  // One to three bytes: the first, the middle one and the last, which may be the same.
  assembler.bind(below4);
  assembler.rr(TEST32.rmReg, RDX, RDX);
  assembler.branch(Condition.Equal, done);
  assembler.rr(MOV32.regRm, R8, RDX);
  assembler.r(SHR32.one, R8);
  assembler.rm(MOVZX8TO32, RAX, RSI, ABSENT, 1, 0);
  assembler.rm(MOVZX8TO32, RCX, RSI, RDX, 1, -1);
  assembler.rm(MOVZX8TO32, RSI, RSI, R8, 1, 0);
  assembler.rm(MOV8.rmReg, RAX, RDI, ABSENT, 1, 0);
  assembler.rm(MOV8.rmReg, RSI, RDI, R8, 1, 0);
  assembler.rm(MOV8.rmReg, RCX, RDI, RDX, 1, -1);
  assembler.bind(done);
  assembler.none(RET);
}

function emitAbove128(assembler: Assembler): void {
  const [backward, loop] = [assembler.label(), assembler.label()];
  // Without sign, target - source < bytes says that the target starts inside the source.
  assembler.rr(MOV64.regRm, RAX, RDI);
  assembler.rr(SUB64.regRm, RAX, RSI);
  assembler.rr(CMP64.regRm, RAX, RDX);
  assembler.branch(Condition.Below, backward);
  assembler.ri(CMP64.rmImm32, RDX, REPEAT_FROM_BYTES);
  assembler.branch(Condition.Below, loop);
  assembler.ri(CMP64.rmImm8, RAX, -REPEAT_DISTANCE_BYTES);
  assembler.branch(Condition.AboveOrEqual, loop);
  assembler.rm(LEA32, RCX, RAX, ABSENT, 1, -1); // equal addresses in the page are fast
  assembler.ri(AND32.rmImm32, RCX, PAGE_MASK);
  assembler.ri(CMP32.rmImm8, RCX, REPEAT_DISTANCE_BYTES - 1);
  assembler.branch(Condition.Below, loop);
  emitRepeat(assembler);
  assembler.bind(loop);
  emitForward(assembler);
  assembler.bind(backward);
  emitBackward(assembler);
}

function emitRepeat(assembler: Assembler): void {
  assembler.rm(MOVUPS.regRm, 0, RSI, ABSENT, 1, 0);
  assembler.rm(MOVUPS.regRm, 1, RSI, RDX, 1, -16);
  assembler.rr(MOV64.regRm, R8, RDI);
  emitToAligned(assembler);
  assembler.rr(ADD64.regRm, RSI, RCX);
  assembler.rr(ADD64.regRm, RDI, RCX);
  assembler.rr(MOV64.regRm, RAX, RDX);
  assembler.rr(SUB64.regRm, RAX, RCX);
  assembler.rr(MOV64.regRm, RCX, RAX);
  assembler.ri(SHR64.imm8, RCX, 3);
  assembler.none(REP_MOVSQ);
  assembler.rm(MOVUPS.rmReg, 0, R8, ABSENT, 1, 0);
  assembler.rm(MOVUPS.rmReg, 1, R8, RDX, 1, -16);
  assembler.none(RET);
}

/** rcx = bytes from rdi up to a multiple of 16: 0 to 15. */
export function emitToAligned(assembler: Assembler): void {
  assembler.rr(MOV32.regRm, RCX, RDI);
  assembler.r(NEG32, RCX);
  assembler.ri(AND32.rmImm8, RCX, 15);
}

/** Between `base` + rcx and four registers. */
function block(assembler: Assembler, row: Encoding, register: number, base: number, index: number): void {
  for (let part = 0; part < 4; part++) assembler.rm(row, register + part, base, index, 1, part * 16);
}

/** rcx counts up; the first 16 bytes wait in rax and r8, the last 64 in xmm4 to xmm7. */
function emitForward(assembler: Assembler): void {
  assembler.rm(MOV64.regRm, RAX, RSI, ABSENT, 1, 0);
  assembler.rm(MOV64.regRm, R8, RSI, ABSENT, 1, 8);
  assembler.ri(SUB64.rmImm8, RDX, BLOCK_BYTES);
  block(assembler, MOVUPS.regRm, 4, RSI, RDX);
  emitToAligned(assembler);
  const again = assembler.label();
  assembler.align(16);
  assembler.bind(again);
  block(assembler, MOVUPS.regRm, 0, RSI, RCX);
  block(assembler, MOVAPS.rmReg, 0, RDI, RCX);
  assembler.ri(ADD64.rmImm8, RCX, BLOCK_BYTES);
  assembler.rr(CMP64.regRm, RCX, RDX);
  assembler.branch(Condition.Below, again);
  block(assembler, MOVUPS.rmReg, 4, RDI, RDX);
  assembler.rm(MOV64.rmReg, RAX, RDI, ABSENT, 1, 0);
  assembler.rm(MOV64.rmReg, R8, RDI, ABSENT, 1, 8);
  assembler.none(RET);
}

/** rcx counts down; the last 16 bytes wait in rax and r8, the first 64 in xmm4 to xmm7. */
function emitBackward(assembler: Assembler): void {
  assembler.rm(MOV64.regRm, RAX, RSI, RDX, 1, -16);
  assembler.rm(MOV64.regRm, R8, RSI, RDX, 1, -8);
  block(assembler, MOVUPS.regRm, 4, RSI, ABSENT);
  // rcx = the largest count at which the target's end is a multiple of 16.
  assembler.rm(LEA64, RCX, RDI, RDX, 1, 0);
  assembler.ri(AND32.rmImm8, RCX, 15);
  assembler.r(NEG64, RCX);
  assembler.rr(ADD64.regRm, RCX, RDX);
  const again = assembler.label();
  assembler.align(16);
  assembler.bind(again);
  assembler.ri(SUB64.rmImm8, RCX, BLOCK_BYTES);
  block(assembler, MOVUPS.regRm, 0, RSI, RCX);
  block(assembler, MOVAPS.rmReg, 0, RDI, RCX);
  assembler.ri(CMP64.rmImm8, RCX, BLOCK_BYTES);
  assembler.branch(Condition.Above, again);
  block(assembler, MOVUPS.rmReg, 4, RDI, ABSENT);
  assembler.rm(MOV64.rmReg, RAX, RDI, RDX, 1, -16);
  assembler.rm(MOV64.rmReg, R8, RDI, RDX, 1, -8);
  assembler.none(RET);
}
