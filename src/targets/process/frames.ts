/** From a fault of a session's process to a trap of the program: its kind, and the functions that were running. */
import type { LinkedProgram } from "../../linker/linked.ts";
import { TrapKind } from "../../abi/trap.ts";
import { STACK_GUARD_BYTES } from "../../platform/process/start.ts";
import { notedTrap, walkStack, type Frame } from "../stack-walk.ts";

const WORD_BYTES = 8;

export interface Trap {
  readonly kind: TrapKind;
  /** The innermost first. */
  readonly frames: readonly Frame[];
}

/** What the process says of a fault; addresses of code as code offsets. */
export interface Fault {
  readonly signal: number;
  readonly instruction: number;
  readonly address: bigint;
  readonly guardStart: bigint;
  readonly codeBase: bigint;
  readonly stackPointer: bigint;
  /** The address of the first byte of `stack`. */
  readonly stackStart: bigint;
  readonly stack: Uint8Array;
}

/** Undefined if no trap of the program explains the fault. */
export function explainFault(program: LinkedProgram, fault: Fault): Trap | undefined {
  const kind = trapKind(program, fault);
  if (kind === undefined) return undefined;
  const stack = new DataView(fault.stack.buffer, fault.stack.byteOffset, fault.stack.byteLength);
  const start = Number(fault.stackPointer - fault.stackStart);
  const frames = walkStack(program, fault.instruction, (distance) => {
    const at = start + distance;
    if (at < 0 || at + WORD_BYTES > stack.byteLength) return undefined;
    return Number(stack.getBigUint64(at, true) - fault.codeBase);
  });
  return { kind, frames };
}

function trapKind(program: LinkedProgram, fault: Fault): TrapKind | undefined {
  const fromGuard = fault.address - fault.guardStart;
  if (fromGuard >= 0n && fromGuard < BigInt(STACK_GUARD_BYTES)) return TrapKind.StackExhausted;
  return notedTrap(program, fault.instruction);
}
