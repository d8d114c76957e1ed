/**
 * Where to cut an interval: where it costs least.
 *
 * A cut inside a block is a move there; a cut at a block's start costs moves on the edges into it that need one. So
 * of all places between two positions the best is the start of the block that runs least often, and of equals the
 * last one: the value stays longest where it is.
 */
import type { MachineBlock } from "../program.ts";
import { lowerBound } from "./interval.ts";
import { STEP } from "./liveness.ts";

export class SplitPlaces {
  private readonly starts: number[];
  private readonly blocks: readonly MachineBlock[];

  constructor(blocks: readonly MachineBlock[]) {
    this.blocks = blocks;
    this.starts = blocks.map((block) => block.from);
  }

  blockAt(position: number): MachineBlock {
    let index = lowerBound(this.starts, position + 1) - 1;
    // Empty blocks share their start with the next.
    while (this.blocks[index]!.to <= position && index + 1 < this.blocks.length) index++;
    return this.blocks[index]!;
  }

  isBlockStart(position: number): boolean {
    return this.starts[lowerBound(this.starts, position)] === position;
  }

  /** The best position p with `low` <= p <= `high`; both are starts of instructions. */
  best(low: number, high: number): number {
    if (low >= high) return high;
    const first = lowerBound(this.starts, low);
    const last = lowerBound(this.starts, high + 1) - 1;
    let best = high;
    let lowest = this.blockAt(high).frequency;
    for (let index = last; index >= first; index--) {
      const block = this.blocks[index]!;
      if (block.frequency >= lowest) continue;
      lowest = block.frequency;
      best = block.from;
    }
    // Before the jump that ends the block of `low`, whose start lies before it.
    const block = this.blockAt(low);
    if (block.frequency < lowest && block.to <= high) best = Math.max(low, block.to - STEP);
    return best;
  }
}
