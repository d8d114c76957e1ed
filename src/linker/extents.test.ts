import test from "node:test";
import assert from "node:assert/strict";
import { extentsOf, piecesOf } from "./extents.ts";

const PAGE = 4096;

function image(pages: number, marks: readonly number[]) {
  const bytes = new Uint8Array(pages * PAGE);
  for (const at of marks) bytes[at] = 1;
  return { displacement: -PAGE, bytes };
}
const shape = (marks: readonly number[], pages = 100) =>
  extentsOf(image(pages, marks)).map(({ displacement, bytes }) => [displacement / PAGE, bytes.length / PAGE]);

test("long stretches of zeros are left out, short ones are not", () => {
  assert.deepEqual(shape([0]), [[-1, 1]]);
  assert.deepEqual(shape([0, 10 * PAGE]), [[-1, 11]]);
  assert.deepEqual(shape([0, 17 * PAGE]), [[-1, 18]], "sixteen pages between");
  assert.deepEqual(shape([0, 18 * PAGE]), [
    [-1, 1],
    [17, 1],
  ]);
  assert.deepEqual(shape([50 * PAGE + 7, 99 * PAGE]), [
    [49, 1],
    [98, 1],
  ]);
  assert.deepEqual(shape([]), []);
});

test("the last extent ends where the content does", () => {
  const bytes = new Uint8Array(PAGE + 3).fill(1);
  assert.deepEqual(extentsOf({ displacement: 0, bytes }), [{ displacement: 0, bytes }]);
});

test("pieces and the zeros between them are the whole", () => {
  const bytes = new Uint8Array(5000);
  for (const at of [0, 3, 600, 601, 1500, 4999]) bytes[at] = at % 255 || 1;
  const pieces = piecesOf(bytes);
  assert.deepEqual(
    pieces.map(({ offset }) => offset),
    [0, 592, 1488, 4992],
  );
  const again = new Uint8Array(bytes.length);
  for (const piece of pieces) again.set(piece.bytes, piece.offset);
  assert.deepEqual(again, bytes);
});
