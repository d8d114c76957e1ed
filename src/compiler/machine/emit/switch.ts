/**
 * The end of a block that has many ways to go: comparisons one by one, or, where the instruction has registers for it, a
 * table of distances from itself.
 *
 * All of it is one instruction to the allocator, since moves between its branches would be missing on the earlier ones.
 */
import { Relocation } from "../../../abi/object.ts";
import type { Assembler } from "../../../x64/assembler.ts";
import { Condition } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import { SWITCH_SCRATCH, type Instruction } from "../instruction.ts";

/** `labels` by case, the last for all others; `falls` if that one comes next anyway. */
export function writeSwitch(
  assembler: Assembler,
  { reg, clobbers }: Instruction,
  labels: readonly number[],
  falls: boolean,
): void {
  const otherwise = labels.at(-1)!;
  const cases = labels.slice(0, -1);
  if (clobbers === 0) {
    for (const [number, label] of cases.entries()) {
      compare(assembler, reg, number);
      assembler.branch(Condition.Equal, label);
    }
    if (!falls) assembler.jump(otherwise);
    return;
  }
  const [table, target] = SWITCH_SCRATCH;
  compare(assembler, reg, cases.length);
  assembler.branch(Condition.AboveOrEqual, otherwise);
  assembler.rip(x64.LEA64, table, Relocation.Constant, assembler.jumpTable(cases), 0);
  assembler.rm(x64.MOVSX32TO64, target, table, reg, 4, 0);
  assembler.rr(x64.ADD64.regRm, target, table);
  assembler.r(x64.JMP, target);
}

function compare(assembler: Assembler, reg: number, number: number): void {
  if (number === 0) assembler.rr(x64.TEST32.rmReg, reg, reg);
  else assembler.ri(number <= 127 ? x64.CMP32.rmImm8 : x64.CMP32.rmImm32, reg, number);
}
