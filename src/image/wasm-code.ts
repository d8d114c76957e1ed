/**
 * The code of small functions that are appended to a Wasm module, written as expressions: each gives the bytes that leave
 * its value on the stack. All values are i32 unless a name says otherwise.
 *
 * Tests:  engine.test.ts, engine-heap.test.ts
 */
import { encodeU32 } from "./wasm-sections.ts";

export type Code = readonly number[];

const I32_TYPE = 0x7f;
const NO_RESULT = 0x40;
const END = 0x0b;
const WORD_ALIGNMENT = 2;
const LONG_ALIGNMENT = 3;

export const local = (index: number): Code => [0x20, ...encodeU32(index)];
export const setLocal = (index: number, value: Code): Code => [...value, 0x21, ...encodeU32(index)];
export const global = (index: number): Code => [0x23, ...encodeU32(index)];
export const setGlobal = (index: number, value: Code): Code => [...value, 0x24, ...encodeU32(index)];

export const constant = (value: number): Code => [0x41, ...encodeS32(value)];
export const add = (one: Code, other: Code): Code => [...one, ...other, 0x6a];
export const subtract = (one: Code, other: Code): Code => [...one, ...other, 0x6b];
export const and = (one: Code, other: Code): Code => [...one, ...other, 0x71];
export const shiftRight = (value: Code, bits: number): Code => [...value, ...constant(bits), 0x76];
export const isZero = (value: Code): Code => [...value, 0x45];
/** Unsigned. */
export const isLess = (one: Code, other: Code): Code => [...one, ...other, 0x49];

export const load = (address: Code, offset = 0): Code => [
  ...address,
  0x28,
  WORD_ALIGNMENT,
  ...encodeU32(offset),
];
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x36,
  WORD_ALIGNMENT,
  ...encodeU32(offset),
];
export const storeLong = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x37,
  LONG_ALIGNMENT,
  ...encodeU32(offset),
];

export const call = (index: number, ...values: readonly Code[]): Code => [
  ...values.flat(),
  0x10,
  ...encodeU32(index),
];
/** Calls the entry of the only table. */
export const callIndirect = (type: number, entry: Code, ...values: readonly Code[]): Code => [
  ...values.flat(),
  ...entry,
  0x11,
  ...encodeU32(type),
  0,
];
export const drop = (value: Code): Code => [...value, 0x1a];
export const give = (value: Code): Code => [...value, 0x0f];
/** Statements, where the value is not zero. */
export const when = (value: Code, ...statements: readonly Code[]): Code => [
  ...value,
  0x04,
  NO_RESULT,
  ...statements.flat(),
  END,
];

/** Statements, as long as the value is not zero. */
export const whilst = (value: Code, ...statements: readonly Code[]): Code => [
  0x03,
  NO_RESULT,
  ...when(value, ...statements, [0x0c, 1]),
  END,
];

/** A function's body, as an entry of the code section, with this many locals beside its parameters. */
export function body(locals: number, ...statements: readonly Code[]): number[] {
  const declared = locals === 0 ? [0] : [1, ...encodeU32(locals), I32_TYPE];
  const whole = [...declared, ...statements.flat(), END];
  return [...encodeU32(whole.length), ...whole];
}

/** LEB128, signed. */
function encodeS32(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    const isLast = rest >> 6 === 0 || rest >> 6 === -1;
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}
