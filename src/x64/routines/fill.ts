/** Fills memory with a byte (`Routine.Fill`, memory.fill) or a table with a reference (`Routine.FillReferences`). */
import type { Assembler } from "../assembler.ts";
import { ABSENT } from "../encoder.ts";
import { Condition, RAX, RCX, RDI, RDX } from "../register.ts";
import {
  ADD64,
  CMP32,
  CMP64,
  IMUL64,
  MOV32,
  MOV64,
  MOV8,
  MOVAPS,
  MOVQ,
  MOVUPS,
  MOVZX8TO32,
  PUNPCKLQDQ,
  REP_STOSQ,
  RET,
  SHR32,
  SHR64,
  SUB64,
  TEST32,
} from "../tables/index.ts";
import { emitToAligned } from "./copy.ts";

const ONES = 0x01010101;
/** What `rep` takes to start is made up for by about here. */
const REPEAT_FROM_BYTES = 2048;
const BLOCK_BYTES = 64;

/** From both ends, overlapping in the middle; beyond 64 bytes a loop of aligned stores between them. */
export function emitFill(assembler: Assembler): void {
  const [below16, done] = [assembler.label(), assembler.label()];
  assembler.rr(MOVZX8TO32, RAX, RAX);
  assembler.ri64(MOV64.regImm64, RCX, ONES, ONES);
  assembler.rr(IMUL64.regRm, RAX, RCX);
  assembler.ri(CMP64.rmImm8, RDX, 16);
  assembler.branch(Condition.Below, below16);
  assembler.rr(MOVQ.regRm, 0, RAX);
  assembler.rr(PUNPCKLQDQ, 0, 0);
  assembler.rm(MOVUPS.rmReg, 0, RDI, ABSENT, 1, 0);
  assembler.rm(MOVUPS.rmReg, 0, RDI, RDX, 1, -16);
  assembler.ri(CMP64.rmImm8, RDX, 32);
  assembler.branch(Condition.BelowOrEqual, done);
  assembler.rm(MOVUPS.rmReg, 0, RDI, ABSENT, 1, 16);
  assembler.rm(MOVUPS.rmReg, 0, RDI, RDX, 1, -32);
  assembler.ri(CMP64.rmImm8, RDX, 64);
  assembler.branch(Condition.BelowOrEqual, done);
  emitAbove64(assembler, done);
  assembler.bind(below16);
  emitBelow16(assembler);
  assembler.bind(done);
  assembler.none(RET);
}

/** The first and last 32 bytes are done. */
function emitAbove64(assembler: Assembler, done: number): void {
  const [loop, again] = [assembler.label(), assembler.label()];
  emitToAligned(assembler);
  assembler.ri(CMP64.rmImm32, RDX, REPEAT_FROM_BYTES);
  assembler.branch(Condition.Below, loop);
  assembler.rr(ADD64.regRm, RDI, RCX);
  assembler.rr(SUB64.regRm, RDX, RCX);
  assembler.rr(MOV64.regRm, RCX, RDX);
  assembler.ri(SHR64.imm8, RCX, 3);
  assembler.none(REP_STOSQ);
  assembler.none(RET);

  assembler.bind(loop);
  assembler.rm(MOVUPS.rmReg, 0, RDI, RDX, 1, -64);
  assembler.rm(MOVUPS.rmReg, 0, RDI, RDX, 1, -48);
  assembler.ri(SUB64.rmImm8, RDX, BLOCK_BYTES);
  assembler.ri(ADD64.rmImm8, RCX, 16);
  assembler.rr(CMP64.regRm, RCX, RDX);
  assembler.branch(Condition.AboveOrEqual, done);
  assembler.align(16);
  assembler.bind(again);
  for (let part = 0; part < BLOCK_BYTES; part += 16) assembler.rm(MOVAPS.rmReg, 0, RDI, RCX, 1, part);
  assembler.ri(ADD64.rmImm8, RCX, BLOCK_BYTES);
  assembler.rr(CMP64.regRm, RCX, RDX);
  assembler.branch(Condition.Below, again);
  assembler.none(RET);
}

function emitBelow16(assembler: Assembler): void {
  const [below8, below4, empty] = [assembler.label(), assembler.label(), assembler.label()];
  assembler.ri(CMP32.rmImm8, RDX, 8);
  assembler.branch(Condition.Below, below8);
  assembler.rm(MOV64.rmReg, RAX, RDI, ABSENT, 1, 0);
  assembler.rm(MOV64.rmReg, RAX, RDI, RDX, 1, -8);
  assembler.none(RET);

  assembler.bind(below8);
  assembler.ri(CMP32.rmImm8, RDX, 4);
  assembler.branch(Condition.Below, below4);
  assembler.rm(MOV32.rmReg, RAX, RDI, ABSENT, 1, 0);
  assembler.rm(MOV32.rmReg, RAX, RDI, RDX, 1, -4);
  assembler.none(RET);

  // One to three bytes: the first, the last and the middle one, which may be the same.
  assembler.bind(below4);
  assembler.rr(TEST32.rmReg, RDX, RDX);
  assembler.branch(Condition.Equal, empty);
  assembler.rm(MOV8.rmReg, RAX, RDI, ABSENT, 1, 0);
  assembler.rm(MOV8.rmReg, RAX, RDI, RDX, 1, -1);
  assembler.r(SHR32.one, RDX);
  assembler.rm(MOV8.rmReg, RAX, RDI, RDX, 1, 0);
  assembler.bind(empty);
}

export function emitFillReferences(assembler: Assembler): void {
  assembler.rr(MOV64.regRm, RCX, RDX);
  assembler.none(REP_STOSQ);
  assembler.none(RET);
}
