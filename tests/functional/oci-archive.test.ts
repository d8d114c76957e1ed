/** An image as an OCI archive, as others read it: skopeo; and runc, which runs a process image from it. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Skerry } from "./skerry.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "skerry-test-"));
test.after(() => rmSync(FOLDER, { recursive: true }));
const HELLO = "hello from a machine without an operating system\n";

async function build(target: "qemu" | "process"): Promise<string> {
  const file = path.join(FOLDER, `${target}.tar`);
  const words = ["build", "examples/console/main.ts", "--target", target, "-o", file];
  const { status, errors } = await new Skerry(words).ended();
  assert.equal(status, 0, errors);
  return file;
}

/** Whether the test can go on. */
function has(t: TestContext, program: string): boolean {
  if (spawnSync(program, ["--version"]).status === 0) return true;
  t.skip(`needs ${program}`);
  return false;
}

test("skopeo reads both kinds, and copies them with every digest checked", async (t) => {
  if (!has(t, "skopeo")) return;
  for (const [target, os] of [
    ["qemu", "none"],
    ["process", "linux"],
  ] as const) {
    const archive = `oci-archive:${await build(target)}`;
    const read = JSON.parse(execFileSync("skopeo", ["inspect", archive]).toString()) as Record<
      string,
      unknown
    >;
    assert.equal(read["Os"], os);
    assert.equal(read["Architecture"], "amd64");
    execFileSync("skopeo", [
      "copy",
      "--insecure-policy",
      archive,
      `dir:${path.join(FOLDER, `${target}-copy`)}`,
    ]);
    const old = `docker-archive:${path.join(FOLDER, `${target}.tar`)}`;
    assert.equal((JSON.parse(execFileSync("skopeo", ["inspect", old]).toString()) as { Os: string }).Os, os);
  }
});

test("runc runs a process image out of its archive, in a container that holds nothing else", async (t) => {
  if (!has(t, "runc") || !has(t, "skopeo")) return;
  const bundle = path.join(FOLDER, "bundle");
  const [copy, root] = [path.join(bundle, "copy"), path.join(bundle, "rootfs")];
  mkdirSync(root, { recursive: true });
  execFileSync("skopeo", [
    "copy",
    "--insecure-policy",
    `oci-archive:${await build("process")}`,
    `dir:${copy}`,
  ]);
  const manifest = JSON.parse(readFileSync(path.join(copy, "manifest.json"), "utf8")) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  const blob = (digest: string) => path.join(copy, digest.replace("sha256:", ""));
  execFileSync("tar", ["xf", blob(manifest.layers[0]!.digest), "-C", root]);
  assert.deepEqual(readdirSync(root).sort(), ["image.elf", "manifest.json"]);
  const { config } = JSON.parse(readFileSync(blob(manifest.config.digest), "utf8")) as {
    config: { Entrypoint: string[] };
  };
  execFileSync("runc", ["spec"], { cwd: bundle });
  const file = path.join(bundle, "config.json");
  const spec = JSON.parse(readFileSync(file, "utf8")) as { process: Record<string, unknown> };
  Object.assign(spec.process, { args: config.Entrypoint, terminal: false });
  writeFileSync(file, JSON.stringify(spec));
  const words = ["--root", path.join(FOLDER, "runc"), "run", "--bundle", bundle, `skerry-${process.pid}`];
  const { status, stdout, stderr } = spawnSync("runc", words, { timeout: 120_000 });
  assert.equal(stdout.toString(), HELLO, stderr.toString());
  assert.equal(status, 7);
});

test("skerry run takes the image out again", async () => {
  const { output, status } = await new Skerry(["run", await build("process")]).ended();
  assert.equal(output, HELLO);
  assert.equal(status, 7);
});
