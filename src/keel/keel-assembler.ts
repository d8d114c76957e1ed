/**
 * The assembler as the keel uses it: names for its data, for system registers, and for the few forms that repeat.
 *
 * Keel data lies at a fixed distance from the code, before and after the switch to the upper half, and is named by rip.
 */
import { Relocation } from "../abi/object.ts";
import { Padding } from "../x64/assembler.ts";
import type { Encoding } from "../x64/encoding.ts";
import { HandAssembler } from "../x64/hand-assembler.ts";
import { Condition, RAX, RCX, RDX } from "../x64/register.ts";
import {
  ADD64,
  AND64,
  LEA64,
  MOV32,
  MOV64,
  MOV_FROM_CONTROL,
  MOV_TO_CONTROL,
  OR64,
  OUT8,
  POPFQ,
  PUSH,
  PUSHFQ,
  SHL64,
  SHR64,
} from "../x64/tables/index.ts";
import { ABSENT } from "../x64/encoder.ts";
import { RSP } from "../x64/register.ts";

/** Lets ring 0 touch ring 3's pages where SMAP forbids it (SDM 3, 4.6.1). */
const ALIGNMENT_CHECK_FLAG = 1 << 18;
/** Bit 1 is always set. */
const CLEAR_FLAGS = 2;
/** Of routines: what it costs to begin in the middle of a line is less than the room that lines take. */
const ALIGNMENT = 4;

export class KeelAssembler extends HandAssembler {
  readonly #physicalBase: number;

  constructor(physicalBase: number) {
    super();
    this.#physicalBase = physicalBase;
  }

  /** [data] by rip. `field` counts from the region's start. */
  data(row: Encoding, register: number, field: number, immediate = 0): void {
    this.rip(row, register, Relocation.Constant, 0, field, immediate);
  }

  loadData(to: number, field: number): void {
    this.data(MOV64.regRm, to, field);
  }

  storeData(field: number, from: number): void {
    this.data(MOV64.rmReg, from, field);
  }

  /** A sign-extended constant. */
  setData(field: number, value: number): void {
    this.data(MOV64.rmImm32, 0, field, value);
  }

  addData(field: number, value: number): void {
    this.data(ADD64.rmImm32, 0, field, value);
  }

  dataAddress(to: number, field: number): void {
    this.data(LEA64, to, field);
  }

  set64(to: number, value: bigint): void {
    this.ri64(MOV64.regImm64, to, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** In 32-bit code: where a label lies before the switch. Of 4 bytes. */
  physicalAddress(to: number, label: number): void {
    this.ri(MOV32.regImm32, to, 0);
    this.relocateImmediate(Relocation.Context, label);
  }

  /** Where the data lies in physical memory. */
  physicalData(to: number, field: number): void {
    this.set(to, this.#physicalBase + field);
  }

  and(to: number, from: number): void {
    this.rr(AND64.regRm, to, from);
  }

  or(to: number, from: number): void {
    this.rr(OR64.regRm, to, from);
  }

  shiftLeft(register: number, bits: number): void {
    this.ri(SHL64.imm8, register, bits);
  }

  shiftRight(register: number, bits: number): void {
    this.ri(SHR64.imm8, register, bits);
  }

  loadControl(to: number, control: number): void {
    this.rr(MOV_FROM_CONTROL, control, to);
  }

  storeControl(control: number, from: number): void {
    this.rr(MOV_TO_CONTROL, control, from);
  }

  /** All clear: upwards, no access to ring 3's pages. */
  resetFlags(): void {
    this.i(PUSH.imm8, CLEAR_FLAGS);
    this.none(POPFQ);
  }

  /** Until the flags are restored. */
  allowUserAccess(): void {
    this.none(PUSHFQ);
    this.mi(OR64.rmImm32, RSP, ABSENT, 1, 0, ALIGNMENT_CHECK_FLAG);
    this.none(POPFQ);
  }

  forbidUserAccess(): void {
    this.none(PUSHFQ);
    this.mi(AND64.rmImm32, RSP, ABSENT, 1, 0, ~ALIGNMENT_CHECK_FLAG);
    this.none(POPFQ);
  }

  /** Changes rax, rdx. */
  outConstant(port: number, value: number): void {
    this.set(RDX, port);
    this.set(RAX, value);
    this.none(OUT8);
  }

  /** `body` `count` times; rcx counts down, and is the body's to keep. */
  times(count: number, body: () => void): void {
    const again = this.label();
    this.set(RCX, count);
    this.bind(again);
    body();
    this.addConstant(RCX, -1);
    this.branch(Condition.NotEqual, again);
  }

  /** Zeros up to a byte of the region. */
  padTo(offset: number): void {
    if (this.position > offset)
      throw new Error(`the keel's code is ${this.position} bytes, more than ${offset}`);
    this.raw(new Uint8Array(offset - this.position));
  }

  /** Starts a routine. */
  begin(label: number): void {
    this.align(ALIGNMENT, Padding.Trap);
    this.bind(label);
  }
}
