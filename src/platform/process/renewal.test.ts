/** Memories that are renewed: whatever lives of a compartment write, the next one begins as the first did. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { planLives } from "../compartment/renewal-suite.harness.ts";
import { writeExecutable } from "./executable.ts";
import { linkImageForProcess, type ImageOptions } from "./image-platform.ts";

const ROUNDS = 600;
const NO_PAGE_MAP = ["-m", "--", "sh", "-c", 'mount -t tmpfs none /proc && exec "$0"'];

const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
after(() => rmSync(folder, { recursive: true }));

async function writeImage(name: string, options: ImageOptions): Promise<string> {
  const file = path.join(folder, name);
  const linked = linkImageForProcess(await planLives(ROUNDS), options);
  writeFileSync(file, writeExecutable(linked), { mode: 0o700 });
  return file;
}

const RUN = { timeout: 60_000, encoding: "utf8" } as const;

test(`each of ${ROUNDS} lives begins as the first did`, async () => {
  const { status, stderr } = spawnSync(await writeImage("renewed", {}), RUN);
  assert.deepEqual([status, stderr], [0, "skerry: started\nskerry: exit 0\n"]);
});

test("were what lives usually write left as it is, it would be found", async () => {
  const { status } = spawnSync(await writeImage("left", { leavesUsualPages: true }), RUN);
  assert.ok(status !== null && status > 50, `${status} of 100 that were looked at`);
});

test("where the system tells of no pages, all are dropped", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("needs root, to hide /proc");
  const file = await writeImage("blind", { leavesUsualPages: true });
  const { status, stderr } = spawnSync("unshare", [...NO_PAGE_MAP, file], RUN);
  assert.deepEqual([status, stderr], [0, "skerry: started\nskerry: exit 0\n"]);
});
