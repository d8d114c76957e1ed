import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { cached } from "./cache.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
test.after(() => rmSync(FOLDER, { recursive: true }));
process.env["SKERRY_CACHE"] = FOLDER;

const make = () => Promise.resolve(Uint8Array.of(1, 2, 3));
const refuse = () => Promise.reject(new Error("was to be found"));

test("what was made is kept", async () => {
  await cached("kept", make);
  assert.deepEqual([...(await cached("kept", refuse))], [1, 2, 3]);
});

test("what is not whole is made anew", async () => {
  const two = await cached(
    "kept",
    () => Promise.resolve(Uint8Array.of(4, 5)),
    (bytes) => bytes.length === 2,
  );
  assert.deepEqual([...two], [4, 5]);
  assert.deepEqual([...(await cached("kept", refuse))], [4, 5]);
});

test("what cannot be kept is given all the same, and nothing of it stays on the disk", async () => {
  mkdirSync(path.join(FOLDER, "taken/by a folder"), { recursive: true });
  assert.deepEqual([...(await cached("taken", make))], [1, 2, 3]);
  assert.deepEqual(readdirSync(FOLDER).sort(), ["kept", "taken"]);
});
