/**
 * What is left of a container whose runc was ended while it made it: control groups with nobody's record, which
 * `runc delete` knows nothing of, and what runs in them.
 *
 * Tests: groups.test.ts, tests/functional/compare.test.ts
 */
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";

const GROUPS = "/sys/fs/cgroup";
/** A group is busy until what was ended in it is gone. */
const TRIES_LIMIT = 100;
const PAUSE_MS = 10;

/** Takes away the groups called `id`, of any controller. Waits, for it is called at a process's end. */
export function removeGroups(id: string, root = GROUPS): void {
  for (const group of groupsOf(id, root)) {
    for (let tries = 0; tries < TRIES_LIMIT && existsSync(group); tries++) {
      endAll(group);
      try {
        rmdirSync(group);
      } catch {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
  }
}

/** In version 2 there is one tree of groups, in version 1 one for each controller. */
function groupsOf(id: string, root: string): string[] {
  if (!existsSync(root)) return [];
  return ["", ...readdirSync(root)]
    .map((tree) => path.join(root, tree, id))
    .filter((group) => existsSync(group));
}

function endAll(group: string): void {
  try {
    const processes = readFileSync(path.join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
    for (const id of processes) process.kill(Number(id), "SIGKILL");
  } catch {
    // It, or the group, has gone meanwhile.
  }
}
