/** The commands of docs/guide/deploying.md, out of the page: as they stand there, so that the page stays true. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { ROOT, Skerry } from "./skerry.ts";
import { freePort } from "../../tools/free-port.ts";

const PAGE = readFileSync(path.join(ROOT, "docs/guide/deploying.md"), "utf8");
const FOLDER = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
test.after(() => rmSync(FOLDER, { recursive: true }));
chmodSync(FOLDER, 0o755); // for the process that is another user's
const ANSWER_LIMIT_MS = 60_000;
const NAMESPACE = `skerry-d${process.pid}`;
const APP = `export default { fetch: (_request: Request, env: Record<string, string>) => new Response(env["MODE"] ?? "none") };\n`;

/** The code block behind these words. */
function block(words: string): string {
  const found = new RegExp(`^\`\`\`${words}\n(.*?)^\`\`\`$`, "ms").exec(PAGE);
  assert.ok(found, `the page has a block \`\`\`${words}`);
  return found[1]!;
}

async function build(file: string, ...more: readonly string[]): Promise<void> {
  writeFileSync(path.join(FOLDER, "server.ts"), APP);
  const words = ["build", path.join(FOLDER, "server.ts"), "-o", path.join(FOLDER, file), ...more];
  const { status, errors } = await new Skerry(words).ended();
  assert.equal(status, 0, errors);
}

/** A shell of its own group, so that all that it started ends with it. */
function shell(script: string, prefix: readonly string[] = []): ChildProcess {
  const [command, ...words] = [...prefix, "sh", "-ec", script];
  return spawn(command!, words, { cwd: FOLDER, stdio: ["ignore", "inherit", "inherit"], detached: true });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  process.kill(-child.pid!, "SIGKILL");
  await ended;
}

async function answer(child: ChildProcess, ask: () => Promise<string>): Promise<string> {
  const limit = Date.now() + ANSWER_LIMIT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (child.exitCode !== null || Date.now() > limit) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** What the page says to write instead. */
const INSTEAD = {
  kvm: "-accel kvm -cpu host,-arch-capabilities",
  tcg: "-accel tcg -cpu max -smp 2",
} as const;

async function tryQemu(t: TestContext, words: string, expected: string): Promise<void> {
  for (const accelerator of await accelerators(t)) {
    const port = await freePort();
    const command = block(words)
      .replace("-accel kvm -cpu host", INSTEAD[accelerator])
      .replace("127.0.0.1:8080", `127.0.0.1:${port}`);
    const child = shell(command);
    try {
      const signal = () => AbortSignal.timeout(2000);
      const ask = async () => (await fetch(`http://127.0.0.1:${port}/`, { signal: signal() })).text();
      assert.equal(await answer(child, ask), expected, accelerator);
    } finally {
      await end(child);
    }
  }
}

test("QEMU: microvm, q35 with a configuration, and a disk", async (t) => {
  await build("server.elf");
  await tryQemu(t, "sh microvm", "none");
  await tryQemu(t, "sh q35", "production");
  await build("server.img", "--env", "MODE=disk");
  await tryQemu(t, "sh disk", "disk");
});

test("a Linux process on a TAP device, as another user", async (t) => {
  if (spawnSync("ip", ["netns", "add", NAMESPACE]).status !== 0) {
    t.skip("needs the right to make network namespaces");
    return;
  }
  t.after(() => spawnSync("ip", ["netns", "del", NAMESPACE]));
  await build("server.bin", "--target", "process");
  const inside = ["ip", "netns", "exec", NAMESPACE];
  // On most systems everybody may open it; where a device has an owner, only that one is let in.
  const open = 'mknod -m 666 tun c 10 200; mount --bind tun /dev/net/tun; exec "$@"';
  const child = shell(block("sh process"), [...inside, "unshare", "-m", "sh", "-ec", open, "sh"]);
  try {
    const ask = () => {
      const words = [...inside.slice(1), "curl", "-sf", "-m", "2", "http://10.0.0.2/"];
      return Promise.resolve().then(() => execFileSync("ip", words).toString());
    };
    assert.equal(await answer(child, ask), "none");
  } finally {
    await end(child);
  }
});

test("the unit is one that systemd understands", (t) => {
  if (spawnSync("systemd-analyze", ["--version"]).status !== 0) {
    t.skip("needs systemd-analyze");
    return;
  }
  const file = path.join(FOLDER, "server.service");
  const verify = (text: string) => {
    writeFileSync(file, text.replace("/usr/local/bin/server.bin", process.execPath));
    return spawnSync("systemd-analyze", ["verify", "--man=no", file]).stderr.toString();
  };
  assert.equal(verify(block("ini systemd")), "");
  assert.match(
    verify(block("ini systemd").replace("MemoryMax=", "MemoryMist=")),
    /MemoryMist/,
    "the control",
  );
});

test("Firecracker's configuration is JSON", () => {
  const { "boot-source": source } = JSON.parse(block("json")) as Record<string, Record<string, string>>;
  assert.equal(source!["kernel_image_path"], "server.elf");
});
