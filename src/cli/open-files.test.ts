import test from "node:test";
import assert from "node:assert/strict";
import { UserError } from "../image/user-error.ts";
import { explainFull, openFileLimit, warnOfFewFiles } from "./open-files.ts";
import type { Output } from "./output.ts";

function warnings(limit: number | undefined, open: number): string[] {
  const said: string[] = [];
  const output = { event: (_: string, text: string) => void said.push(text) } as unknown as Output;
  warnOfFewFiles(output, limit, open);
  return said;
}

test("the limit is the system's, where it has one", () => {
  const limits = "Limit                     Soft Limit           Hard Limit           Units\n";
  assert.equal(
    openFileLimit(`${limits}Max open files            64                   4096                 files\n`),
    64,
  );
  assert.equal(
    openFileLimit(`${limits}Max open files            unlimited            unlimited            files\n`),
    undefined,
  );
  assert.equal(openFileLimit(""), undefined);
});

test("who may open few is told how many are left for clients; who may open many is told nothing", () => {
  assert.match(warnings(64, 40)[0]!, /may have 64 files .* some 24 for clients; .*ulimit -n 4096/);
  assert.match(warnings(64, 70)[0]!, /some 0 for clients/);
  assert.deepEqual([warnings(1024, 40), warnings(undefined, 40)], [[], []]);
});

test("that nothing more can be opened is the user's to mend, and no other error is", () => {
  const full = explainFull(Object.assign(new Error("x"), { code: "EMFILE" }), 64);
  assert.ok(full instanceof UserError);
  assert.match(full.message, /this process may have no more than 64 files and connections open \(EMFILE\)/);
  const other = new Error("y");
  assert.equal(explainFull(other), other);
  assert.equal(explainFull(undefined), undefined);
});
