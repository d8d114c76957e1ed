/**
 * Reads the instructions of a function body one by one, without allocating for any but `br_table`.
 *
 * The fields after `next()` describe the instruction read; those that its kind of immediate does not have keep
 * old values. Used by the validator first and by the SSA builder after it, so a reader of a validated body never
 * fails.
 */
import type { FunctionType, ValueType } from "../../abi/wasm.ts";
import type { Body, Module } from "./module.ts";

export declare class InstructionReader {
  constructor(module: Module, body: Body);
  /** Byte of the opcode in the module. */
  offset: number;
  /** The byte, or for prefixed ones `prefix << 16 | subopcode`: 0xfc000a is memory.copy, 0xfd.. SIMD, 0xfe.. atomics. */
  opcode: number;
  /** Function, local, global, type, table, segment or label depth. call_indirect: type, then table in `index2`. */
  index: number;
  /** memory.init, table.init: segment in `index`, memory or table in `index2`; table.copy: target, source. */
  index2: number;
  /** Exponent of a memarg's alignment. */
  alignment: number;
  /** Static offset of a memarg, u32 as a number >= 0. */
  memoryOffset: number;
  lane: number;
  /** Signed. */
  i32: number;
  /** Signed. */
  i64: bigint;
  /** Bit pattern as a signed i32. */
  f32Bits: number;
  /** Bit pattern, unsigned. */
  f64Bits: bigint;
  /** v128.const, and the 16 lane numbers of i8x16.shuffle: byte 0 lowest, unsigned. */
  v128Bits: bigint;
  /** br_table: label depths, the default last. */
  labels: number[];
  /** Of block, loop, if. */
  blockType: FunctionType;
  /** Of a typed select; 0 for the untyped. */
  selectType: ValueType | 0;
  /** Reads the next instruction; false after the final `end`. */
  next(): boolean;
}
