/**
 * Rules for atomic accesses (the threads proposal), all sequentially consistent.
 *
 * x86-64 keeps loads and stores in order but for a store before a load of another place: loads are plain, stores are
 * exchanges, which lock. Every access of more than a byte first checks that its address is aligned. A narrow one
 * zero-extends what memory held.
 */
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import { ABSENT } from "../../../x64/encoder.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { Condition, R11, RAX, RSP } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, type Write } from "../instruction.ts";
import { addMemoryOperand } from "./address.ts";
import type { Rule, Selector } from "./selector.ts";
import { makeWritten } from "./written.ts";

type Bytes = 1 | 2 | 4 | 8;

/** The instructions of one width. */
interface Width {
  readonly bytes: Bytes;
  /** Zero-extending, to all of the register. */
  readonly load: Encoding;
  /** The same between registers; undefined where instructions of this width clear what is above it. */
  readonly extend: Encoding | undefined;
  readonly exchange: Encoding;
  readonly exchangeAdd: Encoding;
  readonly compareExchange: Encoding;
  readonly lockedAdd: Encoding;
  readonly lockedSub: Encoding;
  readonly lockedAnd: Encoding;
  readonly lockedOr: Encoding;
  readonly lockedXor: Encoding;
}

const WIDTH_1: Width = {
  bytes: 1,
  load: x64.MOVZX8TO32,
  extend: x64.MOVZX8TO32,
  exchange: x64.XCHG8,
  exchangeAdd: x64.LOCK_XADD8,
  compareExchange: x64.LOCK_CMPXCHG8,
  lockedAdd: x64.LOCK_ADD8,
  lockedSub: x64.LOCK_SUB8,
  lockedAnd: x64.LOCK_AND8,
  lockedOr: x64.LOCK_OR8,
  lockedXor: x64.LOCK_XOR8,
};
const WIDTH_2: Width = {
  bytes: 2,
  load: x64.MOVZX16TO32,
  extend: x64.MOVZX16TO32,
  exchange: x64.XCHG16,
  exchangeAdd: x64.LOCK_XADD16,
  compareExchange: x64.LOCK_CMPXCHG16,
  lockedAdd: x64.LOCK_ADD16,
  lockedSub: x64.LOCK_SUB16,
  lockedAnd: x64.LOCK_AND16,
  lockedOr: x64.LOCK_OR16,
  lockedXor: x64.LOCK_XOR16,
};
const WIDTH_4: Width = {
  bytes: 4,
  load: x64.MOV32.regRm,
  extend: undefined,
  exchange: x64.XCHG32,
  exchangeAdd: x64.LOCK_XADD32,
  compareExchange: x64.LOCK_CMPXCHG32,
  lockedAdd: x64.LOCK_ADD32,
  lockedSub: x64.LOCK_SUB32,
  lockedAnd: x64.LOCK_AND32,
  lockedOr: x64.LOCK_OR32,
  lockedXor: x64.LOCK_XOR32,
};
const WIDTH_8: Width = {
  bytes: 8,
  load: x64.MOV64.regRm,
  extend: undefined,
  exchange: x64.XCHG64,
  exchangeAdd: x64.LOCK_XADD64,
  compareExchange: x64.LOCK_CMPXCHG64,
  lockedAdd: x64.LOCK_ADD64,
  lockedSub: x64.LOCK_SUB64,
  lockedAnd: x64.LOCK_AND64,
  lockedOr: x64.LOCK_OR64,
  lockedXor: x64.LOCK_XOR64,
};

/** The order in which the proposal numbers each operation: i32, i64, i32 of 8 and 16 bits, i64 of 8, 16 and 32. */
const WIDTHS: readonly Width[] = [WIDTH_4, WIDTH_8, WIDTH_1, WIDTH_2, WIDTH_1, WIDTH_2, WIDTH_4];

// Alignment.

