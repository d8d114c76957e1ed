import test from "node:test";
import assert from "node:assert/strict";
import { LineReader, parseControlRecord } from "./control-records.ts";

test("each kind of record is read", () => {
  assert.deepEqual(parseControlRecord("started"), { kind: "started" });
  assert.deepEqual(parseControlRecord("exit 134"), { kind: "exit", status: 134 });
  assert.deepEqual(parseControlRecord("abort 0 no such (main.ts:3:5)"), {
    kind: "abort",
    who: 0,
    text: "no such (main.ts:3:5)",
  });
  assert.deepEqual(parseControlRecord("trap kernel e 1f0 fffffffffffffff0 8:20 28:1a3"), {
    kind: "trap",
    who: "kernel",
    cause: 14,
    code: 0x1f0,
    address: 0xffff_ffff_ffff_fff0n,
    words: new Map([
      [8, 0x20],
      [0x28, 0x1a3],
    ]),
  });
});

test("what is no record is told as it is", () => {
  const lines = [
    "",
    "exit",
    "exit -1",
    "exit 1 2",
    "started now",
    "trap 0 6",
    "trap 0 6 10 zz",
    "trap 0 6 10 0 8",
    "trap 0 6 10 0 8:9:a",
    `trap 0 6 10 0${" 8:9".repeat(257)}`,
    "constructor x",
    "hello there",
  ];
  for (const line of lines) assert.deepEqual(parseControlRecord(line), { kind: "unknown", line });
});

test("lines are taken out of pieces, and a line without an end is bounded", () => {
  const lines: string[] = [];
  const reader = new LineReader((line) => lines.push(line));
  for (const piece of ["sta", "rted\nexit", " 7\r\n", "€"]) reader.push(Buffer.from(piece));
  assert.deepEqual(lines, ["started", "exit 7"]);
  for (let count = 0; count < 100; count++) reader.push(Buffer.alloc(10_000, "a"));
  reader.push(Buffer.from("\n"));
  assert.equal(lines[2]!.length, 16384);
});
