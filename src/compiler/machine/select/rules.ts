/** Every operation's rule. */
import { Op } from "../../ir/tables/op.ts";
import { ATOMIC_RULES } from "./atomic.ts";
import { BULK_RULES } from "./bulk.ts";
import { CALL_RULES } from "./call.ts";
import { CONVERSION_RULES } from "./conversion.ts";
import { CHOICE_RULES } from "./choice.ts";
import { DIVISION_RULES } from "./division.ts";
import { FLOAT_RULES } from "./float.ts";
import { INTEGER_RULES } from "./integer.ts";
import { MEMORY_RULES } from "./memory.ts";
import type { Rule } from "./selector.ts";
import { SIMD_RULES } from "./simd/index.ts";
import { TABLE_RULES } from "./table.ts";

const RULES: (Rule | undefined)[] = new Array<Rule | undefined>(Op.End).fill(undefined);
for (const family of [
  INTEGER_RULES,
  DIVISION_RULES,
  CHOICE_RULES,
  FLOAT_RULES,
  CONVERSION_RULES,
  MEMORY_RULES,
  CALL_RULES,
  BULK_RULES,
  TABLE_RULES,
  ATOMIC_RULES,
  SIMD_RULES,
]) {
  for (const [op, rule] of family) RULES[op] = rule;
}

export function ruleOf(op: number): Rule {
  const rule = RULES[op];
  if (rule === undefined) throw new Error(`operation 0x${op.toString(16)} has no rule`);
  return rule;
}
