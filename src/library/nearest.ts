/** The name that somebody meant who wrote another: the nearest one, if it is near. */

/** Undefined where none is near: more than a third of the letters would have to change. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const name of names) {
    const changes = text.length > 2 && name.startsWith(text) ? 1 : distance(text, name);
    if (changes < least) [best, least] = [name, changes];
  }
  return best;
}

/** Letters to be changed, put in, taken out or exchanged with their neighbour (optimal string alignment). */
function distance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let changes = Math.min(rows[row - 1]![column - 1]! + (isSame ? 0 : 1), line[column - 1]! + 1);
      changes = Math.min(changes, rows[row - 1]![column]! + 1);
      const isSwap =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      line.push(isSwap ? Math.min(changes, rows[row - 2]![column - 2]! + 1) : changes);
    }
    rows.push(line);
  }
  return rows[one.length]![other.length]!;
}
