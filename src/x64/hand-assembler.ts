/**
 * The assembler with short names for what code written by hand uses most: 64-bit moves, arithmetic with constants.
 *
 * An operand in memory is a base register and a displacement. Everything else is there as `Assembler` has it.
 */
import { Assembler } from "./assembler.ts";
import { ABSENT } from "./encoder.ts";
import { ADD64, CMP64, LEA64, MOV32, MOV64, POP, PUSH, RET, SUB64, TEST64, XOR32 } from "./tables/index.ts";

export class HandAssembler extends Assembler {
  move(to: number, from: number): void {
    this.rr(MOV64.regRm, to, from);
  }

  /** A constant of 32 bits, sign-extended. */
  set(to: number, value: number): void {
    if (value === 0) this.rr(XOR32.regRm, to, to);
    else if (value > 0) this.ri(MOV32.regImm32, to, value);
    else this.ri(MOV64.rmImm32, to, value);
  }

  load(to: number, base: number, disp = 0): void {
    this.rm(MOV64.regRm, to, base, ABSENT, 1, disp);
  }

  store(base: number, disp: number, from: number): void {
    this.rm(MOV64.rmReg, from, base, ABSENT, 1, disp);
  }

  load32(to: number, base: number, disp = 0): void {
    this.rm(MOV32.regRm, to, base, ABSENT, 1, disp);
  }

  store32(base: number, disp: number, from: number): void {
    this.rm(MOV32.rmReg, from, base, ABSENT, 1, disp);
  }

  address(to: number, base: number, disp: number): void {
    this.rm(LEA64, to, base, ABSENT, 1, disp);
  }

  add(to: number, from: number): void {
    this.rr(ADD64.regRm, to, from);
  }

  addConstant(to: number, value: number): void {
    if (value !== 0) this.ri(ADD64.rmImm32, to, value);
  }

  subtract(to: number, from: number): void {
    this.rr(SUB64.regRm, to, from);
  }

  compare(left: number, right: number): void {
    this.rr(CMP64.regRm, left, right);
  }

  compareConstant(left: number, value: number): void {
    this.ri(CMP64.rmImm32, left, value);
  }

  test(register: number): void {
    this.rr(TEST64.rmReg, register, register);
  }

  push(register: number): void {
    this.r(PUSH.reg, register);
  }

  pop(register: number): void {
    this.r(POP.reg, register);
  }

  ret(): void {
    this.none(RET);
  }
}
