import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { chunkCount, compileModule, prepareModule, WasmError } from "../compiler/compile.ts";
import { compileInParallel } from "./compile.ts";
import { encodeCompiled } from "./compiled-form.ts";
import { largeModule } from "./large-module.harness.ts";

let cache = "";
const outerCache = process.env["SKERRY_CACHE"];

before(() => {
  cache = mkdtempSync(path.join(os.tmpdir(), "skerry-build-"));
  process.env["SKERRY_CACHE"] = cache;
});

after(() => {
  rmSync(cache, { recursive: true });
  if (outerCache === undefined) delete process.env["SKERRY_CACHE"];
  else process.env["SKERRY_CACHE"] = outerCache;
});

const module = largeModule(1);
const expected = compileModule(module);

test("any number of threads gives the same bytes", async () => {
  assert.ok(chunkCount(prepareModule(module)) > 4, "the test's module is too small");
  for (const workers of [0, 1, 2, 3]) {
    assert.deepEqual(await compileInParallel(module, { workers, cache: false }), expected);
  }
});

test("a module that is refused is refused for the same reason, with and without threads", async () => {
  const broken = module.slice();
  broken[broken.length >> 1] = 0xff;
  const reason = refusal(() => compileModule(broken));
  for (const workers of [0, 2]) {
    await assert.rejects(compileInParallel(broken, { workers, cache: false }), (error) => {
      assert.ok(error instanceof WasmError);
      assert.deepEqual([error.message, error.kind, error.offset], reason);
      return true;
    });
  }
});

test("the second time comes from the cache", async () => {
  assert.deepEqual(await compileInParallel(module), expected);
  const [entry] = readdirSync(cache).filter((name) => name.startsWith("compiled-"));
  assert.deepEqual(await compileInParallel(module), expected);
  // Were it compiled again, this could not come out.
  const other = { ...expected, contextBytes: expected.contextBytes + 16 };
  writeFileSync(path.join(cache, entry!), encodeCompiled(other));
  assert.deepEqual(await compileInParallel(module), other);
  assert.deepEqual(await compileInParallel(module, { cache: false }), expected);
});

test("initial content as data is another entry of the cache than the same as code", async () => {
  const data = compileModule(module, { initial: "data" });
  assert.notDeepEqual(data, expected);
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await compileInParallel(module, { initial: "data" }), data);
    assert.deepEqual(await compileInParallel(module, { initial: "data", workers: 2, cache: false }), data);
  }
  assert.deepEqual(await compileInParallel(module, { cache: false }), expected);
});

test("a harmed file in the cache is replaced", async () => {
  const another = largeModule(2);
  const good = await compileInParallel(another);
  const files = readdirSync(cache).map((name) => path.join(cache, name));
  for (const harm of HARMS) {
    for (const file of files) writeFileSync(file, harm(readFileSync(file)));
    assert.deepEqual(await compileInParallel(another), good);
    assert.deepEqual(await compileInParallel(another), good);
  }
});

const HARMS: readonly ((bytes: Buffer) => Uint8Array)[] = [
  (bytes) => bytes.subarray(0, bytes.length >> 1),
  () => new Uint8Array(0),
  (bytes) => Buffer.concat([bytes, Buffer.from([0])]),
  (bytes) => {
    bytes[bytes.length - 100]! ^= 1;
    return bytes;
  },
];

test("a small module leaves nothing in the cache", async () => {
  const before = readdirSync(cache).length;
  const small = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  assert.deepEqual(await compileInParallel(small), compileModule(small));
  assert.equal(readdirSync(cache).length, before);
});

function refusal(compile: () => unknown): unknown {
  try {
    compile();
  } catch (error) {
    assert.ok(error instanceof WasmError);
    return [error.message, error.kind, error.offset];
  }
  return assert.fail("it was accepted");
}
