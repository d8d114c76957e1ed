/**
 * A machine under load goes on receiving: the event index says when to interrupt, and a lost one would be for ever.
 *
 * The processor's thread and QEMU's own are pinned apart, so that both really run at once.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators, type Accelerator } from "../../src/keel/guest.harness.ts";
import { machineWords } from "../../src/targets/qemu/command-line.ts";
import { freePort } from "../../tools/free-port.ts";

const IS_LONG = process.env["SKERRY_LONG"] === "1";
const RUNS = IS_LONG ? 20 : 1;
const RUN_S = IS_LONG ? 10 : 2;
const CONNECTIONS = 32;
const ANSWER_LIMIT_MS = 60_000;
const SERVER = path.resolve(import.meta.dirname, "../../examples/http-native/main.ts");
const CONFIGURATION = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.3\n";

async function startGuest(folder: string, accelerator: Accelerator, port: number): Promise<ChildProcess> {
  const guest = {
    machine: "microvm",
    accelerator,
    version: [7, 2],
    hasSandbox: false,
    memoryMiB: 64,
    kernelFile: path.join(folder, "image"),
  } as const;
  const forward = `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:80`;
  const devices = ["-netdev", forward, "-device", "virtio-net-device,netdev=net"];
  const names = ["-name", "guest,debug-threads=on"];
  const words = [...machineWords(guest), ...names, "-initrd", path.join(folder, "configuration"), ...devices];
  const child = spawn("qemu-system-x86_64", words, { stdio: "ignore" });
  await requireAnswer(port, accelerator);
  pinApart(child.pid!);
  return child;
}

/** A wedged machine never answers; a busy host may take its time. */
async function requireAnswer(port: number, what: string): Promise<void> {
  const deadline = performance.now() + ANSWER_LIMIT_MS;
  while (!(await answers(port))) assert.ok(performance.now() < deadline, `${what}: no answer`);
}

/** The first processor's thread on one processor of the host, everything else on another. */
function pinApart(pid: number): void {
  if (cpus().length < 2) return;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const isProcessor = readFileSync(`/proc/${pid}/task/${task}/comm`, "latin1").startsWith("CPU 0");
    execFileSync("taskset", ["-cp", isProcessor ? "1" : "0", task], { stdio: "ignore" });
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) });
    return (await response.text()) === "hello, world\n";
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

function hasLoad(t: TestContext): boolean {
  const has = spawnSync("wrk", ["--version"]).error === undefined;
  if (!has) t.skip("needs wrk");
  return has;
}

test(`${RUNS} times ${RUN_S} s of load, and the machine still answers`, async (t) => {
  if (!hasLoad(t)) return;
  const here = await accelerators(t);
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-receive-"));
  const native = await buildNativeImage(await buildImage(SERVER), "bare");
  writeFileSync(path.join(folder, "image"), native.elf);
  writeFileSync(path.join(folder, "configuration"), CONFIGURATION);
  for (const accelerator of here) {
    const port = await freePort();
    const child = await startGuest(folder, accelerator, port);
    try {
      for (let run = 0; run < RUNS; run++) {
        const words = ["-t1", `-c${CONNECTIONS}`, `-d${RUN_S}s`, `http://127.0.0.1:${port}/`];
        const report = execFileSync("wrk", words).toString();
        const requests = Number(/(\d+) requests in/.exec(report)?.[1]);
        assert.ok(requests > 0, `${accelerator}, run ${run}: ${report}`);
        await requireAnswer(port, `${accelerator} after run ${run}`);
      }
    } finally {
      child.kill("SIGKILL");
    }
  }
  rmSync(folder, { recursive: true });
});
