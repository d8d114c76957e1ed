/**
 * The routines of `src/abi/object.ts` that need nothing of a platform: straight code without relocations.
 *
 * They touch exactly the bytes asked for, so whoever calls has checked the bounds. The direction flag is clear, as
 * it always is in compiled code.
 * Tests: routine.test.ts runs them as a Linux program.
 */
import { Routine } from "../../abi/object.ts";
import type { Assembler } from "../assembler.ts";
import { emitCopy } from "./copy.ts";
import { emitFill, emitFillReferences } from "./fill.ts";

export type PureRoutine = Routine.Copy | Routine.Fill | Routine.FillReferences;

/** Emits the routine at the assembler's position, which should be a multiple of 16. */
export function emitRoutine(assembler: Assembler, routine: PureRoutine): void {
  if (routine === Routine.Copy) emitCopy(assembler);
  else if (routine === Routine.Fill) emitFill(assembler);
  else emitFillReferences(assembler);
}
