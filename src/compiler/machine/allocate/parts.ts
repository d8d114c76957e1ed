/** Which part of a register covers a position: by search, since a register that lives through a hub has many parts. */
import { lowerBound, type Interval } from "./interval.ts";
import { DROPPED } from "./scan.ts";

/** The ranges of all parts of a register by their start. */
interface Places {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly parts: readonly Interval[];
}

export class Parts {
  private readonly intervals: readonly (Interval | undefined)[];
  private readonly places = new Map<number, Places>();

  /** To be made after the scan. */
  constructor(intervals: readonly (Interval | undefined)[]) {
    this.intervals = intervals;
  }

  at(register: number, position: number): Interval {
    const first = this.intervals[register]!;
    if (first.next === undefined && first.physical !== DROPPED && first.covers(position)) return first;
    let places = this.places.get(register);
    if (places === undefined) this.places.set(register, (places = placesOf(first)));
    const index = lowerBound(places.starts, position + 1) - 1;
    if (index < 0 || places.ends[index]! <= position)
      throw new Error(`register ${register} is nowhere at ${position}`);
    return places.parts[index]!;
  }
}

function placesOf(first: Interval): Places {
  const ranges: { readonly from: number; readonly to: number; readonly part: Interval }[] = [];
  for (let part: Interval | undefined = first; part !== undefined; part = part.next) {
    if (part.physical === DROPPED) continue;
    for (let i = 0; i < part.ranges.length; i += 2) {
      ranges.push({ from: part.ranges[i]!, to: part.ranges[i + 1]!, part });
    }
  }
  ranges.sort((a, b) => a.from - b.from);
  return {
    starts: ranges.map(({ from }) => from),
    ends: ranges.map(({ to }) => to),
    parts: ranges.map(({ part }) => part),
  };
}
