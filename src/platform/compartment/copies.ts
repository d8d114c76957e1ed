/**
 * `copyIn` and `copyOut`: the only way for bytes between a compartment's memory and the kernel's.
 *
 * Both ranges are checked: the app's lies inside one that the running service call lent for this, the kernel's inside
 * its memory. Else the kernel has a bug, and the machine ends.
 */
import { MemoryHeader, Relocation, Routine } from "../../abi/object.ts";
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, MEMORY_BASE, R10, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { CMP64, LEA64, MOV32 } from "../../x64/tables/index.ts";
import { emitFault, loadCompartmentBase, type Code } from "./code.ts";
import { LEND_BYTES, RANGES_LIMIT } from "./gate.ts";
import { Live } from "./state.ts";

/** rax: the kernel's pointer, rdx: the app's, rcx: bytes. */
export function emitCopyIn(code: Code): void {
  const { a } = code;
  emitChecks(code, { kernel: RAX, app: RDX, lends: Live.Lends });
  a.rm(LEA64, RDI, MEMORY_BASE, RAX, 1, 0);
  a.rm(LEA64, RSI, R8, RDX, 1, 0);
  emitCopy(code);
}

/** rax: the app's pointer, rdx: the kernel's, rcx: bytes. */
export function emitCopyOut(code: Code): void {
  const { a } = code;
  emitChecks(code, { kernel: RDX, app: RAX, lends: Live.Lends + RANGES_LIMIT * LEND_BYTES });
  a.rm(LEA64, RDI, R8, RAX, 1, 0);
  a.rm(LEA64, RSI, MEMORY_BASE, RDX, 1, 0);
  emitCopy(code);
}

interface Checked {
  readonly kernel: number;
  readonly app: number;
  /** Offset of the ranges in the state. */
  readonly lends: number;
}

/** rcx: bytes. r8: the base of the app's memory. */
function emitChecks(code: Code, { kernel, app, lends }: Checked): void {
  const { a } = code;
  const [bad, good] = [a.label(), a.label()];
  const load32 = (to: number, offset: number): void => {
    a.rip(MOV32.regRm, to, Relocation.DataSegment, Place.State, offset);
  };
  a.rm(LEA64, R8, kernel, RCX, 1, 0);
  a.rm(CMP64.regRm, R8, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.Above, bad);
  for (let range = 0; range < RANGES_LIMIT; range++) {
    const next = a.label();
    load32(R9, lends + range * LEND_BYTES);
    load32(R10, lends + range * LEND_BYTES + 4);
    a.move(R8, app);
    a.subtract(R8, R9);
    a.branch(Condition.Below, next);
    a.add(R8, RCX);
    a.compare(R8, R10);
    a.branch(Condition.BelowOrEqual, good);
    a.bind(next);
  }
  emitFault(a, bad);
  a.bind(good);
  a.loadPlace(R8, Place.State, Live.Current);
  loadCompartmentBase(code, R8, R8);
}

function emitCopy({ a }: Code): void {
  a.move(RDX, RCX);
  a.jumpRelocated(Relocation.Routine, Routine.Copy);
}
