/**
 * `Written` instructions with a memory operand: made here and emitted once the operand is known, for an address may
 * need instructions before it.
 */
import type { Encoding } from "../../../x64/encoding.ts";
import { Instruction, Pseudo, type Write } from "../instruction.ts";

/** Not yet emitted. `encoding` says whether `rm` may be in memory. */
export function makeWritten(write: Write, place: number, encoding?: Encoding): Instruction {
  const instruction = new Instruction(Pseudo.Written, encoding);
  instruction.write = write;
  instruction.place = place;
  return instruction;
}
