/**
 * One function as machine instructions over virtual registers: what selection makes and allocation completes.
 */
import type { Value } from "../ir/graph.ts";
import type { Instruction } from "./instruction.ts";

export interface MachinePhi {
  readonly def: number;
  /** One for each predecessor. */
  readonly args: number[];
}

export interface MachineLoop {
  readonly outer: MachineLoop | undefined;
  readonly depth: number;
  readonly frequency: number;
  /** Positions: its warm blocks lie between these. */
  from: number;
  to: number;
}

export class MachineBlock {
  index = -1;
  readonly phis: MachinePhi[] = [];
  instructions: Instruction[] = [];
  predecessors: MachineBlock[] = [];
  successors: MachineBlock[] = [];
  frequency = 1;
  /** Of its frequency, how much it really gets where the loop chooses one of many ways (`regions.ts`). */
  share = 1;
  /** The innermost loop it lies in. */
  loop: MachineLoop | undefined = undefined;
  /** Of a block that ends in a switch: successors by case, the last for all others. */
  cases: readonly number[] = [];
  /** Instructions at the end that belong to how the block ends: nothing is put between them. */
  endingCount = 0;
  /** Head of a loop: worth aligning. */
  isLoopHeader = false;
  /** Positions: of the first instruction, and one past the last. */
  from = 0;
  to = 0;

  get loopDepth(): number {
    return this.loop?.depth ?? 0;
  }
}

/** A virtual register: assigned once. */
export interface VirtualRegister {
  readonly isVector: boolean;
  readonly bytes: 4 | 8 | 16;
  /** Made anew wherever it is needed, never kept in a stack slot. */
  readonly constant: Value | undefined;
}

export class MachineFunction {
  blocks: MachineBlock[] = [];
  readonly registers: VirtualRegister[] = [];
  loops: MachineLoop[] = [];
  /** Bytes at the bottom of the frame for calls' stack arguments and results. */
  outgoingBytes = 0;
  /** Of our own stack arguments: what `ret` takes off. */
  incomingBytes = 0;
  hasCalls = false;

  register(isVector: boolean, bytes: 4 | 8 | 16, constant?: Value): number {
    this.registers.push({ isVector, bytes, constant });
    return this.registers.length - 1;
  }
}
