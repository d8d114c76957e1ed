import test from "node:test";
import assert from "node:assert/strict";
import { writeFilter } from "../platform/process/seccomp.ts";
import { ImageFault } from "./image-fault.ts";
import { readFilter } from "./system-calls.ts";

test("a filter is read as what it allows", () => {
  const filter = writeFilter([
    { call: 271 },
    { call: 1, argument: 0, values: [1, 2, 4] },
    { call: 10, argument: 2, values: [3] },
  ]);
  assert.deepEqual(readFilter(filter), [
    { name: "write", number: 1, when: "argument 0 is 1 or 2 or 4" },
    { name: "mprotect", number: 10, when: "argument 2 is 3" },
    { name: "ppoll", number: 271 },
  ]);
  assert.deepEqual(readFilter(writeFilter([])), []);
});

test("a filter that is more generous than ours can be is refused, not described", () => {
  const filter = writeFilter([{ call: 1, argument: 0, values: [1] }]);
  const view = new DataView(filter.buffer);
  const changes: readonly (() => void)[] = [
    () => view.setUint8(6 * 8 + 3, 1), // where the argument does not fit, over the kill
    () => view.setUint16(6 * 8, 0x25, true), // greater than, in place of equal
    () => view.setUint32(7 * 8 + 4, 0x7fff_0000, true), // allow, in place of kill
  ];
  const original = filter.slice();
  for (const change of changes) {
    filter.set(original);
    change();
    assert.notDeepEqual(filter, original);
    assert.throws(() => readFilter(filter), ImageFault);
  }
  assert.throws(() => readFilter(original.slice(0, 24)), ImageFault);
});
