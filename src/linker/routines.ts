/** The routines that are the same on every platform, as one piece of code. */
import { Routine } from "../abi/object.ts";
import { Assembler, Padding, type Assembled } from "../x64/assembler.ts";
import { emitRoutine, type PureRoutine } from "../x64/routines/routine.ts";

const PURE_ROUTINES: readonly PureRoutine[] = [Routine.Copy, Routine.Fill, Routine.FillReferences];
const ALIGNMENT = 16;

export interface EmittedRoutines {
  readonly assembled: Assembled;
  /** Offsets in the code; those of the platform are absent. */
  readonly offsets: ReadonlyMap<Routine, number>;
}

export function emitRoutines(): EmittedRoutines {
  const assembler = new Assembler();
  const labels = PURE_ROUTINES.map((routine) => {
    const label = assembler.label();
    assembler.align(ALIGNMENT, Padding.Trap);
    assembler.bind(label);
    emitRoutine(assembler, routine);
    return label;
  });
  assembler.align(ALIGNMENT, Padding.Trap);
  const assembled = assembler.finish();
  const offsets = new Map(PURE_ROUTINES.map((routine, at) => [routine, assembled.labels[labels[at]!]!]));
  return { assembled, offsets };
}
