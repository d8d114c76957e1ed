/** Rules for loads and stores of vectors and of single lanes. */
import type { Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import { ValueType } from "../../../../abi/wasm.ts";
import { Op } from "../../../ir/tables/op.ts";
import { addMemoryOperand } from "../address.ts";
import type { Rule } from "../selector.ts";
import { fromMemory, one, two, zero, type Rules } from "./steps.ts";

const load =
  (encoding: Encoding): Rule =>
  (selector, value) =>
    void fromMemory(selector, encoding, value, selector.define(value));

const store: Rule = (selector, value) => {
  const instruction = selector.make(x64.MOVUPS.rmReg, value.place);
  instruction.reg = selector.use(value.args[1]!);
  addMemoryOperand(selector, instruction, value);
  selector.emit(instruction);
};

const splat8: Rule = (selector, value) => {
  const zeros = zero(selector);
  const loaded = fromMemory(selector, x64.PINSRB, value, selector.fresh(ValueType.V128), zeros);
  two(selector, x64.PSHUFB, loaded, zeros, 0, selector.define(value));
};
/** Onto a register of zeros, so that nothing waits for what was in it. */
const splat16: Rule = (selector, value) => {
  const loaded = fromMemory(selector, x64.PINSRW, value, selector.fresh(ValueType.V128), zero(selector));
  one(selector, x64.PSHUFD, one(selector, x64.PSHUFLW, loaded, 0), 0, selector.define(value));
};
const splat32: Rule = (selector, value) => {
  const loaded = fromMemory(selector, x64.MOVSS.load, value, selector.fresh(ValueType.V128));
  one(selector, x64.PSHUFD, loaded, 0, selector.define(value));
};

const loadLane =
  (encoding: Encoding): Rule =>
  (selector, value) => {
    const vector = selector.use(value.args[1]!);
    fromMemory(selector, encoding, value, selector.define(value), vector, value.immediate2);
  };

/** `lowest` for lane 0, which has a shorter way out. */
const storeLane =
  (encoding: Encoding, lowest = encoding): Rule =>
  (selector, value) => {
    const instruction = selector.make(value.immediate2 === 0 ? lowest : encoding, value.place);
    instruction.reg = selector.use(value.args[1]!);
    instruction.immediate = value.immediate2;
    addMemoryOperand(selector, instruction, value);
    selector.emit(instruction);
  };

const row = (n: number, rule: Rule): readonly [number, Rule] => [Op.Simd + n, rule];

export const VECTOR_MEMORY_RULES: Rules = [
  row(0x00, load(x64.MOVUPS.regRm)),
  row(0x01, load(x64.PMOVSXBW)),
  row(0x02, load(x64.PMOVZXBW)),
  row(0x03, load(x64.PMOVSXWD)),
  row(0x04, load(x64.PMOVZXWD)),
  row(0x05, load(x64.PMOVSXDQ)),
  row(0x06, load(x64.PMOVZXDQ)),
  row(0x07, splat8),
  row(0x08, splat16),
  row(0x09, splat32),
  row(0x0a, load(x64.MOVDDUP)),
  row(0x0b, store),
  row(0x54, loadLane(x64.PINSRB)),
  row(0x55, loadLane(x64.PINSRW)),
  row(0x56, loadLane(x64.PINSRD)),
  row(0x57, loadLane(x64.PINSRQ)),
  row(0x58, storeLane(x64.PEXTRB)),
  row(0x59, storeLane(x64.PEXTRW)),
  row(0x5a, storeLane(x64.PEXTRD, x64.MOVSS.store)),
  row(0x5b, storeLane(x64.PEXTRQ, x64.MOVSD.store)),
  row(0x5c, load(x64.MOVSS.load)),
  row(0x5d, load(x64.MOVSD.load)),
];
