import test from "node:test";
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { UserError } from "../../image/user-error.ts";
import { PrivateFiles } from "./private-files.ts";

/** With `TMPDIR` as the environment has it meanwhile. */
function within<Result>(folder: string, work: () => Result): Result {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

test("files are their user's alone, and go with their folder", () => {
  const files = new PrivateFiles();
  const file = files.write("image", "x");
  assert.deepEqual([statSync(files.folder).mode & 0o777, statSync(file).mode & 0o777], [0o700, 0o600]);
  files.remove();
  assert.ok(!existsSync(files.folder));
});

test("a folder for temporary files that is not there or full is the user's to mend, and is named", () => {
  const missing = path.join(os.tmpdir(), "skerry-no-such-folder");
  assert.throws(
    () => within(missing, () => new PrivateFiles()),
    (error: UserError) =>
      error.name === "UserError" && error.message.includes(missing) && error.hint!.includes("TMPDIR"),
  );
  const files = new PrivateFiles();
  try {
    assert.throws(() => files.write("no/such/folder", "x"), /^UserError: a file for the machine cannot be/);
  } finally {
    files.remove();
  }
});
