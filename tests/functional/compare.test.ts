/** `skerry compare` as its user meets it: what runs here is measured, what does not says why, and nothing stays behind. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import type { ComparedKind, Comparison, KindName } from "../../src/compare/comparison.ts";
import { compare } from "../../src/cli/compare.ts";
import { UserError } from "../../src/image/user-error.ts";
import { nodeWords, ROOT, Skerry, skerry } from "./skerry.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-compare-test-"));
test.after(() => rmSync(folder, { recursive: true }));
const HELLO = "examples/hello/server.ts";

function has(t: TestContext, ...programs: string[]): boolean {
  const missing = programs.find((program) => spawnSync(program, ["--version"]).status !== 0);
  if (missing === undefined) return true;
  t.skip(`needs ${missing}`);
  return false;
}

function kindsOf(output: string): {
  readonly comparison: Comparison;
  readonly of: (name: KindName) => ComparedKind;
} {
  const comparison = JSON.parse(output) as Comparison;
  return { comparison, of: (name) => comparison.kinds.find((kind) => kind.name === name)! };
}

test("what runs here is measured: one app, four ways", async (t) => {
  if (!has(t, "runc", "qemu-system-x86_64")) return;
  const words = ["--only", "process,container,images", "--rounds", "1", "--json"];
  const { status, output, errors } = await skerry("compare", HELLO, ...words);
  assert.equal(status, 0, errors);
  const { comparison, of } = kindsOf(output);
  const { request, kinds, linuxApp } = comparison;
  assert.deepEqual(
    kinds.map(({ name, isMeasured, how }) => (isMeasured ? name : `${name}: ${how}`)),
    ["process", "container", "skerry-process", "skerry"],
  );
  assert.ok(request.isSameEverywhere);
  assert.deepEqual(request.answers[0], { kind: "process", status: 200, bodyBytes: "hello from /\n".length });
  assert.match(linuxApp.servedBy!, /the entry's fetch/);
  for (const { name, layers, memory, boot, shippedBytes } of kinds) {
    for (const { name: layer, codeBytes } of layers) assert.ok(codeBytes.value! > 1000, `${name}, ${layer}`);
    assert.ok(memory.residentBytes.value! >= memory.proportionalBytes.value!, name);
    assert.ok(boot.medianMs! > 0 && shippedBytes.value! > 100_000, name);
    assert.equal(layers.at(-1)!.isShared, true, name);
  }
  const calls = (name: KindName): number => of(name).layers.at(-2)!.doors[0]!.count.value!;
  const isFiltered = /the filter of/.test(of("container").how);
  if (isFiltered) assert.ok(calls("process") > calls("container"), "the container's filter is in force");
  assert.ok(calls("skerry-process") < 20, "its own filter is read");
  assert.ok(of("skerry").layers[0]!.codeBytes.value! * 10 < of("process").layers[0]!.codeBytes.value!);
  assert.equal(of("skerry").layers.find(({ role }) => role === "keel")!.doors[0]!.what, "devices");
});

test("where there is neither QEMU nor runc, the rest is measured, and these say so", async () => {
  const programs = path.join(folder, "bin");
  mkdirSync(programs);
  symlinkSync(process.execPath, path.join(programs, "node"));
  const words = [...nodeWords("tools/skerry.ts"), "compare", HELLO, "--rounds", "1", "--json"];
  const { status, stdout, stderr } = spawnSync(words[0]!, words.slice(1), {
    cwd: ROOT,
    env: { ...process.env, PATH: programs },
    timeout: 180_000,
  });
  assert.equal(status, 0, stderr.toString());
  const { of } = kindsOf(stdout.toString());
  assert.match(of("container").how, /no runc here .*apt install runc/);
  assert.match(of("microvm").how, /no QEMU here .*apt install qemu-system-x86/);
  assert.match(of("skerry").how, /no QEMU here/);
  assert.equal(of("skerry-process").isMeasured, true, of("skerry-process").how);
  assert.equal(of("process").isMeasured, true, of("process").how);
  assert.deepEqual(
    of("skerry").layers.map(({ codeBytes }) => codeBytes.value),
    [null, null, null, null, null],
    "how it is built is known, and no number is made up",
  );
});

test("an entry that Node cannot serve is compared without Linux, and a program of its own port with it", async () => {
  const native = await skerry(
    "compare",
    "examples/http-native/main.ts",
    "--only",
    "process,skerry-process",
    "--rounds",
    "1",
    "--json",
  );
  assert.equal(native.status, 0, native.errors);
  const { comparison, of } = kindsOf(native.output);
  assert.match(comparison.linuxApp.why!, /no same app for Node/);
  assert.equal(of("process").isMeasured, false);
  assert.equal(of("skerry-process").isMeasured, true);
  const entry = path.join(folder, "own.mjs");
  writeFileSync(
    entry,
    `import { createServer } from "node:http";
     createServer((request, response) => response.end(request.url + process.env.WORD)).listen(3000);`,
  );
  const words = [
    "--only",
    "process,skerry-process",
    "--rounds",
    "1",
    "--path",
    "/a?b",
    "--env",
    "WORD=yes",
    "--json",
  ];
  const own = await skerry("compare", entry, ...words);
  assert.equal(own.status, 0, own.errors);
  const found = kindsOf(own.output).comparison;
  assert.match(found.linuxApp.servedBy!, /own server of node:http/);
  assert.equal(found.request.isSameEverywhere, true, own.output);
  assert.equal(found.request.answers[0]!.bodyBytes, "/a?byes".length);
});

test("what cannot be compared is refused with what to do", async () => {
  const cases: readonly (readonly [words: readonly string[], message: RegExp, hint?: RegExp])[] = [
    [["examples/console/main.ts"], /serves no HTTP/, /skerry compare server\.ts/],
    [[HELLO, "--only", "vm"], /no kind "vm"/, /process, container, microvm, skerry-process, skerry/],
    [[HELLO, "--rounds", "0"], /--rounds 0: expected 1 to 1000/],
    [[HELLO, "--path", "x"], /--path x: expected a path/],
    [["no-such.ts"], /there is no file no-such\.ts/],
    [[path.join(folder, "image")], /is an image, and compare needs the program/],
  ];
  writeFileSync(path.join(folder, "image"), "\x7fELF");
  for (const [words, message, hint = /./] of cases) {
    await assert.rejects(compare.run(words), (error: UserError) => {
      assert.match(error.message, message);
      assert.match(error.hint ?? "-", hint);
      return error instanceof UserError;
    });
  }
});

/** What belongs to us and outlives a command. */
function leftovers(): string[] {
  const folders = readdirSync(tmpdir()).filter((name) => /^skerry-container-/.test(name));
  const groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"]
    .filter((name) => existsSync(name))
    .flatMap((name) => readdirSync(name).filter((entry) => entry.startsWith("skerry-compare-")));
  return [...folders, ...groups];
}

