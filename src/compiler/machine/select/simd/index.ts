/** The rules of the 235 vector instructions that are no constant. */
import { FLOAT_VECTOR_RULES } from "./float.ts";
import { INTEGER_VECTOR_RULES } from "./integer.ts";
import { LANE_RULES } from "./lane.ts";
import { LANEWISE_RULES } from "./lanewise.ts";
import { VECTOR_MEMORY_RULES } from "./memory.ts";
import { SHIFT_RULES } from "./shift.ts";
import { SHUFFLE_RULES } from "./shuffle.ts";
import type { Rules } from "./steps.ts";

export const SIMD_RULES: Rules = [
  ...VECTOR_MEMORY_RULES,
  ...LANEWISE_RULES,
  ...INTEGER_VECTOR_RULES,
  ...FLOAT_VECTOR_RULES,
  ...SHIFT_RULES,
  ...LANE_RULES,
  ...SHUFFLE_RULES,
];
