/** Battery 45: out of memory, out of space, an error of input or output: said clearly, with a status, never a trace. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, closeSync } from "node:fs";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { nodeWords, ROOT, serve, skerry, type Ended } from "./skerry.ts";

const CONSOLE = "examples/console/main.ts";
const FULL = "/dev/full";
const needsFull = { skip: existsSync(FULL) ? false : "needs /dev/full" };
const needsQemu = { skip: findQemu() === undefined ? "needs qemu-system-x86_64" : false };

/** A command whose standard output goes to `file`, in a shell where `limits` were set. */
async function command(words: readonly string[], file: string, limits = ":"): Promise<Ended> {
  const descriptor = openSync(file, "w");
  const shell = ["-c", `${limits}; exec "$@"`, "sh", ...nodeWords("tools/skerry.ts"), ...words];
  const child = spawn("sh", shell, { cwd: ROOT, stdio: ["ignore", descriptor, "pipe"] });
  closeSync(descriptor);
  let errors = "";
  child.stderr!.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output: "", errors };
}

const noTrace = ({ errors }: Ended) => assert.doesNotMatch(errors, /\n\s+at |this is a bug/);

test("out of space: an image that cannot be written", needsFull, async () => {
  const ended = await skerry("build", CONSOLE, "-o", FULL);
  noTrace(ended);
  assert.equal(ended.status, 2);
  assert.match(ended.errors, /\/dev\/full cannot be written: ENOSPC.*\n.*the disk is full/);
});

test("out of space: an app's output that nobody can take", needsFull, async () => {
  const ended = await command(["run", CONSOLE, "--target", "process"], FULL);
  noTrace(ended);
  assert.equal(ended.status, 74);
  assert.match(ended.errors, /standard output cannot be written: ENOSPC/);
});

test("control: the same where there is room", async () => {
  const ended = await command(["run", CONSOLE, "--target", "process"], "/dev/null");
  assert.deepEqual([ended.status, /cannot be written/.test(ended.errors)], [7, false]);
});

for (const target of ["node", "process"]) {
  test(
    `out of space: frames that cannot be kept are told once, and the server serves: ${target}`,
    needsFull,
    async () => {
      const server = await serve("examples/http-native/main.ts", "--target", target, "--pcap", FULL);
      assert.equal(await (await fetch(server.url)).text(), "hello, world\n");
      const ended = await server.stop();
      noTrace(ended);
      assert.equal(ended.status, 130);
      assert.equal(ended.errors.match(/--pcap: \/dev\/full ends here.*ENOSPC/g)?.length, 1, ended.errors);
    },
  );
}

test("out of memory: the system has none for a process", async () => {
  // Node needs tens of GiB of addresses, an image some more: only it is refused.
  const ended = await command(["run", CONSOLE, "--target", "process"], "/dev/null", "ulimit -v 8000000");
  noTrace(ended);
  assert.match(
    ended.errors,
    /the system refused what this image needs to start: memory, a filter, or its network/,
  );
  assert.equal(ended.status, 2);
});

test(
  "out of memory: a virtual machine larger than the host, and one smaller than any",
  needsQemu,
  async () => {
    const words = ["run", CONSOLE, "--target", "qemu", "--accelerator", "tcg", "--memory"];
    const large = await command([...words, "60G"], "/dev/null", "ulimit -v 40000000");
    noTrace(large);
    assert.match(large.errors, /cannot set up guest memory|Cannot allocate memory/);
    assert.match(large.errors, /give it less --memory/);
    const small = await skerry("run", "examples/hello/server.ts", ...words.slice(2), "4M");
    noTrace(small);
    assert.match(small.errors, /--memory 4M: expected 8M to 64G\n.*--memory/);
  },
);
