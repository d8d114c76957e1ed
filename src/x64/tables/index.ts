/** The instruction tables' public face: every row of every family, under one import. */
export * from "./arithmetic.ts";
export * from "./atomics.ts";
export * from "./bits.ts";
export * from "./conditional.ts";
export * from "./control.ts";
export * from "./float.ts";
export * from "./moves.ts";
export * from "./multiply-divide.ts";
export * from "./shifts.ts";
export * from "./string.ts";
export * from "./system.ts";
export * from "./vector-moves.ts";
export * from "./vector-float.ts";
export * from "./vector-integer.ts";
export * from "./vector-shuffles.ts";
