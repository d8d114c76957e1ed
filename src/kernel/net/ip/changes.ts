/**
 * Counts what may send datagrams another way: this machine's addresses, and what is believed of neighbours. Whoever
 * keeps a way keeps the count with it.
 */
let changes: u32 = 1;

export function noteChange(): void {
  changes++;
}

/** Never 0 while it matters: a kept 0 is of no time. */
export function changeCount(): u32 {
  return changes;
}
