/**
 * A squarified treemap: areas in proportion to sizes, rectangles as square as can be. A pure function.
 *
 * Source: Bruls, Huizing, van Wijk: "Squarified Treemaps", 2000.
 *
 * Tests: treemap.test.ts
 */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Tile<Item> extends Rectangle {
  readonly item: Item;
}

/** `items` largest first, each larger than nothing; the tiles fill `area`. */
export function treemap<Item extends { readonly sizeBytes: number }>(
  items: readonly Item[],
  area: Rectangle,
): Tile<Item>[] {
  const whole = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const scale = (area.width * area.height) / whole;
  const tiles: Tile<Item>[] = [];
  let rest = area;
  for (let start = 0; start < items.length;) {
    const side = Math.min(rest.width, rest.height);
    let end = start + 1;
    while (
      end < items.length &&
      worst(items.slice(start, end + 1), scale, side) <= worst(items.slice(start, end), scale, side)
    ) {
      end++;
    }
    const row = items.slice(start, end);
    rest = layRow(row, scale, rest, tiles);
    start = end;
  }
  return tiles;
}

/** Of a row along a side: how far from square its worst rectangle is. */
function worst(row: readonly { readonly sizeBytes: number }[], scale: number, side: number): number {
  const areas = row.map(({ sizeBytes }) => sizeBytes * scale);
  const sum = areas.reduce((all, each) => all + each, 0);
  return Math.max(
    ...areas.map((each) => Math.max((side * side * each) / (sum * sum), (sum * sum) / (side * side * each))),
  );
}

/** Lays the row along the shorter side, and gives what is left. */
function layRow<Item extends { readonly sizeBytes: number }>(
  row: readonly Item[],
  scale: number,
  rest: Rectangle,
  tiles: Tile<Item>[],
): Rectangle {
  const sum = row.reduce((all, { sizeBytes }) => all + sizeBytes * scale, 0);
  const isUpright = rest.width >= rest.height;
  const thickness = sum / (isUpright ? rest.height : rest.width);
  let along = 0;
  for (const item of row) {
    const length = (item.sizeBytes * scale) / thickness;
    tiles.push(
      isUpright
        ? { item, x: rest.x, y: rest.y + along, width: thickness, height: length }
        : { item, x: rest.x + along, y: rest.y, width: length, height: thickness },
    );
    along += length;
  }
  return isUpright
    ? { ...rest, x: rest.x + thickness, width: rest.width - thickness }
    : { ...rest, y: rest.y + thickness, height: rest.height - thickness };
}
