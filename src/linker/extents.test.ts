import test from "node:test";
import assert from "node:assert/strict";
import { extentsOf } from "./extents.ts";

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
