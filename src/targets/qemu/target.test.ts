import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { UserError } from "../../image/user-error.ts";
import { listening, testImage } from "../native/test-image.ts";
import { PrivateFiles } from "../native/private-files.ts";
import { ACCELERATORS, STOPPED_STATUS } from "../target.ts";
import { machineWords } from "./command-line.ts";
import { spawnGuarded, type Guard } from "./guard.ts";
import { findQemu, probe, qemuFacts, requireQemu } from "./probe.ts";
import { createQemuTarget, qemuTarget } from "./target.ts";
import { CONTROL, ERRORS, sayingGuest, SERIAL } from "./test-guest.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const START_LIMIT_MS = 60_000;
const GONE_LIMIT_MS = 60_000;

const file = findQemu();
const facts = file === undefined ? undefined : await qemuFacts(file);
/** Those under which a guest runs here; without QEMU the tests are skipped, and say so. */
const accelerators = ACCELERATORS.filter((name) => facts === undefined || facts.problems[name] === null);
const needsQemu = facts === undefined ? { skip: "needs qemu-system-x86_64" } : {};
const HELLO = sayingGuest(
  [
    [CONTROL, "started\n"],
    [SERIAL, "to the world\n"],
    [ERRORS, "oh no\n"],
    [CONTROL, "exit 42\n"],
  ],
  "exit",
);
const SLEEPER = sayingGuest([[CONTROL, "started\n"]], "sleep");

for (const accelerator of accelerators) {
  for (const machine of ["microvm", "q35"] as const) {
    test(`a guest's streams and its status come apart: ${machine}, ${accelerator}`, needsQemu, async () => {
      const { options, text } = listening({ accelerator, memoryMiB: 16 });
      const running = await createQemuTarget(machine).start(testImage(["ip"], HELLO), options);
      assert.equal(await running.exited, 42);
      assert.deepEqual(text, { 1: "to the world\n", 2: "oh no\n" });
    });
  }
}

test("a machine that sleeps tells its memory, is stopped, and leaves no file", needsQemu, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  const { options } = listening({ environment: { SECRET: "x" } });
  const machine = await qemuTarget.start(testImage(["ip"], SLEEPER), options);
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  assert.deepEqual(readdirSync(folder), [], "files are gone once the guest has started");
  rmdirSync(folder);
  assert.ok((await machine.status()).residentBytes > 1e6);
  await machine.stop();
  assert.equal(await machine.exited, STOPPED_STATUS);
});

test("a guest that ends without its record is told as QEMU's end", needsQemu, async () => {
  const { options, text } = listening();
  const guest = sayingGuest([[CONTROL, "started\n"]], "exit");
  const machine = await qemuTarget.start(testImage([], guest), options);
  assert.equal(await machine.exited, 70);
  assert.match(text[2], /the machine ended without a word: QEMU ended with status 1/);
});

test("what QEMU refuses is told in its words", needsQemu, async () => {
  const { options } = listening({ memoryMiB: 2 ** 30 });
  await assert.rejects(qemuTarget.start(testImage([], SLEEPER), options), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^QEMU ended with status 1: .*memory/i);
    return true;
  });
});

test("without QEMU there is one clear message", () => {
  assert.equal(findQemu(path.join(ROOT, "docs")), undefined);
  const before = process.env["PATH"];
  process.env["PATH"] = "";
  try {
    assert.throws(requireQemu, (error) => error instanceof UserError && /apt install/.test(error.hint ?? ""));
  } finally {
    process.env["PATH"] = before;
  }
});

test("the probe finds out what runs, and the shell passes QEMU's status on", needsQemu, async () => {
  const found = await probe(requireQemu());
  assert.equal(found.problems.tcg, null);
  const words = machineWords({
    machine: "microvm",
    accelerator: "tcg",
    version: found.version,
    hasSandbox: false,
    memoryMiB: 16,
    kernelFile: "/nonexistent",
  });
  const { child } = spawnGuarded("shell", found.file, words, ["ignore", "ignore"]);
  const [status] = (await once(child, "exit")) as [number];
  assert.equal(status, 1);
});

for (const guard of ["parent-death", "shell"] as const) {
  test(`no QEMU is left when its launcher is killed: ${guard}`, needsQemu, async () => {
    const pid = await pidOfOrphan(guard);
    const limit = Date.now() + GONE_LIMIT_MS;
    while (isRunning(pid) && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 20));
    const isLeft = isRunning(pid);
    if (isLeft) process.kill(pid, "SIGKILL");
    assert.equal(isLeft, false);
  });
}

/** Starts a launcher that starts QEMU, kills it with SIGKILL, and gives QEMU's process id. */
async function pidOfOrphan(guard: Guard): Promise<number> {
  const script = `
    import { PrivateFiles } from ${url("src/targets/native/private-files.ts")};
    import { machineWords } from ${url("src/targets/qemu/command-line.ts")};
    import { spawnGuarded } from ${url("src/targets/qemu/guard.ts")};
    const files = new PrivateFiles();
    const kernelFile = files.write("guest", Buffer.from(${JSON.stringify(Buffer.from(SLEEPER).toString("hex"))}, "hex"));
    const words = machineWords({ machine: "microvm", accelerator: "tcg", version: [9, 0], hasSandbox: false, memoryMiB: 16, kernelFile });
    spawnGuarded("${guard}", ${JSON.stringify(requireQemu())}, [...words, "-pidfile", process.argv[1]], ["ignore", "inherit", "pipe", "pipe", "pipe", "pipe"]);
    setInterval(() => {}, 1000);`;
  const loader = pathToFileURL(path.join(ROOT, "tools/typescript.mjs")).href;
  const files = new PrivateFiles();
  const pidFile = files.write("pid", "");
  const words = ["--import", loader, "--input-type=module", "-e", script, pidFile];
  const launcher = spawn(process.execPath, words, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, TMPDIR: path.dirname(pidFile) }, // what it leaves behind goes with the rest
  });
  const limit = Date.now() + START_LIMIT_MS;
  while (!/\d+\n/.test(readFileSync(pidFile, "utf8"))) {
    assert.ok(launcher.exitCode === null && Date.now() < limit, "QEMU starts");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.ok(isRunning(pid), "it runs");
  await new Promise((resolve) => setTimeout(resolve, 200));
  launcher.kill("SIGKILL");
  await once(launcher, "exit");
  files.remove();
  return pid;
}

function url(file: string): string {
  return JSON.stringify(pathToFileURL(path.join(ROOT, file)).href);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
