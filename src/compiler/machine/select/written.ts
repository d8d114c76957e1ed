/**
 * `Written` instructions with a memory operand: made here and emitted once the operand is known, for an address may
 * need instructions before it.
 */
import type { Encoding } from "../../../x64/encoding.ts";
import { Instruction, Pseudo, type Write, type Writer } from "../instruction.ts";

/** Not yet emitted. `encoding` says whether `rm` may be in memory. */
export function makeWritten(write: Write, place: number, encoding?: Encoding): Instruction {
  const instruction = new Instruction(Pseudo.Written, encoding);
  instruction.write = write;
  instruction.place = place;
  return instruction;
}

/** As `Writer.withRm`, of an operand in linear memory too: the place is noted as one that can trap. */
export function withOperand(writer: Writer, encoding: Encoding, reg: number, instruction: Instruction): void {
  if (instruction.trap !== 0) writer.assembler.trapSite(instruction.trap, instruction.place);
  writer.withRm(encoding, reg, instruction);
}
