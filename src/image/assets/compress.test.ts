import test from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { Coding } from "../../abi/assets.ts";
import { codingsOf } from "./compress.ts";

const cache = mkdtempSync(path.join(tmpdir(), "skerry-compress-"));
const before = process.env["SKERRY_CACHE"];
process.env["SKERRY_CACHE"] = cache;
test.after(() => {
  if (before === undefined) delete process.env["SKERRY_CACHE"];
  else process.env["SKERRY_CACHE"] = before;
  rmSync(cache, { recursive: true });
});

const LARGE = 300 * 1024;

/** As random as it gets, and always the same. */
function dense(sizeBytes: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(sizeBytes / 64) }, (_, index) =>
    createHash("sha512").update(String(index)).digest(),
  );
  return new Uint8Array(Buffer.concat(blocks).subarray(0, sizeBytes));
}

/** How often something was compressed: each time leaves a file in the cache. */
const compressed = (): number => readdirSync(cache).length;

test("a large content that is dense already is not compressed at all", async () => {
  const count = compressed();
  assert.equal((await codingsOf(dense(LARGE))).size, 0);
  assert.equal(compressed(), count);
});

test("a large one that shrinks is, also where only a part of it does; and a small one, whatever it is", async () => {
  const text = new TextEncoder().encode("the same line again and again\n".repeat(10_000));
  const count = compressed();
  const codings = await codingsOf(text);
  assert.deepEqual([...codings.keys()], [Coding.Gzip, Coding.Brotli]);
  assert.deepEqual(gunzipSync(codings.get(Coding.Gzip)!), Buffer.from(text));
  assert.equal(compressed(), count + 2);
  const mixed = dense(LARGE);
  mixed.set(text.subarray(0, LARGE / 4), LARGE / 2);
  assert.equal((await codingsOf(mixed)).size, 2);
  await codingsOf(dense(4096));
  assert.equal(compressed(), count + 6);
});
