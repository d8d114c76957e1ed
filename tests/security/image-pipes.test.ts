/** A process whose console nobody reads any more: it goes on, and what it says there is lost. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import assert from "node:assert/strict";
import { canRunProcesses } from "../../src/targets/process/target.ts";
import { ENDS, kernelImports } from "./probe-text.ts";
import { linkPlan, planProbe } from "./whole-image.ts";

const WRITES = 20;
const WRITTEN_BYTES = 60_000;
const KERNEL = `${kernelImports("write", "exit", "idle")} (memory (export "memory") 1)
  (data (i32.const 0) "still here")
  (func (export "start") (local $left i32)
    (local.set $left (i32.const ${WRITES}))
    (loop $again
      (call $write (i32.const 1) (i32.const 0) (i32.const ${WRITTEN_BYTES}))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (call $write (i32.const 2) (i32.const 0) (i32.const 10)))
  ${ENDS}`;

test("a process does not end with the reader of its console", { skip: !canRunProcesses() }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  try {
    const file = path.join(folder, "image");
    writeFileSync(file, linkPlan(planProbe({ kernel: KERNEL }), "process").elf, { mode: 0o700 });
    const child = spawn(file, [], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.once("data", () => child.stdout.destroy());
    let errors = "";
    child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
    const status = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(status, 0);
    assert.match(errors, /still here/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
