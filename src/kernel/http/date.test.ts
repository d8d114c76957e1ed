import test from "node:test";
import assert from "node:assert/strict";
import { assemble, textAt } from "../../../tools/assembly-test.ts";

const ROOT = `
import { emitDate, DATE_SIZE } from "./date";
import { reserve } from "../memory/arena";
const line = reserve(64);
export function at(seconds: i64): usize { emitDate(line, seconds); return line; }
export function size(): u32 { return DATE_SIZE; }
`;

test("agrees with JavaScript's calendar for four thousand days over ten centuries", async () => {
  const kernel = await assemble("http/date-root.ts", ROOT);
  for (let day = 0; day < 4000; day++) {
    const seconds = day * 91 * 86400 + ((day * 7919) % 86400);
    const line = textAt(kernel.memory, kernel.at(BigInt(seconds)), kernel.size());
    assert.equal(line, `Date: ${new Date(seconds * 1000).toUTCString()}\r\n`);
  }
});

test("knows leap days and the turn of centuries", async () => {
  const kernel = await assemble("http/date-root.ts", ROOT);
  for (const date of ["2000-02-29", "2024-02-29", "2024-03-01", "2099-12-31", "2100-02-28", "2100-03-01"]) {
    const time = Date.parse(`${date}T23:59:59Z`);
    const line = textAt(kernel.memory, kernel.at(BigInt(time / 1000)), kernel.size());
    assert.equal(line, `Date: ${new Date(time).toUTCString()}\r\n`);
  }
});