test("Ctrl-C while a container runs leaves no container, no group, no file", async (t) => {
  if (!has(t, "runc")) return;
  const before = new Set(leftovers());
  const command = new Skerry(["compare", HELLO, "--only", "container", "--rounds", "1000"]);
  await command.printed(/container: first start/);
  const ours = `skerry-compare-${command.child.pid}-`;
  const running = (): boolean =>
    readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(ours));
  for (let tries = 0; !running() && tries < 1000; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(running(), "the container was there");
  const { status } = await command.stop();
  assert.equal(status, 130);
  assert.equal(running(), false);
  assert.deepEqual(
    leftovers().filter((name) => !before.has(name)),
    [],
  );
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

if (process.env["SKERRY_LONG"] === "1") {
  test("a Linux machine comes up, and tells of its kernel", async (t) => {
    if (!has(t, "qemu-system-x86_64")) return;
    const words = ["--only", "microvm", "--rounds", "1", "--accelerator", "tcg", "--fetch-kernel", "--json"];
    const { status, output, errors } = await skerry("compare", HELLO, ...words);
    assert.equal(status, 0, `${errors}${output}`);
    const microvm = kindsOf(output).of("microvm");
    const [node, kernel] = microvm.layers;
    assert.ok(node!.doors[0]!.count.value! > 300);
    assert.ok(kernel!.codeBytes.value! > 5_000_000);
    assert.match(microvm.caution!, /it ran emulated/);
  });
}