/** Traps if the address that `value` accesses is no multiple of `bytes`. */
function emitAlignmentCheck(selector: Selector, { args, immediate, place }: Value, bytes: Bytes): void {
  const mask = bytes - 1;
  const address = args[0]!;
  const offset = immediate & mask;
  if (isMultiple(address, offset, mask)) return;
  const test = selector.make(x64.TEST8.rmImm8, place);
  test.immediate = mask;
  if (offset === 0) {
    test.rm = selector.use(address);
  } else {
    const sum = selector.make(x64.LEA32, place);
    sum.def = selector.fresh(ValueType.I32);
    sum.address = Address.Plain;
    sum.base = selector.use(address);
    sum.displacement = offset;
    selector.emit(sum);
    test.rm = sum.def;
  }
  selector.emit(test);
  selector.trapIf(Condition.NotEqual, TrapKind.UnalignedAtomic, place);
}

/** Whether `address` + `offset` is known to be aligned. */
function isMultiple(address: Value, offset: number, mask: number): boolean {
  if (mask === 0) return true;
  if (address.isConstant) return ((address.immediate + offset) & mask) === 0;
  const constant = address.args[1]?.isConstant === true ? address.args[1].immediate : undefined;
  if (offset !== 0 || constant === undefined) return false;
  if (address.op === Op.I32Shl) return ((1 << (constant & 31)) & mask) === 0;
  return address.op === Op.I32And && (constant & mask) === 0;
}

// Loads and stores.

function load(width: Width): Rule {
  return (selector, value) => {
    emitAlignmentCheck(selector, value, width.bytes);
    const instruction = selector.make(width.load, value.place);
    instruction.def = selector.define(value);
    addMemoryOperand(selector, instruction, value);
    selector.emit(instruction);
  };
}

/** `encoding` puts what memory held into the register whose content memory gets; gives the register. */
function emitExchange(selector: Selector, value: Value, encoding: Encoding, operand: number): number {
  const instruction = selector.make(encoding, value.place);
  instruction.def = selector.fresh(value.args[1]!.type);
  instruction.tied = operand;
  addMemoryOperand(selector, instruction, value);
  selector.emit(instruction);
  return instruction.def;
}

const store =
  ({ bytes, exchange }: Width): Rule =>
  (selector, value) => {
    emitAlignmentCheck(selector, value, bytes);
    emitExchange(selector, value, exchange, selector.use(value.args[1]!));
  };

/** The result, if anyone wants it: what memory held, in `register`. */
function finish(selector: Selector, value: Value, register: number, extend: Encoding | undefined): void {
  if (!selector.isNeeded(value)) return;
  if (extend === undefined) return selector.move(selector.define(value), register);
  const instruction = selector.make(extend, value.place);
  instruction.def = selector.define(value);
  instruction.rm = register;
  selector.emit(instruction);
}

// Read, modify, write.

const exchange =
  (width: Width): Rule =>
  (selector, value) => {
    emitAlignmentCheck(selector, value, width.bytes);
    const held = emitExchange(selector, value, width.exchange, selector.use(value.args[1]!));
    finish(selector, value, held, width.extend);
  };

/** `memory op= operand`, where nobody asks what memory held. */
function emitLocked(selector: Selector, value: Value, encoding: Encoding): void {
  const instruction = selector.make(encoding, value.place);
  instruction.reg = selector.use(value.args[1]!);
  addMemoryOperand(selector, instruction, value);
  selector.emit(instruction);
}

function add(width: Width): Rule {
  return (selector, value) => {
    emitAlignmentCheck(selector, value, width.bytes);
    if (!selector.isNeeded(value)) return emitLocked(selector, value, width.lockedAdd);
    const held = emitExchange(selector, value, width.exchangeAdd, selector.use(value.args[1]!));
    finish(selector, value, held, width.extend);
  };
}

function subtract(width: Width): Rule {
  return (selector, value) => {
    emitAlignmentCheck(selector, value, width.bytes);
    if (!selector.isNeeded(value)) return emitLocked(selector, value, width.lockedSub);
    const negate = selector.make(width.bytes === 8 ? x64.NEG64 : x64.NEG32, value.place);
    negate.def = selector.fresh(value.args[1]!.type);
    negate.tied = selector.use(value.args[1]!);
    selector.emit(negate);
    finish(selector, value, emitExchange(selector, value, width.exchangeAdd, negate.def), width.extend);
  };
}

