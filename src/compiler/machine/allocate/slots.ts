/** Gives every virtual register that needs a home a stack slot; those that never live at once share. */
import type { MachineFunction } from "../program.ts";
import type { Interval } from "./interval.ts";

export interface Slots {
  /** By virtual register: bytes above the bottom of the area; -1 for those without a home. */
  readonly offsets: Int32Array;
  readonly sizeBytes: number;
}

export function assignSlots(
  func: MachineFunction,
  intervals: readonly (Interval | undefined)[],
  hasHome: (register: number) => boolean,
): Slots {
  const offsets = new Int32Array(func.registers.length).fill(-1);
  const spilled = intervals.filter((each): each is Interval => each !== undefined && hasHome(each.register));
  spilled.sort((a, b) => a.start - b.start);
  // The large ones first, so that all of them lie at multiples of 16.
  let sizeBytes = 0;
  for (const size of [16, 8]) {
    const free: { offset: number; until: number }[] = [];
    for (const interval of spilled) {
      if ((interval.info.bytes === 16 ? 16 : 8) !== size) continue;
      const end = lastEnd(interval);
      const slot = free.find((each) => each.until <= interval.start);
      if (slot !== undefined) {
        slot.until = end;
        offsets[interval.register] = slot.offset;
      } else {
        offsets[interval.register] = sizeBytes;
        free.push({ offset: sizeBytes, until: end });
        sizeBytes += size;
      }
    }
  }
  return { offsets, sizeBytes };
}

function lastEnd(interval: Interval): number {
  let end = 0;
  for (let part: Interval | undefined = interval; part !== undefined; part = part.next) {
    end = Math.max(end, part.end);
  }
  return end;
}
