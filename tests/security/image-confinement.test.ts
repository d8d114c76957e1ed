/**
 * What rights whole images keep as processes. What a process may not call is tried in
 * `src/platform/process/confinement.test.ts`.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeExecutable } from "../../src/platform/process/executable.ts";
import { linkImageForProcess } from "../../src/platform/process/image-platform.ts";
import { canRunProcesses } from "../../src/targets/process/target.ts";
import { kernelImports } from "./probe-text.ts";
import { IS_LONG, linkPlan, planProbe, processHost } from "./whole-image.ts";

const RUNS = IS_LONG ? 256 : 8;
const SLEEPER = `${kernelImports("write", "exit", "idle", "monotonic")} (memory (export "memory") 1)
  (func (export "start") (call $write (i32.const 1) (i32.const 0) (i32.const 1)))
  (func (export "run") (loop $again (call $idle (i64.const 0x7ffffffffffffff0)) (br $again)))`;

function requireProcesses(t: TestContext): boolean {
  if (canRunProcesses()) return true;
  t.skip("needs Linux on x86-64");
  return false;
}

test("a process has no new privileges, a filter, and no page both writable and executable", async (t) => {
  if (!requireProcesses(t)) return;
  const plan = planProbe({ kernel: SLEEPER });
  const look = async (isFiltered: boolean) => {
    const facts = { status: "", maps: "" };
    const elf = writeExecutable(linkImageForProcess(plan, { isFiltered }));
    await processHost.run(
      { elf },
      {
        whileProcessRuns: async (id) => {
          facts.status = readFileSync(`/proc/${id}/status`, "latin1");
          facts.maps = readFileSync(`/proc/${id}/maps`, "latin1");
        },
      },
    );
    return facts;
  };
  const confined = await look(true);
  assert.match(confined.status, /^NoNewPrivs:\t1$/m);
  assert.match(confined.status, /^Seccomp:\t2$/m);
  assert.match(confined.maps, / r-xp /);
  assert.doesNotMatch(confined.maps, / .wx. /);
  assert.match((await look(false)).status, /^Seccomp:\t0$/m);
});

test("each process lies elsewhere", async (t) => {
  if (!requireProcesses(t)) return;
  const program = linkPlan(planProbe({ kernel: SLEEPER }), "process");
  const code = new Set<string>();
  const memories = new Set<string>();
  for (let count = 0; count < RUNS; count++) {
    await processHost.run(program, {
      whileProcessRuns: async (id) => {
        const lines = readFileSync(`/proc/${id}/maps`, "latin1").split("\n");
        code.add(lines.find((line) => line.includes(" r-xp "))!);
        memories.add(lines.filter((line) => line.includes(" rw-p ")).join("\n"));
      },
    });
  }
  assert.ok(code.size >= RUNS - 1 && memories.size >= RUNS - 1);
});
