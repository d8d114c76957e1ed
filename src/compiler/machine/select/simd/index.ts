/** Rules for vectors. */
import type { Rule } from "../selector.ts";

export const SIMD_RULES: readonly (readonly [op: number, rule: Rule])[] = [];
