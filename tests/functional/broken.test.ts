/** What goes wrong with somebody's app, file or machine: each is told in words, with what to do. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { explain, main } from "../../src/cli/main.ts";
import { UserError } from "../../src/image/user-error.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { nodeWords, ROOT, skerry, Skerry } from "./skerry.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
test.after(() => rmSync(FOLDER, { recursive: true, force: true }));
const at = (name: string) => path.join(FOLDER, name);
const put = (name: string, text: string) => (writeFileSync(at(name), text), at(name));

/** What a command says that fails, without the start of a process. */
async function mistake(...words: readonly string[]): Promise<string> {
  try {
    await main([...words]);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return explain(error);
  }
  throw new Error(`no mistake: ${words.join(" ")}`);
}

const BROKEN = [
  ["throws", `throw new Error("no luck");`, /Uncaught Error: no luck\n.*throws\.ts:1:\d+/],
  [
    "empty",
    `export default {};`,
    /default export is a value of type object, and answers no request without fetch: export default \{/,
  ],
  [
    "number",
    `export default 5;`,
    /default export is a value of type number, and answers no request without fetch/,
  ],
  ["null", `export default null;`, /default export is null, and answers no request without fetch/],
  ["text", `export default { fetch: "x" };`, /default export's fetch is a function, found string/],
] as const;

for (const target of ["node", "process"]) {
  test(`an app that cannot be one says why, and ends with 1: ${target}`, async () => {
    await Promise.all(
      BROKEN.map(async ([name, source, message]) => {
        const file = put(`${name}.ts`, source);
        const { status, errors } = await skerry("run", file, "--target", target, "-p", "0:80");
        assert.match(errors, message);
        assert.equal(status, 1, name);
      }),
    );
  });
}

test("a handler that is none of these is a server, and one without a default export a program (the control)", async () => {
  const file = put("good.ts", `export default { fetch: () => new Response("good") };`);
  const server = await new Skerry(["run", file, "--target", "node", "-p", "0:80"]).listening();
  assert.equal(await (await fetch(server.url)).text(), "good");
  server.child.kill("SIGINT");
  await server.ended();
  const program = await skerry(
    "run",
    put("program.ts", `console.log("done");`),
    "--target",
    "node",
    "-p",
    "0:80",
  );
  assert.equal(program.output, "done\n");
  assert.equal(program.status, 0);
});

test("a file that is no image is named for what it is", async () => {
  for (const ending of ["img", "tar"]) {
    const built = await skerry("build", "examples/console/main.ts", "-o", at(`whole.${ending}`));
    assert.equal(built.status, 0, built.errors);
    copyFileSync(at(`whole.${ending}`), at(`cut.${ending}`));
    truncateSync(at(`cut.${ending}`), 3000);
  }
  execFileSync("tar", ["cf", at("other.tar"), "-C", ROOT, "LICENSE"]);
  copyFileSync("/bin/true", at("other.elf"));
  const files = [
    ["cut.img", /cut\.img is a disk, but not a Skerry image/],
    ["cut.tar", /cut\.tar is a tar archive, but not a Skerry image/],
    ["other.tar", /other\.tar is a tar archive, but not a Skerry image/],
    ["other.elf", /other\.elf is an ELF file, but not a Skerry image/],
  ] as const;
  for (const [name, message] of files) {
    const said = await mistake("run", at(name));
    assert.match(said, message);
    assert.match(said, /skerry build/);
    await mistake("inspect", at(name));
  }
});

test("too little memory is told before anything starts", async (t) => {
  assert.match(
    await mistake("run", "examples/console/main.ts", "--memory", "2M"),
    /--memory 2M: expected 8M to 64G/,
  );
  if (findQemu() === undefined) {
    t.skip("needs qemu-system-x86_64");
    return;
  }
  const large = put(
    "large.ts",
    `globalThis.kept = new Uint8Array(24 << 20).fill(7);\nexport default { fetch: () => new Response("x") };`,
  );
  const said = await mistake("run", large, "--target", "qemu", "--memory", "8M");
  assert.match(
    said,
    /the image of large alone needs \d+ MiB of memory, and the machine has 8\n.*--memory \d+M/,
  );
});

/** Runs a command as a user who owns nothing here but a home. */
function asNobody(...words: readonly string[]) {
  const home = at("home");
  mkdirSync(home, { recursive: true });
  chmodSync(FOLDER, 0o755);
  execFileSync("chown", ["nobody", home]);
  const command = [
    "--reuid",
    "nobody",
    "--clear-groups",
    "--inh-caps=-all",
    ...nodeWords("tools/skerry.ts"),
    ...words,
  ];
  const environment = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home };
  return spawnSync("setpriv", command, {
    cwd: ROOT,
    env: { ...environment, SKERRY_CACHE: at("home/cache") },
  });
}

test("a user who may not open /dev/kvm is told how to become one who may", (t) => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || findQemu() === undefined || spawnSync("test", ["-c", "/dev/kvm"]).status !== 0) {
    t.skip("needs root, QEMU and /dev/kvm");
    return;
  }
  const { status, stderr } = asNobody("run", "examples/console/main.ts", "--accelerator", "kvm");
  const said = stderr.toString();
  assert.match(said, /does not run a guest under KVM here: this user may not open \/dev\/kvm/);
  assert.match(said, /sudo usermod -aG kvm \$USER, then log in anew.*--accelerator tcg/);
  assert.equal(status, 2);
});

test("an entry or an image that this user may not read is there all the same", (t) => {
  if (process.getuid?.() !== 0) {
    t.skip("needs root");
    return;
  }
  const files = [put("secret.ts", `export default {};`), put("secret.elf", "\x7fELF")];
  for (const file of files) {
    chmodSync(file, 0o600);
    for (const command of ["inspect", "run"]) {
      const { status, stderr } = asNobody(command, file);
      assert.match(stderr.toString(), /secret\.(ts|elf) cannot be read: EACCES.*\n.*let this user read it/);
      assert.equal(status, 2);
    }
  }
});

test("a folder for temporary files that holds no programs, or nothing more, is named", async () => {
  const file = put("plain.ts", `export default { fetch: () => new Response("x") };`);
  const mounted = at("mounted");
  mkdirSync(mounted);
  const within = async (options: string) => {
    // In a mount namespace of its own: it goes with the command.
    const script = `mount -t tmpfs -o ${options} tmpfs "$0" && TMPDIR="$0" exec "$@"`;
    const prefix = ["unshare", "--mount", "sh", "-c", script, mounted];
    return new Skerry(["run", file, "-p", "0:80", "--target", "process"], ROOT, prefix).ended();
  };
  const refused = await within("noexec,size=64m");
  assert.equal(refused.status, 2);
  assert.match(
    refused.errors,
    /did not start: spawn .*mounted.* EACCES\n.*\(noexec\): name another, TMPDIR=/,
  );
  const full = await within("size=256k");
  assert.equal(full.status, 2);
  assert.match(full.errors, /cannot be written to .*mounted: ENOSPC.*\n.*TMPDIR=/);
});
