/** A server whose requests bring it down: each time it is told why, and the next request finds a server as new. */
import test from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import path from "node:path";
import { buildNativeImage, type NativePlatform } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import { findQemu, qemuFacts } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import { ACCELERATORS, type Launchable, type MachineOptions, type Target } from "../../src/targets/target.ts";

interface Tested {
  readonly name: string;
  readonly target: Target;
  readonly more: Partial<MachineOptions>;
  readonly falls: readonly (readonly [path: string, report: RegExp])[];
}

/** Path, and what the report says. */
const FALLS: readonly (readonly [path: string, report: RegExp])[] = [
  ["/trap", /the app trapped: unreachable\n/],
  ["/loop", /the app trapped: it ran longer than its time limit\n/],
  ["/deep", /the app trapped: call stack exhausted\n/],
  ["/memory", /the app trapped: (the machine has no memory left for it|unreachable)\n/],
];

/** Those that cost few page faults: under a hypervisor within another each takes a millisecond. */
const CHEAP_FALLS = FALLS.slice(0, 2);

const file = findQemu();
const facts = file === undefined ? undefined : await qemuFacts(file);
const machines = ACCELERATORS.filter((name) => facts?.problems[name] === null).map((accelerator): Tested => {
  const falls = accelerator === "kvm" ? CHEAP_FALLS : FALLS;
  return { name: `qemu, ${accelerator}`, target: qemuTarget, more: { accelerator }, falls };
});
const TESTED: readonly Tested[] = [
  ...machines,
  ...(canRunProcesses() ? [{ name: "process", target: processTarget, more: {}, falls: FALLS }] : []),
];

const MEMORY_MIB = 16;
const TIME_LIMIT = "app.timeLimitMs=300";
const images = new Map<NativePlatform, Promise<Launchable>>();

function imageFor(platform: NativePlatform): Promise<Launchable> {
  const known = images.get(platform) ?? build(platform);
  images.set(platform, known);
  return known;
}

async function build(platform: NativePlatform): Promise<Launchable> {
  const image = await buildImage(path.resolve(import.meta.dirname, "../apps/fragile-server.ts"));
  return { ...image, native: await buildNativeImage(image, platform) };
}

/** A request of its own connection: its body, or nothing where the connection ended without one. */
function ask(port: number, target: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path: target, agent: false, timeout: 60_000 };
    const request = http.get(options, (response) => {
      let body = "";
      response.on("data", (bytes: Buffer) => (body += bytes.toString()));
      response.on("end", () => resolve(response.statusCode === 200 ? body : undefined));
      response.on("error", () => resolve(undefined));
    });
    request.on("error", () => resolve(undefined));
    request.on("timeout", () => request.destroy());
  });
}

if (machines.length === 0) test("servers in machines", { skip: "needs qemu-system-x86_64" }, () => {});

for (const { name, target, more, falls } of TESTED) {
  test(`${name}: a server that a request brought down answers the next one as new`, async (t) => {
    let errors = "";
    const machine = await target.start(await imageFor(target.platform!), {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: {},
      outbound: [],
      memoryMiB: MEMORY_MIB,
      configuration: [TIME_LIMIT],
      onConsole: (stream, text) => void (stream === 2 && (errors += text)),
      ...more,
    });
    t.after(() => machine.stop());
    const port = machine.forwards[0]!.hostPort;
    assert.deepEqual([await ask(port, "/"), await ask(port, "/")], ["1", "2"]);
    for (const [wish, report] of falls) {
      errors = "";
      const begun = performance.now();
      assert.equal(await ask(port, wish), undefined, "it has no answer");
      const fallen = performance.now();
      assert.equal(await ask(port, "/"), "1", "nothing is left of the requests before");
      const answered = performance.now();
      assert.match(errors, report);
      assert.match(errors, /the app is started again, restart \d of at most 8/);
      const ms = (from: number, to: number) => `${(to - from).toFixed(1)} ms`;
      t.diagnostic(`${wish}: down after ${ms(begun, fallen)}, the next answer ${ms(fallen, answered)} later`);
    }
    assert.equal(await ask(port, "/"), "2");
  });
}