/** Tries until nobody has written between the load and the exchange. The accumulator ends as what memory held. */
function writeLoop(width: Width, combine: Encoding): Write {
  return (writer, instruction) => {
    const { assembler } = writer;
    const again = assembler.label();
    writer.withRm(width.load, RAX, instruction);
    assembler.bind(again);
    assembler.rr(x64.MOV64.regRm, R11, RAX);
    assembler.rr(combine, R11, instruction.reg);
    writer.withRm(width.compareExchange, R11, instruction);
    assembler.branch(Condition.NotEqual, again);
  };
}

function logic(width: Width, locked: Encoding, combine: Encoding): Rule {
  const write = writeLoop(width, combine);
  return (selector, value) => {
    emitAlignmentCheck(selector, value, width.bytes);
    if (!selector.isNeeded(value)) return emitLocked(selector, value, locked);
    const instruction = makeWritten(write, value.place, width.compareExchange);
    instruction.reg = selector.use(value.args[1]!);
    instruction.fixedDefs = [{ register: selector.define(value), physical: RAX }];
    instruction.clobbers = (1 << RAX) | (1 << R11);
    addMemoryOperand(selector, instruction, value);
    selector.emit(instruction);
  };
}

/** The accumulator is what is expected, wrapped to the width, and becomes what memory held. */
function compareExchange(width: Width): Rule {
  return (selector, value) => {
    const [, expected, replacement] = value.args as [Value, Value, Value];
    emitAlignmentCheck(selector, value, width.bytes);
    // Above the width the accumulator keeps what it was.
    const extend = width.bytes === 4 && value.type === ValueType.I64 ? x64.MOV32.regRm : width.extend;
    const held = selector.fresh(value.type);
    const instruction = selector.make(width.compareExchange, value.place);
    instruction.fixedUses = [{ register: selector.use(expected), physical: RAX }];
    instruction.fixedDefs = [{ register: held, physical: RAX }];
    instruction.clobbers = 1 << RAX;
    instruction.reg = selector.use(replacement);
    addMemoryOperand(selector, instruction, value);
    selector.emit(instruction);
    finish(selector, value, held, extend);
  };
}

const fence: Rule = (selector, value) => {
  selector.written(({ assembler }) => {
    assembler.mi(x64.LOCK_OR32_IMM8, RSP, ABSENT, 1, 0, 0);
  }, value.place);
};

// The operations.

const FENCE = Op.Atomic + 0x03;
const LOAD = Op.Atomic + 0x10;
const STORE = Op.Atomic + 0x17;
const ADD = Op.Atomic + 0x1e;
const SUB = Op.Atomic + 0x25;
const AND = Op.Atomic + 0x2c;
const OR = Op.Atomic + 0x33;
const XOR = Op.Atomic + 0x3a;
const EXCHANGE = Op.Atomic + 0x41;
const COMPARE_EXCHANGE = Op.Atomic + 0x48;

const inEveryWidth = (first: number, rule: (width: Width) => Rule) =>
  WIDTHS.map((width, index): readonly [number, Rule] => [first + index, rule(width)]);

export const ATOMIC_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [FENCE, fence],
  ...inEveryWidth(LOAD, load),
  ...inEveryWidth(STORE, store),
  ...inEveryWidth(ADD, add),
  ...inEveryWidth(SUB, subtract),
  ...inEveryWidth(AND, (width) => logic(width, width.lockedAnd, x64.AND64.regRm)),
  ...inEveryWidth(OR, (width) => logic(width, width.lockedOr, x64.OR64.regRm)),
  ...inEveryWidth(XOR, (width) => logic(width, width.lockedXor, x64.XOR64.regRm)),
  ...inEveryWidth(EXCHANGE, exchange),
  ...inEveryWidth(COMPARE_EXCHANGE, compareExchange),
];
