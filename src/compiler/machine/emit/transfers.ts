/**
 * Writes single moves between registers, slots and constants.
 *
 * None of them changes flags: moves stand between comparisons and the branches on them. A value of 4 bytes is
 * reloaded by a 32-bit move, which clears the rest of the register: the code contract relies on it.
 */
import { ValueType } from "../../../abi/wasm.ts";
import { Relocation } from "../../../abi/object.ts";
import { ABSENT } from "../../../x64/encoder.ts";
import type { Assembler } from "../../../x64/assembler.ts";
import { RSP, VECTOR_SCRATCH } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { FIRST_VECTOR } from "../instruction.ts";
import { moveEncodingsOf } from "../moves.ts";
import type { MoveWriter } from "./parallel.ts";
import { FIRST_SLOT, isSlot, SAVED, type Transfer } from "./place.ts";

const WORD = 8;
const VECTOR_WORD = 16;

export class Transfers implements MoveWriter {
  private readonly assembler: Assembler;
  private readonly slotsOffset: number;
  /** What `save` has pushed and not yet popped. */
  private pushedBytes = 0;

  constructor(assembler: Assembler, slotsOffset: number) {
    this.assembler = assembler;
    this.slotsOffset = slotsOffset;
  }

  transfer(move: Transfer): void {
    if (move.constant !== undefined) this.constant(move.constant, move);
    else if (move.from === SAVED) this.restore(move);
    else if (isSlot(move.from) && isSlot(move.to)) this.betweenSlots(move);
    else if (isSlot(move.from)) this.load(move, move.to);
    else if (isSlot(move.to)) this.store(move, move.from);
    else this.copy(move);
  }

  exchange(a: number, b: number): void {
    this.assembler.rr(x64.XCHG64, a, b);
  }

  save(place: number, { isVector }: Transfer): void {
    const { assembler } = this;
    if (isVector) {
      const source = isSlot(place) ? VECTOR_SCRATCH : place - FIRST_VECTOR;
      if (isSlot(place)) assembler.rm(x64.MOVUPS.regRm, source, RSP, ABSENT, 1, this.displacement(place));
      assembler.rm(x64.LEA64, RSP, RSP, ABSENT, 1, -VECTOR_WORD);
      assembler.rm(x64.MOVUPS.rmReg, source, RSP, ABSENT, 1, 0);
      this.pushedBytes += VECTOR_WORD;
    } else {
      if (isSlot(place)) assembler.m(x64.PUSH.rm, RSP, ABSENT, 1, this.displacement(place));
      else assembler.r(x64.PUSH.reg, place);
      this.pushedBytes += WORD;
    }
  }

  private restore(move: Transfer): void {
    const { assembler } = this;
    if (move.isVector) {
      const target = isSlot(move.to) ? VECTOR_SCRATCH : move.to - FIRST_VECTOR;
      assembler.rm(x64.MOVUPS.regRm, target, RSP, ABSENT, 1, 0);
      assembler.rm(x64.LEA64, RSP, RSP, ABSENT, 1, VECTOR_WORD);
      this.pushedBytes -= VECTOR_WORD;
      if (isSlot(move.to)) this.store(move, FIRST_VECTOR + VECTOR_SCRATCH);
      return;
    }
    this.pushedBytes -= WORD;
    // `pop` counts rsp after it has moved.
    if (isSlot(move.to)) {
      assembler.m(x64.POP.rm, RSP, ABSENT, 1, this.displacement(move.to));
      return;
    }
    assembler.r(x64.POP.reg, move.to);
    if (move.fromBytes === 4) assembler.rr(x64.MOV32.regRm, move.to, move.to);
  }

  private displacement(slot: number): number {
    return slot - FIRST_SLOT + this.slotsOffset + this.pushedBytes;
  }

  private load(move: Transfer, target: number): void {
    const { load } = moveEncodingsOf(move.isVector, move.fromBytes);
    this.assembler.rm(load, target & 15, RSP, ABSENT, 1, this.displacement(move.from));
  }

  private store(move: Transfer, source: number): void {
    const { store } = moveEncodingsOf(move.isVector, move.toBytes);
    this.assembler.rm(store, source & 15, RSP, ABSENT, 1, this.displacement(move.to));
  }

