/** Code that builds and leaves a frame. */
import type { Assembler } from "../../../x64/assembler.ts";
import { ABSENT } from "../../../x64/encoder.ts";
import { RAX, RSP } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Frame } from "./frame.ts";

const WORD = 8;
/** A frame that is larger than this could step over a stack's guard area: it touches the stack on its way down. */
const PROBE_STEP_BYTES = 1 << 19;
/** Scratch of tail calls: no argument travels in them. */
const RETURN_ADDRESS = 15;
const COPY = 14;

export function writePrologue(assembler: Assembler, frame: Frame): void {
  for (const physical of frame.saved) assembler.r(x64.PUSH.reg, physical);
  for (let probed = PROBE_STEP_BYTES; probed <= frame.sizeBytes; probed += PROBE_STEP_BYTES) {
    assembler.rm(x64.TEST32.rmReg, RAX, RSP, ABSENT, 1, -probed);
  }
  adjust(assembler, -frame.sizeBytes);
}

function adjust(assembler: Assembler, bytes: number): void {
  if (bytes === 0) return;
  const rows = bytes < 0 ? x64.SUB64 : x64.ADD64;
  const size = Math.abs(bytes);
  assembler.ri(size <= 127 ? rows.rmImm8 : rows.rmImm32, RSP, size);
}

export function writeEpilogue(assembler: Assembler, frame: Frame, incomingBytes: number): void {
  leave(assembler, frame);
  if (incomingBytes > 0) assembler.i(x64.RET_POP, incomingBytes);
  else assembler.none(x64.RET);
}

function leave(assembler: Assembler, frame: Frame): void {
  adjust(assembler, frame.sizeBytes);
  for (const physical of [...frame.saved].reverse()) assembler.r(x64.POP.reg, physical);
}

/**
 * Leaves the frame for a tail call: the callee's stack arguments, staged at the bottom of the frame, take the place
 * of our own, and the return address goes below them. Only r11 and the arguments' registers are alive here.
 */
export function writeTailFrame(
  assembler: Assembler,
  frame: Frame,
  incomingBytes: number,
  outgoingBytes: number,
): void {
  if (incomingBytes === 0 && outgoingBytes === 0) {
    leave(assembler, frame);
    return;
  }
  const end = frame.returnOffset + WORD + incomingBytes;
  const top = end - outgoingBytes - WORD;
  assembler.rm(x64.MOVQ.vectorRegRm, RETURN_ADDRESS, RSP, ABSENT, 1, frame.returnOffset);
  for (const [index, physical] of frame.saved.entries()) {
    assembler.rm(x64.MOV64.regRm, physical, RSP, ABSENT, 1, frame.returnOffset - WORD * (index + 1));
  }
  // From the highest word down: they move up, and may overlap.
  for (let offset = outgoingBytes - WORD; offset >= 0; offset -= WORD) {
    assembler.rm(x64.MOVQ.vectorRegRm, COPY, RSP, ABSENT, 1, offset);
    assembler.rm(x64.MOVQ.vectorRmReg, COPY, RSP, ABSENT, 1, top + WORD + offset);
  }
  assembler.rm(x64.MOVQ.vectorRmReg, RETURN_ADDRESS, RSP, ABSENT, 1, top);
  assembler.rm(x64.LEA64, RSP, RSP, ABSENT, 1, top);
}
