/** An image as a raw disk: the firmware of a plain PC boots it, with no loader of anybody else's. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { requireQemu } from "../../src/targets/qemu/probe.ts";
import { Skerry } from "./skerry.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
test.after(() => rmSync(FOLDER, { recursive: true }));
const LIMIT_MS = 60_000;
const HELLO = "hello from a machine without an operating system\n";
/** What isa-debug-exit makes of a status. */
const qemuStatus = (status: number) => (status << 1) | 1;
const EXIT_DEVICE = ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"];

async function build(entry: string, file: string, more: readonly string[] = []): Promise<string> {
  const disk = path.join(FOLDER, file);
  const { status, errors } = await new Skerry(["build", entry, "-o", disk, ...more]).ended();
  assert.equal(status, 0, errors);
  return disk;
}

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** No kernel, no firmware of ours, the disk alone. */
function boot(disk: string, accelerator: string, more: readonly string[] = []): Promise<Ran> {
  const processor = accelerator === "kvm" ? "host,-arch-capabilities" : "max";
  const words = ["-M", "q35", "-drive", `file=${disk},format=raw`, "-accel", accelerator, "-cpu", processor];
  const console = ["-smp", "2", "-display", "none", "-serial", "stdio", "-no-reboot"];
  return new Promise((resolve) => {
    execFile(
      requireQemu(),
      [...words, ...console, ...more],
      { timeout: LIMIT_MS, killSignal: "SIGKILL" },
      (error, output) =>
        resolve({ status: error === null ? 0 : ((error.code as unknown as number) ?? null), output }),
    );
  });
}

const first = async (t: TestContext) => (await accelerators(t)).slice(0, 1);

test("a plain q35 boots it, and says what it says", async (t) => {
  const disk = await build("examples/console/main.ts", "console.img");
  for (const accelerator of await accelerators(t)) {
    const { output, status } = await boot(disk, accelerator, EXIT_DEVICE);
    assert.ok(output.includes(HELLO), `${accelerator}: ${output}`);
    assert.equal(status, qemuStatus(7), accelerator);
  }
});

test("skerry run starts a server on a disk, with an environment beside the disk's own", async () => {
  const more = ["--env", "KEPT=disk", "--env", "CHANGED=disk"];
  const disk = await build("tests/apps/shown-environment.ts", "server.img", more);
  const server = new Skerry([
    "run",
    disk,
    "-p",
    "0:80",
    "--target",
    "qemu",
    "--accelerator",
    "tcg",
    "--env",
    "CHANGED=run",
  ]);
  await server.listening();
  assert.deepEqual(await (await fetch(server.url)).json(), { KEPT: "disk", CHANGED: "run" });
  server.child.kill("SIGINT");
  assert.equal((await server.ended()).status, 130);
});

if (process.env["SKERRY_LONG"] === "1") {
  test("an image of 140 MB boots from a disk, and its files are whole", async () => {
    const site = path.join(FOLDER, "large");
    mkdirSync(site);
    const bytes = randomBytes(140_000_000);
    writeFileSync(path.join(site, "large.bin"), bytes);
    writeFileSync(path.join(site, "index.html"), "large\n");
    const disk = await build(site, "large.img");
    const server = new Skerry(["run", disk, "-p", "0:80", "--accelerator", "tcg", "--memory", "400M"]);
    await server.listening();
    const answer = await (await fetch(`${server.url}/large.bin`)).arrayBuffer();
    assert.ok(bytes.equals(Buffer.from(answer)));
    await server.stop();
  });
}

test("with too little memory it says how much it needs", async (t) => {
  const disk = await build("examples/hello/server.ts", "hello.img");
  for (const accelerator of await first(t)) {
    const { output, status } = await boot(disk, accelerator, ["-m", "2", ...EXIT_DEVICE]);
    assert.match(output, /skerry: this image alone needs 4 MiB of memory, more than there is/);
    assert.equal(status, qemuStatus(71));
  }
});

test("a disk that is cut off says that it cannot be read", async (t) => {
  const disk = await build("examples/hello/server.ts", "cut.img");
  truncateSync(disk, 1024 * 1024);
  for (const accelerator of await first(t)) {
    const { output, status } = await boot(disk, accelerator, EXIT_DEVICE);
    assert.match(output, /skerry: the firmware cannot read this disk/);
    assert.equal(status, qemuStatus(71));
  }
});

test("what a disk cannot be is told before anything is built", async () => {
  const cases = [
    [["--target", "process", "-o", "x.img"], /a raw disk holds a virtual machine/],
    [
      ["--env", "A=b", "-o", "x.elf"],
      /--env belongs to a disk that boots by itself, and x\.elf is to be elf/,
    ],
    [["--format", "iso", "-o", "x"], /there is no format "iso"/],
  ] as const;
  for (const [words, message] of cases) {
    const { status, errors } = await new Skerry(["build", "examples/console/main.ts", ...words]).ended();
    assert.equal(status, 2);
    assert.match(errors, message);
  }
});
