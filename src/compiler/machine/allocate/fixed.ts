/** When physical registers are taken by instructions themselves: calls, divisions, shifts by cl. */
import { addDescending, ascending, firstCommon } from "./ranges.ts";

export const PHYSICAL_COUNT = 32;

export class FixedRanges {
  /** For each physical register: from, to, from, to, ... ascending once finished. */
  private readonly ranges: number[][] = Array.from({ length: PHYSICAL_COUNT }, () => []);

  /** Added in descending order of position. */
  block(physical: number, from: number, to: number): void {
    addDescending(this.ranges[physical]!, from, to);
  }

  /** `mask` has a bit for each physical register. */
  clobber(mask: number, from: number, to: number): void {
    for (let rest = mask; rest !== 0; rest &= rest - 1) this.block(31 - Math.clz32(rest & -rest), from, to);
  }

  finish(): void {
    for (const [physical, ranges] of this.ranges.entries()) this.ranges[physical] = ascending(ranges);
  }

  /** The first position of `ranges` at which `physical` is taken, or NEVER. */
  intersection(physical: number, ranges: readonly number[]): number {
    const fixed = this.ranges[physical]!;
    if (fixed.length === 0) return firstCommon(ranges, fixed, 0);
    return firstCommon(ranges, fixed, firstEndingAfter(fixed, ranges[0]!));
  }
}

/** The index of the first pair whose end lies after `position`. */
function firstEndingAfter(pairs: readonly number[], position: number): number {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pairs[middle * 2 + 1]! <= position) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}
