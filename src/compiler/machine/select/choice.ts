/** Rules for comparisons whose number is wanted, and for `select`. */
import { ValueType } from "../../../abi/wasm.ts";
import { Condition, inverse } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Pseudo, type Write } from "../instruction.ts";
import { emitComparison, emitTest, type Test } from "./condition.ts";
import type { Rule, Selector } from "./selector.ts";

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

const comparisons = (from: number, to: number): [number, Rule][] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, compare]);

export const CHOICE_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  ...comparisons(Op.I32Eqz, Op.F64Ge),
  [Op.IsNull, compare],
  [Op.Select, select],
];
