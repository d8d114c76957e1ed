import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../image/user-error.ts";
import { identify, isRunning, type ProcessIdentity } from "./identity.ts";
import { claim, findMachine, listMachines, machineName, note, removeEnded } from "./registry.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "skerry-registry-"));
test.after(() => rmSync(root, { recursive: true }));
const record = (name: string, attendant: ProcessIdentity) =>
  ({ format: 1, name, entry: "server.ts", startedAt: 0, attendant }) as const;
const mine = identify(process.pid);

async function killed(): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const identity = identify(child.pid!);
  assert.ok(isRunning(identity));
  child.kill("SIGKILL");
  await once(child, "exit");
  return identity;
}

test("a name is taken once, until its machine has ended", async () => {
  claim(record("api", mine), root);
  assert.throws(
    () => claim(record("api", mine), root),
    (error) => error instanceof UserError && /api is running/.test(error.message),
  );
  assert.equal(removeEnded("api", root), false, "it runs");
  assert.equal(findMachine("api", root)?.state, "running");
  note(path.join(root, "api"), { attendant: await killed(), urls: ["http://x"] });
  assert.deepEqual(
    [findMachine("api", root)?.state, findMachine("api", root)?.urls],
    ["ended", ["http://x"]],
  );
  claim(record("api", mine), root);
  assert.equal(findMachine("api", root)?.urls, undefined, "nothing is left of the last");
  assert.deepEqual(readdirSync(root), ["api"], "no folder is left of the claims");
});

test("a machine is called after its program, in letters that a name may have", () => {
  const names = {
    server: "server",
    "mit Leerzeichen ünï ☃": "mit-Leerzeichen-n",
    "@scope/api": "scope-api",
    "☃": "machine",
    "..": "machine",
    ["x".repeat(100)]: "x".repeat(63),
  };
  for (const [program, name] of Object.entries(names)) assert.equal(machineName(program), name);
});

test("a process that got the number of another is another", () => {
  assert.ok(isRunning(mine));
  assert.equal(isRunning({ ...mine, boot: "another" }), false);
  if (mine.startedAt !== "")
    assert.equal(isRunning({ ...mine, startedAt: `${Number(mine.startedAt) + 1}` }), false);
});

test("a folder where others may write is neither used nor believed", () => {
  const shared = mkdtempSync(path.join(os.tmpdir(), "skerry-shared-"));
  try {
    claim(record("api", mine), shared);
    assert.deepEqual([listMachines(shared).length, findMachine("api", shared)?.state], [1, "running"]);
    for (const mode of [0o777, 0o770, 0o1777]) {
      chmodSync(shared, mode);
      assert.deepEqual([listMachines(shared), findMachine("api", shared)], [[], undefined]);
      assert.throws(() => claim(record("web", mine), shared), /others may write/);
    }
  } finally {
    rmSync(shared, { recursive: true });
  }
});

test("what is no record is passed over, and no name leads elsewhere", () => {
  const broken = path.join(root, "broken");
  mkdirSync(broken);
  writeFileSync(path.join(broken, "machine.json"), '{"format":1,');
  assert.equal(findMachine("broken", root), undefined);
  assert.ok(!listMachines(root).some(({ name }) => name === "broken"));
  claim(record("broken", mine), root);
  assert.equal(findMachine("broken", root)?.state, "running");
  for (const name of ["../api", "a/b", "", ".", "-x", "a".repeat(64)]) {
    assert.equal(findMachine(name, root), undefined);
    assert.throws(() => claim(record(name, mine), root), /letters, digits/);
  }
});
