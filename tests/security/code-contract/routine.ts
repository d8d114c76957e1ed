/**
 * The routines that compiled code calls for ranges: no stack, no calls, memory only by their own pointers, registers
 * only those they are said to clobber. Callers have proven the ranges; that no more than these are touched is what
 * the routines' own tests show.
 */
import { FlowControl } from "iced-x86";
import { decode, type Decoded } from "./decode.ts";
import { VECTOR_INSTRUCTIONS } from "./tables/vector-instructions.ts";
import type { Violation } from "./violation.ts";

const [RCX, RDX, RSI, RDI, R8] = [1, 2, 6, 7, 8] as const;
/** rax rcx rdx rsi rdi r8 */
const CLOBBERED: ReadonlySet<number> = new Set([0, RCX, RDX, RSI, RDI, R8]);
const VECTORS_CLOBBERED = 8;
const GENERAL: ReadonlySet<string> = new Set(
  "Mov Movzx Lea Add Sub And Or Xor Neg Shl Shr Imul Cmp Test Nop Movsq Stosq".split(" "),
);

/** Violations in the code of one routine, from `start` to `end`. */
export function checkRoutine(code: Uint8Array, start: number, end: number): Violation[] {
  const instructions = decode(code, start, end);
  const starts = new Set(instructions.map(({ offset }) => offset));
  const violations = instructions.flatMap((instruction) => {
    const message = faultOf(instruction, starts);
    return message === undefined ? [] : [{ function: "routine", offset: instruction.offset, message }];
  });
  const last = instructions.at(-1);
  const isClosed = last?.end === end && (last.flow === FlowControl.Return || last.mnemonic === "Ud2");
  if (!isClosed) violations.push({ function: "routine", offset: end, message: "does not end in a return" });
  return violations;
}

function faultOf(instruction: Decoded, starts: ReadonlySet<number>): string | undefined {
  const { mnemonic, flow, target, memory, writes, operands, isRepeated } = instruction;
  if (flow === FlowControl.ConditionalBranch || flow === FlowControl.UnconditionalBranch) {
    return starts.has(target) ? undefined : "jumps out of the routine";
  }
  if (flow === FlowControl.Return) return operands.length === 0 ? undefined : "takes arguments off the stack";
  if (mnemonic === "Ud2") return undefined;
  if (flow !== FlowControl.Next) return "calls, or goes where it must not go";
  if (!GENERAL.has(mnemonic) && !VECTOR_INSTRUCTIONS.has(mnemonic)) return `has ${mnemonic.toLowerCase()}`;
  if (isRepeated !== (mnemonic === "Movsq" || mnemonic === "Stosq")) return "repeats, or does not";
  if (instruction.hasSegment || instruction.isLocked) return "has a prefix";
  if (writes.some(({ register }) => !CLOBBERED.has(register))) return "writes a register that is not its own";
  const vector = operands[0];
  if (vector?.kind === "vector" && vector.register >= VECTORS_CLOBBERED)
    return "writes a vector register that is not its own";
  if (memory === undefined || mnemonic === "Lea" || mnemonic === "Nop") return undefined;
  const isPlain = [RSI, RDI, R8].includes(memory.base as 6) && !memory.isRipRelative;
  if (!isPlain || ![-1, RCX, RDX, R8].includes(memory.index))
    return "accesses memory by what is no pointer of its own";
  return memory.writes && memory.base === RSI ? "writes its source" : undefined;
}
