/** The specification's own tests, as Debian ships them, pass natively: none fails. */
import test from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./skerry.ts";

const run = promisify(execFile);
const SPEC = path.join(ROOT, "tools/spec");
/** What passes today; fewer would mean that files were not found or read. */
const PASSED_AT_LEAST = 20_000;

test("WebAssembly's specification tests pass", async () => {
  const fetched = await run(path.join(SPEC, "fetch-debian.sh"), [path.join(ROOT, ".cache/spec-debian")]);
  const loader = path.join(ROOT, "tools/typescript.mjs");
  const args = ["--import", loader, path.join(SPEC, "run.ts"), fetched.stdout.trim()];
  // Status 1 is a failed assertion: what was printed says which.
  const result = await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
    (error: Error & { stdout?: string }) => ({ stdout: error.stdout ?? error.message }),
  );
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(result.stdout);
  assert.ok(counts !== null && Number(counts[2]) === 0, result.stdout);
  assert.ok(Number(counts[1]) >= PASSED_AT_LEAST, result.stdout);
});
