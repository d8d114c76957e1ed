/**
 * Control records as text, written where nothing can be trusted any more but this code: `src/targets/native` reads them.
 *
 * rdi points behind what is written so far. Appending changes rax, rcx, rdx, r8 and nothing else but rdi.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R8, RAX, RBP, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { AND32, BSR64, DIV64, MOV64, MOV8, SHR64 } from "../../x64/tables/index.ts";
import { begin, type Code } from "./code.ts";
import { RECORD_BYTES, TEXT } from "./state.ts";

const NIBBLE_BITS = 4;
const CHUNK_BYTES = 8;

/** Begins a record. */
export function startText(a: Shorthand, literal: string): void {
  a.placeAddress(RDI, Place.State, TEXT);
  appendLiteral(a, literal);
}

/** ASCII. Up to 7 bytes behind it are overwritten. */
export function appendLiteral(a: Shorthand, literal: string): void {
  const padded = Math.ceil(literal.length / CHUNK_BYTES) * CHUNK_BYTES;
  const bytes = new TextEncoder().encode(literal.padEnd(padded, "\0"));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < padded; at += CHUNK_BYTES) {
    a.ri64(MOV64.regImm64, RAX, view.getInt32(at, true), view.getInt32(at + 4, true));
    a.store(RDI, at, RAX);
  }
  a.addConstant(RDI, literal.length);
}

/** Ends the record and has it written. Changes what a call may. */
export function tellText({ a, labels }: Code): void {
  a.call(labels.tell);
}

export function emitText(code: Code): void {
  emitHexadecimal(code);
  emitDecimal(code);
  emitWho(code);
  const { a, labels } = code;
  begin(a, labels.tell);
  appendLiteral(a, "\n");
  a.placeAddress(RSI, Place.State, TEXT);
  a.move(RDX, RDI);
  a.subtract(RDX, RSI);
  a.jump(labels.controlWrite);
}

/** rax: a number. */
function emitHexadecimal({ a, labels }: Code): void {
  const [digit, decimal, zero] = [a.label(), a.label(), a.label()];
  begin(a, labels.hexadecimal);
  a.set(RCX, 0);
  a.test(RAX);
  a.branch(Condition.Equal, zero);
  a.rr(BSR64, RCX, RAX);
  a.ri(AND32.rmImm8, RCX, -NIBBLE_BITS);
  a.bind(zero);
  a.bind(digit);
  a.move(RDX, RAX);
  a.r(SHR64.cl, RDX);
  a.ri(AND32.rmImm8, RDX, 15);
  a.addConstant(RDX, "0".charCodeAt(0));
  a.compareConstant(RDX, "9".charCodeAt(0));
  a.branch(Condition.BelowOrEqual, decimal);
  a.addConstant(RDX, "a".charCodeAt(0) - "9".charCodeAt(0) - 1);
  a.bind(decimal);
  appendByte(a, RDX);
  a.addConstant(RCX, -NIBBLE_BITS);
  a.branch(Condition.NotSign, digit);
  a.ret();
}

/** rax: a number without sign. */
function emitDecimal({ a, labels }: Code): void {
  const [digit, write] = [a.label(), a.label()];
  begin(a, labels.decimal);
  a.set(RCX, 0);
  a.set(R8, 10);
  a.bind(digit);
  a.set(RDX, 0);
  a.r(DIV64, R8);
  a.push(RDX);
  a.addConstant(RCX, 1);
  a.test(RAX);
  a.branch(Condition.NotEqual, digit);
  a.bind(write);
  a.pop(RDX);
  a.addConstant(RDX, "0".charCodeAt(0));
  appendByte(a, RDX);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, write);
  a.ret();
}

/** rbp: a compartment's record, or 0 for the kernel. */
function emitWho({ a, labels }: Code): void {
  const kernel = a.label();
  begin(a, labels.who);
  a.test(RBP);
  a.branch(Condition.Equal, kernel);
  a.placeAddress(RCX, Place.State);
  a.move(RAX, RBP);
  a.subtract(RAX, RCX);
  a.ri(SHR64.imm8, RAX, Math.log2(RECORD_BYTES));
  a.jump(labels.hexadecimal);
  a.bind(kernel);
  appendLiteral(a, "kernel");
  a.ret();
}

/** The lowest byte of a register. */
export function appendByte(a: Shorthand, from: number): void {
  a.rm(MOV8.rmReg, from, RDI, ABSENT, 1, 0);
  a.addConstant(RDI, 1);
}
