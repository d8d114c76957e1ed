/** Instructions in sixteen kinds: index these tables by `Condition`. */
import { extended, integer, Role, type Encoding } from "../encoding.ts";

const SUFFIXES = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

/** 0 or 1 in a byte; the rest of the register stays. */
export const SETCC: readonly Encoding[] = SUFFIXES.map((suffix, condition) =>
  extended(`set${suffix}`, 1, 0x90, 0, Role.Write, { map: 1, opcode: 0x90 + condition }),
);

/** `rm` is read, and a 32-bit target's upper half cleared, whether or not the condition holds. */
const conditionalMoves = (width: 4 | 8): readonly Encoding[] =>
  SUFFIXES.map((suffix, condition) =>
    integer(`cmov${suffix}`, width, 0x40 + condition, Role.ReadWrite, Role.Read, { map: 1 }),
  );
export const CMOV32 = conditionalMoves(4);
export const CMOV64 = conditionalMoves(8);
