/**
 * Single steps of vector sequences: each emits one instruction and gives the register of its result.
 *
 * `def` is a new register unless the caller names the one that the sequence's value is wanted in.
 */
import { ValueType } from "../../../../abi/wasm.ts";
import { Role, type Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import type { Value } from "../../../ir/graph.ts";
import { Op } from "../../../ir/tables/op.ts";
import { Address, type Instruction, type Write } from "../../instruction.ts";
import { addMemoryOperand } from "../address.ts";
import type { Rule, Selector } from "../selector.ts";
import { makeWritten } from "../written.ts";

export type Rules = readonly (readonly [op: number, rule: Rule])[];

const fresh = (selector: Selector): number => selector.fresh(ValueType.V128);

/** def = op source. */
export function one(
  selector: Selector,
  encoding: Encoding,
  source: number,
  immediate = 0,
  def = fresh(selector),
): number {
  const instruction = selector.make(encoding, 0);
  instruction.def = def;
  instruction.rm = source;
  instruction.immediate = immediate;
  selector.emit(instruction);
  return def;
}

/** One register is both operands: as two, they could not both be the result's. */
const writeWithItself: Write = ({ assembler }, { encoding, def, immediate }) => {
  if (encoding!.immediateBytes === 0) assembler.rr(encoding!, def & 15, def & 15);
  else assembler.rri(encoding!, def & 15, def & 15, immediate);
};

/** def = left op right. */
export function two(
  selector: Selector,
  encoding: Encoding,
  left: number,
  right: number,
  immediate = 0,
  def = fresh(selector),
): number {
  const instruction = left === right ? makeWritten(writeWithItself, 0, encoding) : selector.make(encoding, 0);
  instruction.def = def;
  instruction.tied = left;
  if (left !== right) instruction.rm = right;
  instruction.immediate = immediate;
  selector.emit(instruction);
  return def;
}

/** def = left op a number of 128 bits in read-only data. */
export function withBits(
  selector: Selector,
  encoding: Encoding,
  left: number,
  bits: bigint,
  def = fresh(selector),
): number {
  const instruction = selector.make(encoding, 0);
  instruction.def = def;
  if ((encoding.reg & Role.Read) !== 0) instruction.tied = left;
  setConstant(selector, instruction, bits);
  selector.emit(instruction);
  return def;
}

/** def = left shifted by an immediate: rows whose only operand is `rm`, and is changed. */
export function shifted(
  selector: Selector,
  encoding: Encoding,
  left: number,
  count: number,
  def = fresh(selector),
): number {
  const instruction = selector.make(encoding, 0);
  instruction.def = def;
  instruction.tied = left;
  instruction.immediate = count;
  selector.emit(instruction);
  return def;
}

/** def = tied op memory, of a load or store with its address in `args[0]`. */
export function fromMemory(
  selector: Selector,
  encoding: Encoding,
  access: Value,
  def: number,
  tied = -1,
  immediate = 0,
): number {
  const instruction = selector.make(encoding, access.place);
  instruction.def = def;
  instruction.tied = tied;
  instruction.immediate = immediate;
  addMemoryOperand(selector, instruction, access);
  selector.emit(instruction);
  return def;
}

function constantOf(selector: Selector, bits: bigint): Value {
  return selector.graph.make(Op.Constant, ValueType.V128, [], selector.graph.entry, 0, bits);
}

function setConstant(selector: Selector, instruction: Instruction, bits: bigint): void {
  instruction.address = Address.Constant;
  instruction.constant = constantOf(selector, bits);
}

/** A register that holds `bits`. */
export function constant(selector: Selector, bits: bigint): number {
  return selector.use(constantOf(selector, bits));
}

const writeZero: Write = ({ assembler }, { def }) => assembler.rr(x64.PXOR, def & 15, def & 15);
const writeOnes: Write = ({ assembler }, { def }) => assembler.rr(x64.PCMPEQD, def & 15, def & 15);

/** Neither reads its register: processors know these two forms. */
export function zero(selector: Selector, def = fresh(selector)): number {
  selector.written(writeZero, 0).def = def;
  return def;
}

export function ones(selector: Selector, def = fresh(selector)): number {
  selector.written(writeOnes, 0).def = def;
  return def;
}

/** The second operand of a two-address instruction: a constant outside loops stays in memory. */
export function setVector(selector: Selector, instruction: Instruction, value: Value): void {
  if (value.isConstant && value.type === ValueType.V128 && !selector.inLoop) {
    instruction.address = Address.Constant;
    instruction.constant = value;
  } else instruction.rm = selector.use(value);
}

/** `bits` in every lane of `width` bits. */
export function inLanes(width: number, bits: bigint): bigint {
  let all = 0n;
  for (let at = 0n; at < 128n; at += BigInt(width)) all |= bits << at;
  return all;
}

/** Rules of one argument or two, given their registers. */
export type Sequence = (selector: Selector, def: number, ...args: number[]) => void;

/** A rule that gives the sequence all its arguments in registers. */
export function sequence(write: Sequence): Rule {
  return (selector, value) => {
    const args = value.args.map((each) => selector.use(each));
    write(selector, selector.define(value), ...args);
  };
}
