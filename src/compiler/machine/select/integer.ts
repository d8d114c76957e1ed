/** Rules for integer arithmetic, logic, shifts, counts and conversions. */
import { ValueType } from "../../../abi/wasm.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { RCX } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, Pseudo } from "../instruction.ts";
import { immediateOf, immediateRow, isByte, isFoldableLoad, prefersSwap, setRm } from "./operand.ts";
import type { Rule, Selector } from "./selector.ts";

/** left op right in the left's register; `right` may be a constant or a load. */
function twoAddress(rows: x64.Arithmetic, isCommutative: boolean): Rule {
  return (selector, value) => {
    let [left, right] = value.args as [Value, Value];
    if (isCommutative && prefersSwap(selector, left, right)) [left, right] = [right, left];
    const immediate = immediateOf(right);
    const row = immediate === undefined ? rows.regRm : immediateRow(rows, immediate);
    const instruction = selector.make(row, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(left);
    if (immediate === undefined) setRm(selector, instruction, right);
    else instruction.immediate = immediate;
    selector.emit(instruction);
  };
}

/** As `twoAddress`, but where nothing is folded the sum may go to a third register (`lea`). */
function add(rows: x64.Arithmetic, lea: Encoding): Rule {
  const tied = twoAddress(rows, true);
  return (selector, value) => {
    const [left, right] = value.args as [Value, Value];
    if (isFoldableLoad(selector, left) || isFoldableLoad(selector, right)) return tied(selector, value);
    const scaled = scaledTerm(selector, left, right);
    if (scaled !== undefined) return scaledSum(selector, value, lea, scaled);
    const immediate = immediateOf(right);
    if (right.isConstant && immediate === undefined) return tied(selector, value);
    const instruction = selector.pseudo(Pseudo.Add, value.place, rows.regRm);
    instruction.def = selector.define(value);
    instruction.base = selector.use(left);
    if (immediate === undefined) instruction.index = selector.use(right);
    else instruction.displacement = immediate;
  };
}

interface ScaledTerm {
  readonly base: Value;
  readonly index: Value;
  readonly scale: number;
}

/** base + (index << k), where only this sum wants the shifted. */
function scaledTerm(selector: Selector, left: Value, right: Value): ScaledTerm | undefined {
  const isShift = (value: Value) =>
    (value.op === Op.I32Shl || value.op === Op.I64Shl) &&
    value.args[1]!.isConstant &&
    selector.isFoldable(value) &&
    shiftOf(value) <= 3;
  const [base, shifted] = isShift(right) ? [left, right] : [right, left];
  if (!isShift(shifted) || base === shifted) return undefined;
  if (base.isConstant && immediateOf(base) === undefined) return undefined;
  selector.fold(shifted);
  return { base, index: shifted.args[0]!, scale: 1 << shiftOf(shifted) };
}

function shiftOf(value: Value): number {
  const count = value.args[1]!;
  return count.type === ValueType.I32 ? count.immediate : Number(count.big);
}

function scaledSum(
  selector: Selector,
  value: Value,
  lea: Encoding,
  { base, index, scale }: ScaledTerm,
): void {
  const instruction = selector.make(lea, value.place);
  instruction.def = selector.define(value);
  instruction.address = Address.Plain;
  instruction.index = selector.use(index);
  instruction.scale = scale;
  const constant = immediateOf(base);
  const inner = base.op === Op.I32Add || base.op === Op.I64Add ? immediateOf(base.args[1]!) : undefined;
  if (constant !== undefined) {
    instruction.displacement = constant;
  } else if (inner !== undefined && selector.isFoldable(base)) {
    selector.fold(base);
    instruction.base = selector.use(base.args[0]!);
    instruction.displacement = inner;
  } else {
    instruction.base = selector.use(base);
  }
  selector.emit(instruction);
}

function multiply(rows: typeof x64.IMUL32, lea: Encoding): Rule {
  const tied = (selector: Selector, value: Value) => {
    let [left, right] = value.args as [Value, Value];
    if (prefersSwap(selector, left, right)) [left, right] = [right, left];
    const instruction = selector.make(rows.regRm, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(left);
    setRm(selector, instruction, right);
    selector.emit(instruction);
  };
  return (selector, value) => {
    const [left, right] = value.args as [Value, Value];
    const immediate = immediateOf(right);
    if (immediate === undefined) return tied(selector, value);
    if (immediate === 3 || immediate === 5 || immediate === 9) {
      const instruction = selector.make(lea, value.place);
      instruction.def = selector.define(value);
      instruction.address = Address.Plain;
      instruction.base = instruction.index = selector.use(left);
      instruction.scale = immediate - 1;
      selector.emit(instruction);
      return;
    }
    const instruction = selector.make(isByte(immediate) ? rows.regRmImm8 : rows.regRmImm32, value.place);
    instruction.def = selector.define(value);
    instruction.immediate = immediate;
    setRm(selector, instruction, left);
    selector.emit(instruction);
  };
}

function and(rows: x64.Arithmetic): Rule {
  const tied = twoAddress(rows, true);
  return (selector, value) => {
    const [left, right] = value.args as [Value, Value];
    const bits = right.type === ValueType.I64 ? right.big : BigInt(right.immediate);
    const row = right.isConstant ? ZERO_EXTENSIONS.get(bits) : undefined;
    if (row !== undefined) {
      const instruction = selector.make(row, value.place);
      instruction.def = selector.define(value);
      instruction.rm = selector.use(left);
      selector.emit(instruction);
    } else if (right.isConstant && right.type === ValueType.I64 && bits >= 0n && bits <= 0x7fff_ffffn) {
      // The upper half becomes 0 either way: the 32-bit form is shorter.
      const instruction = selector.make(immediateRow(x64.AND32, Number(bits)), value.place);
      instruction.def = selector.define(value);
      instruction.tied = selector.use(left);
      instruction.immediate = Number(bits);
      selector.emit(instruction);
    } else tied(selector, value);
  };
}

const ZERO_EXTENSIONS: ReadonlyMap<bigint, Encoding> = new Map([
  [0xffn, x64.MOVZX8TO32],
  [0xffffn, x64.MOVZX16TO32],
  [0xffff_ffffn, x64.MOV32.regRm],
]);

/** One operand, one result in any register. */
export function unary(encoding: Encoding): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.rm = selector.use(value.args[0]!);
    selector.emit(instruction);
  };
}

