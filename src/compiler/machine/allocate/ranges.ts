/**
 * Lists of ranges [from, to) of positions, flat: from, to, from, to, ... They are built backwards, as the code is
 * walked, with the last range first; then turned round.
 */

/** No position at all: after everything. */
export const NEVER = 0x3fff_ffff;

/** Adds a range that starts before all there are; what touches is joined. */
export function addDescending(ranges: number[], from: number, to: number): void {
  const last = ranges.length - 2;
  if (last >= 0 && ranges[last]! <= to) {
    if (from < ranges[last]!) ranges[last] = from;
    if (to > ranges[last + 1]!) ranges[last + 1] = to;
  } else {
    ranges.push(from, to);
  }
}

/** The same ranges, the first one first. */
export function ascending(descending: readonly number[]): number[] {
  const ranges: number[] = [];
  for (let i = descending.length - 2; i >= 0; i -= 2) ranges.push(descending[i]!, descending[i + 1]!);
  return ranges;
}

/** The first position in both lists of ranges, the second looked at from its element `j` (even) on; or NEVER. */
export function firstCommon(a: readonly number[], b: readonly number[], j: number): number {
  let i = 0;
  while (i < a.length && j < b.length) {
    const from = Math.max(a[i]!, b[j]!);
    if (from < a[i + 1]! && from < b[j + 1]!) return from;
    if (a[i + 1]! <= b[j + 1]!) i += 2;
    else j += 2;
  }
  return NEVER;
}
