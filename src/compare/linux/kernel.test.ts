import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { unpackBootFile } from "./boot-file.ts";
import { compareReleases, findKernel, newestIn } from "./kernel.ts";

const root = mkdtempSync(path.join(tmpdir(), "skerry-kernel-"));
test.after(() => rmSync(root, { recursive: true }));

function install(release: string, hasModules = true): string {
  const file = path.join(root, "boot", `vmlinuz-${release}`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "");
  if (hasModules) mkdirSync(path.join(root, "lib/modules", release), { recursive: true });
  return file;
}

test("releases are compared by their numbers", () => {
  assert.ok(compareReleases("6.1.0-9-amd64", "6.1.0-32-amd64") < 0);
  assert.ok(compareReleases("6.12.1", "6.2.9") > 0);
});

test("the newest kernel that has modules is found, and one that is named", async () => {
  install("6.1.0-9");
  const named = install("6.1.0-10");
  install("6.12.0", false);
  assert.equal(newestIn([root])!.release, "6.1.0-10");
  assert.equal(newestIn([path.join(root, "nowhere")]), undefined);
  const found = await findKernel({ file: named, mayFetch: false });
  assert.equal(found.modulesFolder, path.join(root, "lib/modules/6.1.0-10"));
  await assert.rejects(
    findKernel({ file: path.join(root, "boot/bzImage"), mayFetch: false }),
    /vmlinuz-RELEASE/,
  );
  const without = path.join(root, "boot/vmlinuz-6.12.0");
  await assert.rejects(findKernel({ file: without, mayFetch: false }), /no modules of 6\.12\.0/);
});

test("what is no kernel is said to be none", () => {
  assert.throws(() => unpackBootFile(new Uint8Array(4096)), /no boot file/);
  assert.throws(() => unpackBootFile(new Uint8Array(3)), /no boot file/);
});
