/** Holds an allocation against its own rules; used by tests, and by whoever looks for a fault. */
import type { FixedRanges } from "./fixed.ts";
import { type Interval } from "./interval.ts";
import { NEVER } from "./ranges.ts";

/** What is wrong: parts that share a register while both live, or a register that an instruction takes. */
export function findConflicts(intervals: readonly (Interval | undefined)[], fixed: FixedRanges): string[] {
  const found: string[] = [];
  const ranges: { physical: number; register: number; from: number; to: number }[] = [];
  for (const interval of intervals) {
    for (let part = interval; part !== undefined; part = part.next) {
      if (part.physical < 0) continue;
      const taken = fixed.intersection(part.physical, part.ranges);
      if (taken < NEVER)
        found.push(`register ${part.register} lives in ${part.physical} at ${taken}, which is taken`);
      for (let i = 0; i < part.ranges.length; i += 2) {
        const [from, to] = [part.ranges[i]!, part.ranges[i + 1]!];
        ranges.push({ physical: part.physical, register: part.register, from, to });
      }
    }
  }
  ranges.sort((a, b) => a.physical - b.physical || a.from - b.from);
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1];
    if (next === undefined || next.physical !== range.physical || next.from >= range.to) continue;
    found.push(`registers ${range.register} and ${next.register} share ${range.physical} at ${next.from}`);
  }
  return found;
}
