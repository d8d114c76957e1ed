/** Rules for division, remainder and upper halves of products: instructions on rdx:rax. */
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { Condition, RAX, RDX } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import type { Instruction, Write } from "../instruction.ts";
import { immediateOf } from "./operand.ts";
import type { Rule, Selector } from "./selector.ts";

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

export const DIVISION_RULES: readonly (readonly [op: number, rule: Rule])[] = [
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
];