function subtract(rows: x64.Arithmetic, negate: Encoding): Rule {
  const tied = twoAddress(rows, false);
  return (selector, value) => {
    if (immediateOf(value.args[0]!) !== 0) return tied(selector, value);
    const instruction = selector.make(negate, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(value.args[1]!);
    selector.emit(instruction);
  };
}

function xor(rows: x64.Arithmetic, not: Encoding): Rule {
  const tied = twoAddress(rows, true);
  return (selector, value) => {
    if (immediateOf(value.args[1]!) !== -1) return tied(selector, value);
    const instruction = selector.make(not, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(value.args[0]!);
    selector.emit(instruction);
  };
}

function shift(rows: x64.Shift): Rule {
  return (selector, value) => {
    const [left, count] = value.args as [Value, Value];
    const instruction = selector.make(count.isConstant ? rows.imm8 : rows.cl, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(left);
    if (count.isConstant) instruction.immediate = shiftOf(value);
    else instruction.fixedUses = [{ register: selector.use(count), physical: RCX }];
    selector.emit(instruction);
  };
}

/** bsr and bsf leave their target alone for 0: it starts as what 0 should give. */
function leadingZeros(scan: Encoding, flip: Encoding, bits: number): Rule {
  return (selector, value) => {
    const position = countWithDefault(selector, value, scan, 2 * bits - 1);
    const instruction = selector.make(flip, value.place);
    instruction.def = selector.define(value);
    instruction.tied = position;
    instruction.immediate = bits - 1;
    selector.emit(instruction);
  };
}

function trailingZeros(scan: Encoding, bits: number): Rule {
  return (selector, value) => {
    const position = countWithDefault(selector, value, scan, bits);
    selector.move(selector.define(value), position);
  };
}

function countWithDefault(selector: Selector, value: Value, scan: Encoding, forZero: number): number {
  const start = selector.make(x64.MOV32.regImm32, value.place);
  start.def = selector.fresh(value.type);
  start.immediate = forZero;
  selector.emit(start);
  const instruction = selector.make(scan, value.place);
  instruction.def = selector.fresh(value.type);
  instruction.tied = start.def;
  instruction.rm = selector.use(value.args[0]!);
  selector.emit(instruction);
  return instruction.def;
}

/** i32 values are zero-extended in their registers already. */
const extendUnsigned: Rule = (selector, value) =>
  selector.move(selector.define(value), selector.use(value.args[0]!));

export const INTEGER_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.I32Add, add(x64.ADD32, x64.LEA32)],
  [Op.I64Add, add(x64.ADD64, x64.LEA64)],
  [Op.I32Sub, subtract(x64.SUB32, x64.NEG32)],
  [Op.I64Sub, subtract(x64.SUB64, x64.NEG64)],
  [Op.I32Mul, multiply(x64.IMUL32, x64.LEA32)],
  [Op.I64Mul, multiply(x64.IMUL64, x64.LEA64)],
  [Op.I32And, and(x64.AND32)],
  [Op.I64And, and(x64.AND64)],
  [Op.I32Or, twoAddress(x64.OR32, true)],
  [Op.I64Or, twoAddress(x64.OR64, true)],
  [Op.I32Xor, xor(x64.XOR32, x64.NOT32)],
  [Op.I64Xor, xor(x64.XOR64, x64.NOT64)],
  [Op.I32Shl, shift(x64.SHL32)],
  [Op.I64Shl, shift(x64.SHL64)],
  [Op.I32ShrS, shift(x64.SAR32)],
  [Op.I64ShrS, shift(x64.SAR64)],
  [Op.I32ShrU, shift(x64.SHR32)],
  [Op.I64ShrU, shift(x64.SHR64)],
  [Op.I32Rotl, shift(x64.ROL32)],
  [Op.I64Rotl, shift(x64.ROL64)],
  [Op.I32Rotr, shift(x64.ROR32)],
  [Op.I64Rotr, shift(x64.ROR64)],
  [Op.I32Clz, leadingZeros(x64.BSR32, x64.XOR32.rmImm8, 32)],
  [Op.I64Clz, leadingZeros(x64.BSR64, x64.XOR64.rmImm8, 64)],
  [Op.I32Ctz, trailingZeros(x64.BSF32, 32)],
  [Op.I64Ctz, trailingZeros(x64.BSF64, 64)],
  [Op.I32Popcnt, unary(x64.POPCNT32)],
  [Op.I64Popcnt, unary(x64.POPCNT64)],
  [Op.I32WrapI64, unary(x64.MOV32.regRm)],
  [Op.I64ExtendI32S, unary(x64.MOVSX32TO64)],
  [Op.I64ExtendI32U, extendUnsigned],
  [Op.I32Extend8S, unary(x64.MOVSX8TO32)],
  [Op.I32Extend16S, unary(x64.MOVSX16TO32)],
  [Op.I64Extend8S, unary(x64.MOVSX8TO64)],
  [Op.I64Extend16S, unary(x64.MOVSX16TO64)],
  [Op.I64Extend32S, unary(x64.MOVSX32TO64)],
];
