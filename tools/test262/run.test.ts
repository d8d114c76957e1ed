import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { compartmentParts } from "../../src/faces/js/compartment-parts.harness.ts";
import { bareEngine, imageEngine } from "./engine.ts";
import { execute } from "./execute.ts";
import { parseTest, runsOf } from "./test-file.ts";

const HARNESS = {
  "assert.js": "function assert(value, message) { if (value !== true) throw new Test262Error(message); }",
  "sta.js":
    "function Test262Error(message) { this.message = message; } Test262Error.prototype.toString = function () { return 'Test262Error: ' + this.message; };",
  "doneprintHandle.js":
    "function $DONE(error) { print(error ? 'Test262:AsyncTestFailure:' + error : 'Test262:AsyncTestComplete'); }",
  "extra.js": "var extra = 7;",
};

/** Test, modes that it is run in, whether it passes. */
const CASES: readonly (readonly [name: string, source: string, modes: string, passes: boolean])[] = [
  ["plain", "/*---\ndescription: x\n---*/ assert([1, 2].at(-1) === 2)", "sloppy strict", true],
  ["false", "/*---\ndescription: x\n---*/ assert(1 === 2)", "sloppy strict", false],
  ["includes", "/*---\nincludes: [extra.js]\nflags: [noStrict]\n---*/ assert(extra === 7)", "sloppy", true],
  [
    "strict",
    "/*---\nflags: [onlyStrict]\n---*/ assert((function () { return this === undefined })())",
    "strict",
    true,
  ],
  [
    "negative",
    "/*---\nnegative:\n  phase: parse\n  type: SyntaxError\nflags: [raw]\n---*/ var 1;",
    "sloppy",
    true,
  ],
  [
    "no error",
    "/*---\nnegative:\n  phase: runtime\n  type: TypeError\nflags: [raw]\n---*/ 1;",
    "sloppy",
    false,
  ],
  ["async", "/*---\nflags: [async, noStrict]\n---*/ Promise.resolve().then(() => $DONE())", "sloppy", true],
  ["never", "/*---\nflags: [async, noStrict]\n---*/ new Promise(() => $DONE)", "sloppy", false],
  [
    "host",
    "/*---\ndescription: x\n---*/ var b = new ArrayBuffer(1); $262.detachArrayBuffer(b); assert(b.detached)",
    "sloppy strict",
    true,
  ],
  ["module", "/*---\nflags: [module]\n---*/ export {}", "", true],
];

test("tests are run in their modes and judged alike in an image and outside", async () => {
  const root = mkdtempSync(path.join(os.tmpdir(), "skerry-test262-"));
  try {
    mkdirSync(path.join(root, "harness"));
    for (const [name, text] of Object.entries(HARNESS)) writeFileSync(path.join(root, "harness", name), text);
    const parts = await compartmentParts();
    const engines = [await imageEngine(parts), bareEngine(parts)];
    for (const [name, source, modes, passes] of CASES) {
      const runs = runsOf(root, parseTest(name, source));
      assert.equal(runs.map((run) => run.mode).join(" "), modes, name);
      for (const run of runs) {
        for (const open of engines)
          assert.equal(execute(open, run) === undefined, passes, `${name} ${run.mode}`);
      }
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});
