/** Rules for integer arithmetic, logic, shifts, counts and conversions. */
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { Condition, inverse, RAX, RCX, RDX } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, Pseudo, type Instruction, type Write } from "../instruction.ts";
import { immediateOf, immediateRow, isByte, isFoldableLoad, setRm } from "./operand.ts";
import type { Rule, Selector } from "./selector.ts";
import { emitComparison, emitTest, type Test } from "./condition.ts";

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

/** The operand that ends here should be the one that is overwritten; a load should stay in memory. */
export function prefersSwap(selector: Selector, left: Value, right: Value): boolean {
  if (right.isConstant) return false;
  if (isFoldableLoad(selector, left) && !isFoldableLoad(selector, right)) return true;
  if (isFoldableLoad(selector, right) || left.isConstant) return left.isConstant;
  return right.uses === 1 && left.uses > 1;
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

const RESULT_MASK = (1 << RAX) | (1 << RDX);

/** Division: rdx:rax by `rm`. `result` is rax for quotients, rdx for remainders. */
function divide(encoding: Encoding, isSigned: boolean, result: typeof RAX | typeof RDX): Rule {
  return (selector, value) => {
    const [dividend, divisor] = value.args as [Value, Value];
    const wide = value.type === ValueType.I64;
    const register = selector.use(divisor);
    const known = immediateOf(divisor);
    if (known === undefined || known === 0) {
      const zero = selector.make((wide ? x64.TEST64 : x64.TEST32).rmReg, value.place);
      zero.reg = zero.rm = register;
      selector.emit(zero);
      selector.trapIf(Condition.Equal, TrapKind.DivideByZero, value.place);
    }
    if (isSigned && (known === undefined || known === -1)) {
      if (result === RAX) overflowTrap(selector, value, register, wide);
      else return signedRemainder(selector, value, register, encoding);
    }
    const extend = isSigned ? (wide ? x64.CQO : x64.CDQ) : undefined;
    const instruction = selector.written(writeDivision(extend, encoding), value.place, encoding);
    finishDivision(selector, instruction, value, selector.use(dividend), register, result);
  };
}

function finishDivision(
  selector: Selector,
  instruction: Instruction,
  value: Value,
  dividend: number,
  divisor: number,
  result: number,
): void {
  instruction.rm = divisor;
  instruction.fixedUses = [{ register: dividend, physical: RAX }];
  instruction.fixedDefs = [{ register: selector.define(value), physical: result }];
  instruction.clobbers = RESULT_MASK;
}

/** rdx becomes the sign of rax, or 0. */
function writeDivision(extend: Encoding | undefined, encoding: Encoding): Write {
  return (writer, instruction) => {
    if (extend === undefined) writer.assembler.rr(x64.XOR32.regRm, RDX, RDX);
    else writer.assembler.none(extend);
    writer.withRm(encoding, 0, instruction);
  };
}

const writeOverflowTrap: Write = (writer, instruction) => {
  const { assembler } = writer;
  const compare = instruction.encoding!;
  const done = assembler.label();
  writer.withRm(compare, 0, instruction, -1);
  assembler.branch(Condition.NotEqual, done);
  assembler.rri(compare, 0, instruction.reg, 1);
  assembler.branch(Condition.Overflow, writer.trapLabel(TrapKind.IntegerOverflow, instruction.place));
  assembler.bind(done);
};

const writeRemainder: Write = (writer, instruction) => {
  const { assembler } = writer;
  const encoding = instruction.encoding!;
  const divide = assembler.label();
  const done = assembler.label();
  writer.withRm(encoding.wide ? x64.CMP64.rmImm8 : x64.CMP32.rmImm8, 0, instruction, -1);
  assembler.branch(Condition.NotEqual, divide);
  assembler.rr(x64.XOR32.regRm, RDX, RDX);
  assembler.jump(done);
  assembler.bind(divide);
  assembler.none(encoding.wide ? x64.CQO : x64.CDQ);
  writer.withRm(encoding, 0, instruction);
  assembler.bind(done);
};

/** The smallest integer by -1 does not fit: `cmp x, 1` overflows for it alone, so both are asked. */
function overflowTrap(selector: Selector, value: Value, divisor: number, wide: boolean): void {
  const { rmImm8 } = wide ? x64.CMP64 : x64.CMP32;
  const instruction = selector.written(writeOverflowTrap, value.place, rmImm8);
  instruction.rm = divisor;
  instruction.reg = selector.use(value.args[0]!);
}

/** x % -1 is 0; the instruction would fault for the smallest integer. */
function signedRemainder(selector: Selector, value: Value, divisor: number, encoding: Encoding): void {
  const instruction = selector.written(writeRemainder, value.place, encoding);
  finishDivision(selector, instruction, value, selector.use(value.args[0]!), divisor, RDX);
}

function multiplyHigh(encoding: Encoding): Rule {
  return (selector, value) => {
    const [left, right] = value.args as [Value, Value];
    const instruction = selector.make(encoding, value.place);
    instruction.fixedUses = [{ register: selector.use(right), physical: RAX }];
    instruction.rm = selector.use(left);
    instruction.fixedDefs = [{ register: selector.define(value), physical: RDX }];
    instruction.clobbers = RESULT_MASK;
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

/** A comparison whose number is wanted. */
const compare: Rule = (selector, value) =>
  setNumber(selector, value, (target) => emitComparison(target, value));

/** def = 1 if the test holds, else 0. */
export function setNumber(selector: Selector, value: Value, emit: (selector: Selector) => Test): void {
  const zero = selector.fresh(ValueType.I32);
  const clear = selector.pseudo(Pseudo.Zero, value.place);
  clear.def = zero;
  const { condition, parity } = emit(selector);
  const set = (start: number, def: number, which: Condition) => {
    const instruction = selector.pseudo(Pseudo.SetCondition, value.place);
    instruction.tied = start;
    instruction.def = def;
    instruction.condition = which;
  };
  if (parity === "none") {
    set(zero, selector.define(value), condition);
    return;
  }
  // Equal and not unordered; unequal or unordered.
  const first = selector.fresh(ValueType.I32);
  set(zero, first, condition);
  const instruction = selector.written(
    parity === "and" ? writeUnlessOrdered(0) : writeUnlessOrdered(1),
    value.place,
  );
  instruction.tied = first;
  instruction.def = selector.define(value);
}

/** def = `bit` if the operands just compared were unordered. */
const writeUnlessOrdered =
  (bit: number): Write =>
  ({ assembler }, { def }) => {
    const done = assembler.label();
    assembler.branch(Condition.NotParity, done);
    assembler.ri(x64.MOV32.regImm32, def, bit);
    assembler.bind(done);
  };

const select: Rule = (selector, value) => {
  const [yes, no, condition] = value.args as [Value, Value, Value];
  const isVector =
    value.type === ValueType.F32 || value.type === ValueType.F64 || value.type === ValueType.V128;
  const yesRegister = selector.use(yes);
  const noRegister = selector.use(no);
  const { condition: flags, parity } = emitTest(selector, condition);
  const row = value.type === ValueType.I32 ? x64.CMOV32 : x64.CMOV64;
  const moveIf = (def: number, start: number, other: number, which: Condition) => {
    const instruction = isVector
      ? selector.written(writeVectorMoveIf, value.place)
      : selector.emit(selector.make(row[which]!, value.place));
    instruction.def = def;
    instruction.tied = start;
    instruction.rm = other;
    instruction.condition = which;
  };
  const def = selector.define(value);
  if (parity === "none") return moveIf(def, noRegister, yesRegister, flags);
  const middle = selector.fresh(value.type);
  if (parity === "or") {
    moveIf(middle, noRegister, yesRegister, flags);
    moveIf(def, middle, yesRegister, Condition.Parity);
  } else {
    moveIf(middle, yesRegister, noRegister, Condition.NotEqual);
    moveIf(def, middle, noRegister, Condition.Parity);
  }
};

const writeVectorMoveIf: Write = ({ assembler }, { condition, def, rm }) => {
  const done = assembler.label();
  assembler.branch(inverse(condition), done);
  assembler.rr(x64.MOVAPS.regRm, def & 15, rm & 15);
  assembler.bind(done);
};

/** i32 values are zero-extended in their registers already. */
const extendUnsigned: Rule = (selector, value) =>
  selector.move(selector.define(value), selector.use(value.args[0]!));

const comparisons = (from: number, to: number): [number, Rule][] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, compare]);

export const INTEGER_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  ...comparisons(Op.I32Eqz, Op.F64Ge),
  [Op.IsNull, compare],
  [Op.Select, select],
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
  [Op.I32DivS, divide(x64.IDIV32, true, RAX)],
  [Op.I64DivS, divide(x64.IDIV64, true, RAX)],
  [Op.I32RemS, divide(x64.IDIV32, true, RDX)],
  [Op.I64RemS, divide(x64.IDIV64, true, RDX)],
  [Op.I32DivU, divide(x64.DIV32, false, RAX)],
  [Op.I64DivU, divide(x64.DIV64, false, RAX)],
  [Op.I32RemU, divide(x64.DIV32, false, RDX)],
  [Op.I64RemU, divide(x64.DIV64, false, RDX)],
  [Op.I64MulHighU, multiplyHigh(x64.MUL64)],
  [Op.I64MulHighS, multiplyHigh(x64.IMUL_WIDE64)],
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
