import test from "node:test";
import assert from "node:assert/strict";
import { treemap } from "./treemap.ts";

const area = { x: 10, y: 20, width: 300, height: 200 };
const near = (one: number, other: number) => Math.abs(one - other) < 1e-6;

test("tiles are to scale, lie inside, and none covers another", () => {
  for (const sizes of [
    [1],
    [5, 5, 5, 5],
    [1654112, 692256, 94160, 17616, 12275, 800, 52],
    [1000, ...Array<number>(60).fill(1)],
  ]) {
    const items = sizes.map((sizeBytes) => ({ sizeBytes }));
    const tiles = treemap(items, area);
    assert.deepEqual(
      tiles.map(({ item }) => item),
      items,
    );
    const whole = sizes.reduce((sum, each) => sum + each, 0);
    for (const { item, x, y, width, height } of tiles) {
      assert.ok(near(width * height, (item.sizeBytes / whole) * area.width * area.height));
      assert.ok(x > area.x - 1e-6 && x + width < area.x + area.width + 1e-6);
      assert.ok(y > area.y - 1e-6 && y + height < area.y + area.height + 1e-6);
    }
    for (const [index, one] of tiles.entries()) {
      for (const other of tiles.slice(index + 1)) {
        const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
        const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
        assert.ok(Math.min(across, down) < 1e-6);
      }
    }
  }
});

test("equal sizes become squares where there is room for squares", () => {
  const tiles = treemap(
    Array.from({ length: 6 }, () => ({ sizeBytes: 7 })),
    { x: 0, y: 0, width: 300, height: 200 },
  );
  for (const { width, height } of tiles) assert.ok(near(width, 100) && near(height, 100));
});
