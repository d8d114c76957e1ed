import test from "node:test";
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { removeGroups } from "./groups.ts";

const root = mkdtempSync(path.join(tmpdir(), "skerry-groups-"));
test.after(() => rmSync(root, { recursive: true }));

test("groups of that name go in every tree, and no other", () => {
  for (const group of ["memory/one", "cpu/one", "memory/two", "one"])
    mkdirSync(path.join(root, group), { recursive: true });
  removeGroups("one", root);
  const left = ["memory/one", "cpu/one", "memory/two", "one"].filter((group) =>
    existsSync(path.join(root, group)),
  );
  assert.deepEqual(left, ["memory/two"]);
  removeGroups("one", path.join(root, "nowhere"));
});

test("what runs in one is ended", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const ended = once(child, "exit");
  const group = path.join(root, "memory/busy");
  mkdirSync(group);
  // A file stands for the system's: it keeps the folder from going, as processes do.
  writeFileSync(path.join(group, "cgroup.procs"), `${child.pid}\n`);
  removeGroups("busy", root);
  assert.equal((await ended)[1], "SIGKILL");
});
