/** Rules that put one number into lanes or take one out, and that ask something of all lanes at once. */
import { ValueType } from "../../../../abi/wasm.ts";
import type { Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import type { Value } from "../../../ir/graph.ts";
import { Op } from "../../../ir/tables/op.ts";
import { setNumber } from "../choice.ts";
import { isFoldableLoad, setRm } from "../operand.ts";
import type { Rule } from "../selector.ts";
import { emitTruth, TRUTH_OPS } from "./truth.ts";
import { one, sequence, two, zero, type Rules } from "./steps.ts";

// Splats.

const splat8 = sequence((selector, def, source) => {
  two(selector, x64.PSHUFB, one(selector, x64.MOVD.regRm, source), zero(selector), 0, def);
});
const splat16 = sequence((selector, def, source) => {
  const words = one(selector, x64.PSHUFLW, one(selector, x64.MOVD.regRm, source), 0);
  one(selector, x64.PSHUFD, words, 0, def);
});
const splat32 = sequence((selector, def, source) => {
  one(selector, x64.PSHUFD, one(selector, x64.MOVD.regRm, source), 0, def);
});
/** `pshufd`'s lanes 0 1 0 1. */
const LOWER_HALF = 0x44;
const splat64 = sequence((selector, def, source) => {
  one(selector, x64.PSHUFD, one(selector, x64.MOVQ.regRm, source), LOWER_HALF, def);
});
const splatSingle = sequence((selector, def, source) => void one(selector, x64.PSHUFD, source, 0, def));

const splatDouble: Rule = (selector, value) => {
  const instruction = selector.make(x64.MOVDDUP, value.place);
  instruction.def = selector.define(value);
  setRm(selector, instruction, value.args[0]!);
  selector.emit(instruction);
};

// One lane out.

/** `encoding` puts the lane into an integer register, where it stands in ModRM.rm; `extend` gives it its sign. */
function extract(encoding: Encoding, extend?: Encoding): Rule {
  return (selector, value) => {
    const def = selector.define(value);
    const instruction = selector.make(encoding, value.place);
    instruction.reg = selector.use(value.args[0]!);
    instruction.immediate = value.immediate2;
    instruction.def = extend === undefined ? def : selector.fresh(ValueType.I32);
    selector.emit(instruction);
    if (extend !== undefined) one(selector, extend, instruction.def, 0, def);
  };
}

/** Lane 0 has a shorter way out. */
function extractWide(lowest: Encoding, encoding: Encoding): Rule {
  const [first, other] = [extract(lowest), extract(encoding)];
  return (selector, value) => (value.immediate2 === 0 ? first : other)(selector, value);
}

/** Lane 0 of a vector is a scalar already. */
function extractFloat(lanes: (lane: number) => number): Rule {
  return (selector, value) => {
    const source = selector.use(value.args[0]!);
    if (value.immediate2 === 0) selector.move(selector.define(value), source);
    else one(selector, x64.PSHUFD, source, lanes(value.immediate2), selector.define(value));
  };
}

/** `pshufd`'s lanes 2 3 2 3. */
const UPPER_HALF = 0xee;

// One lane in.

function insert(encoding: Encoding, isWhole: boolean): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    instruction.tied = selector.use(value.args[0]!);
    instruction.immediate = value.immediate2;
    // A narrow lane must not be loaded from a wide place: that would trap elsewhere.
    if (isWhole) setRm(selector, instruction, value.args[1]!);
    else instruction.rm = selector.use(value.args[1]!);
    selector.emit(instruction);
  };
}

/** `insertps` has the target lane in bits 4 and 5. */
const insertSingle: Rule = (selector, value) => {
  const [vector, scalar] = value.args as [Value, Value];
  const row = isFoldableLoad(selector, scalar) ? x64.INSERTPS.regMemory : x64.INSERTPS.regReg;
  const instruction = selector.make(row, value.place);
  instruction.def = selector.define(value);
  instruction.tied = selector.use(vector);
  instruction.immediate = value.immediate2 << 4;
  if (row === x64.INSERTPS.regMemory) setRm(selector, instruction, scalar);
  else instruction.rm = selector.use(scalar);
  selector.emit(instruction);
};

const insertDouble: Rule = (selector, value) => {
  const [vector, scalar] = value.args as [Value, Value];
  const row = value.immediate2 === 0 ? x64.MOVSD.merge : x64.MOVLHPS;
  two(selector, row, selector.use(vector), selector.use(scalar), 0, selector.define(value));
};

// All lanes.

const truth: Rule = (selector, value) => {
  setNumber(selector, value, () => ({ condition: emitTruth(selector, value), parity: "none" }));
};

const bitmask = (encoding: Encoding) =>
  sequence((selector, def, source) => void one(selector, encoding, source, 0, def));

/** As bytes, which keep their signs, with zeros for the upper eight. */
const bitmask16 = sequence((selector, def, source) => {
  one(selector, x64.PMOVMSKB, two(selector, x64.PACKSSWB, source, zero(selector)), 0, def);
});

const row = (n: number, rule: Rule): readonly [number, Rule] => [Op.Simd + n, rule];

export const LANE_RULES: Rules = [
  row(0x0f, splat8),
  row(0x10, splat16),
  row(0x11, splat32),
  row(0x12, splat64),
  row(0x13, splatSingle),
  row(0x14, splatDouble),
  row(0x15, extract(x64.PEXTRB, x64.MOVSX8TO32)),
  row(0x16, extract(x64.PEXTRB)),
  row(0x17, insert(x64.PINSRB, false)),
  row(0x18, extract(x64.PEXTRW, x64.MOVSX16TO32)),
  row(0x19, extract(x64.PEXTRW)),
  row(0x1a, insert(x64.PINSRW, false)),
  row(0x1b, extractWide(x64.MOVD.rmReg, x64.PEXTRD)),
  row(0x1c, insert(x64.PINSRD, true)),
  row(0x1d, extractWide(x64.MOVQ.rmReg, x64.PEXTRQ)),
  row(0x1e, insert(x64.PINSRQ, true)),
  row(
    0x1f,
    extractFloat((lane) => lane),
  ),
  row(0x20, insertSingle),
  row(
    0x21,
    extractFloat(() => UPPER_HALF),
  ),
  row(0x22, insertDouble),
  ...TRUTH_OPS.map((op): readonly [number, Rule] => [op, truth]),
  row(0x64, bitmask(x64.PMOVMSKB)),
  row(0x84, bitmask16),
  row(0xa4, bitmask(x64.MOVMSKPS)),
  row(0xc4, bitmask(x64.MOVMSKPD)),
];
