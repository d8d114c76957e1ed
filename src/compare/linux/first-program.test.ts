import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { PrivateFiles } from "../../targets/native/private-files.ts";
import { Call, firstProgram, LAST_DESCRIPTOR, type Step } from "./first-program.ts";

const files = new PrivateFiles();
test.after(() => files.remove());

/** As an ordinary process of the host. */
function run(
  t: TestContext,
  steps: readonly Step[],
  words: readonly string[],
  environment: readonly string[] = [],
) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    t.skip("needs Linux on x86-64");
    return undefined;
  }
  const file = files.write("program", firstProgram(steps, words, environment), 0o700);
  const { status, signal, stdout } = spawnSync(file, [], { env: {}, timeout: 60_000 });
  return { status, signal, output: stdout.toString() };
}

test("it does its steps and becomes the program, with words and environment", (t) => {
  const say: Step = { call: Call.Write, arguments: [1, Buffer.from("one\n"), 4], name: "speak" };
  const environment = ["A=1", "B=two words"];
  const found = run(t, [say], ["/bin/sh", "-c", 'echo "$0 $A $B"', "zero"], environment);
  if (found !== undefined)
    assert.deepEqual(found, { status: 0, signal: null, output: "one\nzero 1 two words\n" });
});

test("what one step opened, the next one takes", (t) => {
  const target = files.write("target", "");
  const steps: Step[] = [
    { call: Call.Open, arguments: [target, 1, 0], name: "open" },
    { call: Call.Write, arguments: [LAST_DESCRIPTOR, Buffer.from("through it\n"), 11], name: "write" },
  ];
  const found = run(t, steps, ["/bin/true"]);
  if (found !== undefined) assert.equal(readFileSync(target, "utf8"), "through it\n");
});

test("a step that fails is named, and nothing comes after it", (t) => {
  const steps: Step[] = [{ call: Call.Chdir, arguments: ["/no/such/folder"], name: "enter its root" }];
  const found = run(t, steps, ["/bin/sh", "-c", "echo never"]);
  if (found !== undefined) {
    assert.deepEqual(found, { status: 1, signal: null, output: "first program: could not enter its root\n" });
  }
});

test("a program that is not there is named too", (t) => {
  const found = run(t, [], ["/no/such/program"]);
  if (found !== undefined) assert.match(found.output, /could not execute \/no\/such\/program/);
});