  private copy(move: Transfer): void {
    const { copy } = moveEncodingsOf(move.isVector, move.fromBytes);
    this.assembler.rr(copy, move.to & 15, move.from & 15);
  }

  private betweenSlots(move: Transfer): void {
    const { assembler } = this;
    if (move.isVector) {
      this.load(move, FIRST_VECTOR + VECTOR_SCRATCH);
      this.store(move, FIRST_VECTOR + VECTOR_SCRATCH);
      return;
    }
    const isNarrow = move.fromBytes === 4;
    const load = isNarrow ? x64.MOVD.regRm : x64.MOVQ.vectorRegRm;
    const store = move.toBytes === 4 ? x64.MOVD.rmReg : x64.MOVQ.vectorRmReg;
    assembler.rm(load, VECTOR_SCRATCH, RSP, ABSENT, 1, this.displacement(move.from));
    assembler.rm(store, VECTOR_SCRATCH, RSP, ABSENT, 1, this.displacement(move.to));
  }

  private constant(value: Value, move: Transfer): void {
    if (!isSlot(move.to)) {
      writeConstant(this.assembler, value, move.to);
      return;
    }
    const bits = value.type === ValueType.I32 ? BigInt(value.immediate) : value.big;
    const isImmediate = !move.isVector && bits >= -0x8000_0000n && bits <= 0x7fff_ffffn;
    if (isImmediate) {
      const row = move.toBytes === 4 ? x64.MOV32.rmImm32 : x64.MOV64.rmImm32;
      this.assembler.mi(row, RSP, ABSENT, 1, this.displacement(move.to), Number(bits));
      return;
    }
    const { load } = moveEncodingsOf(true, move.toBytes);
    this.assembler.rip(load, VECTOR_SCRATCH, Relocation.Constant, constantOffset(this.assembler, value), 0);
    const { store } = moveEncodingsOf(true, move.toBytes);
    this.assembler.rm(store, VECTOR_SCRATCH, RSP, ABSENT, 1, this.displacement(move.to));
  }
}

/** Puts a constant into a physical register without changing flags. */
export function writeConstant(assembler: Assembler, value: Value, physical: number): void {
  if (physical >= FIRST_VECTOR) {
    writeVectorConstant(assembler, value, physical - FIRST_VECTOR);
  } else if (value.type === ValueType.I32) {
    assembler.ri(x64.MOV32.regImm32, physical, value.immediate);
  } else if (value.big >= 0n && value.big <= 0xffff_ffffn) {
    assembler.ri(x64.MOV32.regImm32, physical, Number(BigInt.asIntN(32, value.big)));
  } else if (value.big >= -0x8000_0000n && value.big < 0n) {
    assembler.ri(x64.MOV64.rmImm32, physical, Number(value.big));
  } else {
    const low = Number(BigInt.asIntN(32, value.big));
    assembler.ri64(x64.MOV64.regImm64, physical, low, Number(BigInt.asIntN(32, value.big >> 32n)));
  }
}

function writeVectorConstant(assembler: Assembler, value: Value, register: number): void {
  const isZero = value.type === ValueType.F32 ? value.immediate === 0 : value.big === 0n;
  if (isZero) {
    assembler.rr(x64.XORPS, register, register);
    return;
  }
  const { load } = moveEncodingsOf(true, bytesOf(value));
  assembler.rip(load, register, Relocation.Constant, constantOffset(assembler, value), 0);
}

function bytesOf(value: Value): number {
  if (value.type === ValueType.V128) return 16;
  return value.type === ValueType.F32 || value.type === ValueType.I32 ? 4 : 8;
}

/** Where the constant lies in read-only data. */
export function constantOffset(assembler: Assembler, value: Value): number {
  const sizeBytes = bytesOf(value);
  return numberOffset(assembler, sizeBytes, sizeBytes === 4 ? BigInt(value.immediate) : value.big);
}

/** The same of a number that is no value: its low 4, 8 or 16 bytes. */
export function numberOffset({ constants }: Assembler, sizeBytes: number, bits: bigint): number {
  const word = (index: bigint) => Number(BigInt.asIntN(32, bits >> (32n * index)));
  switch (sizeBytes) {
    case 4:
      return constants.bits32(word(0n));
    case 8:
      return constants.bits64(word(0n), word(1n));
    default:
      return constants.bits128(word(0n), word(1n), word(2n), word(3n));
  }
}
