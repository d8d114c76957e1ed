/** Targets from the command line: the same program wherever it runs, and nothing left of it afterwards. */
import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { serve, skerry } from "./skerry.ts";

const GONE_LIMIT_MS = 60_000;
const needsQemu = findQemu() === undefined ? { skip: "needs qemu-system-x86_64" } : {};

/** Words of the command line, by what they choose. */
const PLACES: Readonly<Record<string, { words: readonly string[]; options: { skip?: string } }>> = {
  node: { words: ["--target", "node"], options: {} },
  process: { words: ["--target", "process"], options: {} },
  "qemu with TCG": {
    words: ["--target", "qemu", "--accelerator", "tcg", "--memory", "32M"],
    options: needsQemu,
  },
};

for (const [name, { words, options }] of Object.entries(PLACES)) {
  test(
    `an app's output and status come through, and the line says where it ran: ${name}`,
    options,
    async () => {
      const { status, output, errors } = await skerry("run", "examples/console/main.ts", ...words);
      assert.deepEqual([status, output], [7, "hello from a machine without an operating system\n"]);
      assert.match(errors, new RegExp(`^built console in \\d+ ms; target ${name.split(" ")[0]}`));
    },
  );

  test(`a server answers, and Ctrl-C ends it with 130: ${name}`, options, async () => {
    const server = await serve("examples/hello/server.ts", ...words);
    assert.equal(await (await fetch(`${server.url}/there`)).text(), "hello from /there\n");
    assert.equal((await server.stop()).status, 130);
  });
}

for (const name of ["process", "qemu with TCG"]) {
  const { words, options } = PLACES[name]!;
  for (const [signal, status] of Object.entries({ SIGKILL: null, SIGTERM: 143, SIGHUP: 129 })) {
    test(`no process is left of a command that got ${signal}: ${name}`, options, async () => {
      const server = await serve("examples/hello/server.ts", ...words);
      const children = childrenOf(server.child.pid!);
      assert.ok(children.length > 0, "there is a machine");
      server.child.kill(signal as NodeJS.Signals);
      assert.equal((await once(server.child, "exit"))[0], status);
      const limit = Date.now() + GONE_LIMIT_MS;
      while (children.some(isRunning) && Date.now() < limit) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.deepEqual(children.filter(isRunning), []);
    });
  }
}

test("a target that is asked for and cannot be had is explained", async () => {
  const before = process.env["PATH"];
  process.env["PATH"] = import.meta.dirname;
  try {
    const { status, errors } = await skerry("run", "examples/console/main.ts", "--target", "qemu");
    assert.equal(status, 2);
    assert.match(errors, /qemu-system-x86_64.*not on the PATH\n.*apt install/);
    const auto = await skerry("run", "examples/console/main.ts");
    assert.match(auto.errors, /target process \(no QEMU here; .*\)/);
    assert.equal(auto.status, 7);
  } finally {
    process.env["PATH"] = before;
  }
});

test("build writes an image with what went in, twice the same, and an executable runs by itself", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-build-test-"));
  try {
    const build = (file: string, ...words: string[]) =>
      skerry("build", "examples/console/main.ts", "-o", path.join(folder, file), ...words);
    const first = await build("one.elf");
    assert.equal(first.status, 0, first.errors);
    assert.match(
      first.output,
      /one\.elf: console for target qemu, \d+ bytes, built in \d+ ms\n {2}face native/,
    );
    const second = await build("two.elf", "--json");
    const facts = JSON.parse(second.output) as { imageBytes: number; manifest: { services: string[] } };
    const [one, two] = ["one.elf", "two.elf"].map((file) => readFileSync(path.join(folder, file)));
    assert.ok(one!.equals(two!), "two builds give the same bytes");
    assert.equal(facts.imageBytes, two!.length);
    assert.deepEqual(facts.manifest.services, ["app", "console"]);

    await build("program", "--target", "process");
    const alone = await new Promise<{ code: unknown; output: string }>((resolve) => {
      execFile(path.join(folder, "program"), (error, output) => resolve({ code: error?.code, output }));
    });
    assert.deepEqual(alone, { code: 7, output: "hello from a machine without an operating system\n" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const target of ["process", "qemu"] as const) {
  const options = target === "qemu" ? needsQemu : {};
  test(
    `a file that was built runs, tells of a trap by its lines, and runs nowhere else: ${target}`,
    options,
    async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-file-test-"));
      try {
        const source = path.join(folder, "main.ts");
        const lines = ['import { log } from "skerry/native/console";', "export function start(): void {"];
        writeFileSync(source, [...lines, '  log("here");', "  unreachable();", "}", ""].join("\n"));
        const file = path.join(folder, "image");
        assert.equal((await skerry("build", source, "-o", file, "--target", target)).status, 0);
        const accelerator = target === "qemu" ? ["--accelerator", "tcg"] : [];
        const ran = await skerry("run", file, ...accelerator);
        assert.deepEqual([ran.status, ran.output], [134, "here\n"]);
        assert.match(ran.errors, new RegExp(`target ${target}[^]*unreachable[^]*\\(main\\.ts:4:\\d+\\)`));
        rmSync(`${file}.debug`);
        const bare = await skerry("run", file, ...accelerator);
        assert.equal(bare.status, 134);
        assert.doesNotMatch(bare.errors, /main\.ts/);
        const elsewhere = await skerry("run", file, "--target", target === "qemu" ? "process" : "qemu");
        assert.equal(elsewhere.status, 2);
        assert.match(elsewhere.errors, new RegExp(`built for target ${target}`));
        assert.match(
          (await skerry("run", file, "--target", "node")).errors,
          new RegExp(`built for target ${target}`),
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
}

/** Process ids of the children of all threads. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
