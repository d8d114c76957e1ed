/**
 * A handler that does not end is ended at `limits.timeMs`, on every target, and the log has its line. It is processor time:
 * a machine that the system holds up is not a handler that works long.
 */
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import { testEverywhere } from "./everywhere.ts";
import { ROOT } from "./skerry.ts";

/** At the end of a loop's body the engine knows the place before the loop: here, where the function begins. */
const INTERRUPTED = String.raw`InternalError: interrupted\n {4}at spin \(endless\.ts:[45]:\d+\)\n`;
const LATER = String.raw`    at spinLater \(endless\.ts:10:\d+\)\n`;

const ENDLESS = path.join(ROOT, "tests/apps/endless.ts");
/** Of a tenant that begins anew, for a moment, or has had its share of the second, as on a busy host. */
const UNAVAILABLE = 503;
const TRIES = 400;
const PAUSE_MS = 50;

async function askOnce(url: string): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const response = await fetch(url);
    if (response.status !== UNAVAILABLE || tries === TRIES) return response;
    await wait(PAUSE_MS);
  }
}

/** What a server answers at each of these paths, or its status. */
async function askAll(url: string, ...targets: string[]): Promise<(string | number)[]> {
  const answers: (string | number)[] = [];
  for (const target of targets) {
    const response = await askOnce(url + target);
    answers.push(response.status === 200 ? await response.text() : response.status);
  }
  return answers;
}

testEverywhere(
  "a handler that does not end is the client's 500, with its line, and the server goes on as it was",
  () => buildImage(ENDLESS),
  async (url) => assert.deepEqual(await askAll(url, "/loop", "/later", "/timer", "/"), [500, 500, "3", "4"]),
  {
    configuration: ["app.timeLimitMs=200"],
    errors: new RegExp(
      `^Uncaught in fetch: ${INTERRUPTED} {4}at fetch .*\nUncaught in fetch: ${INTERRUPTED}${LATER}Uncaught ${INTERRUPTED}$`,
    ),
  },
);

testEverywhere(
  "so is a tenant's, which begins anew",
  () => buildImage(ENDLESS, { isolation: { by: "tenant", key: "host", cpuMs: 1000 } }),
  async (url) => assert.deepEqual(await askAll(url, "/", "/later", "/"), ["1", 500, "1"]),
  {
    errors: new RegExp(
      `^Uncaught in fetch: ${INTERRUPTED}${LATER}tenant 127\\.0\\.0\\.1 took too long, and begins anew\n$`,
    ),
  },
);

const BUSY = `export default { fetch() {
  console.log("begun");
  for (let left = 2_000_000; left > 0; left--);
  return new Response("done");
} };`;
const HELD_MS = 2000;

test(
  "a handler whose machine is held up for longer than its limit is not ended",
  { skip: !canRunProcesses() && "needs Linux on x86-64" },
  async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-busy-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, "server.js"), BUSY);
    const image = await buildImage(path.join(folder, "server.js"));
    const before = children();
    let held = 0;
    let errors = "";
    const hold = (): void => {
      const [machine] = children().filter((child) => !before.includes(child));
      process.kill(machine!, "SIGSTOP");
      held++;
      setTimeout(() => process.kill(machine!, "SIGCONT"), HELD_MS);
    };
    const machine = await processTarget.start(
      { ...image, native: await buildNativeImage(image, "process") },
      {
        forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
        environment: {},
        outbound: [],
        configuration: ["app.timeLimitMs=1000"],
        onConsole: (stream, text) => (stream === 2 ? void (errors += text) : hold()),
      },
    );
    t.after(() => machine.stop());
    const begun = performance.now();
    const response = await fetch(`http://127.0.0.1:${machine.forwards[0]!.hostPort}/`);
    assert.deepEqual([await response.text(), held, errors], ["done", 1, ""]);
    assert.ok(performance.now() - begun >= HELD_MS, "it was held while it worked");
  },
);

/** Processes that this one has started. */
function children(): number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
