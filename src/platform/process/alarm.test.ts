import test, { after } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { compiledModule } from "../../linker/test-module.ts";
import { compileSource } from "../compartment/compartment-suite.harness.ts";
import { planImage } from "../compartment/plan-image.ts";
import { writeExecutable } from "./executable.ts";
import { linkImageForProcess, type ImageOptions } from "./image-platform.ts";

/** Sleeps that end before the system is asked for them, and while it is; few may end early, as a tick of the processor's time has it. */
const SLEEPER = `
@external("platform", "clockMonotonic") declare function clockMonotonic(): i64;
@external("platform", "idle") declare function idle(deadline: i64): void;
@external("platform", "exit") declare function exit(status: i32): void;
export function start(): void {}
export function run(): void {
  let early = 0;
  for (let at: i64 = 0; at < 20_000; at++) {
    const deadline = clockMonotonic() + (at & 127) * 128;
    while (clockMonotonic() < deadline) {
      idle(deadline);
      if (clockMonotonic() < deadline) early++;
    }
  }
  exit(early < 200 ? 3 : 4);
  for (;;) idle(0);
}
`;

const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
after(() => rmSync(folder, { recursive: true }));

async function sleep(
  options: ImageOptions,
  timeout: number,
  around: readonly string[] = [],
): Promise<{ status: number | null }> {
  const kernel = await compileSource(SLEEPER);
  const plan = planImage({ kernel, app: compiledModule({}), isNetworked: false });
  const file = path.join(folder, "sleeper");
  writeFileSync(file, writeExecutable(linkImageForProcess(plan, options)), { mode: 0o700 });
  const [command, ...words] = [...around, file];
  return spawnSync(command!, words, { timeout });
}

test("no alarm is missed, however soon it rings, and few sleeps end early", async () => {
  assert.equal((await sleep({}, 60_000)).status, 3);
});

test("a parent that blocks alarms does not keep them from an image", async () => {
  assert.equal((await sleep({}, 60_000, ["env", "--block-signal=ALRM"])).status, 3);
});

test("control: one that rings before the system has the call is missed where nothing goes on behind it", async () => {
  assert.equal((await sleep({ forgetsAlarms: true }, 5_000)).status, null);
});
