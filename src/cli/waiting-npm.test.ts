import test from "node:test";
import assert from "node:assert/strict";
import { waitingNpm, type Processes } from "./waiting-npm.ts";

/** A chain of processes above a command, the nearest first: its pid is 10, the next one's 11. */
function chain(...commands: readonly (readonly string[])[]): Processes {
  return {
    command: (pid) => commands[pid - 10] ?? [],
    parent: (pid) => (pid - 10 < commands.length ? pid + 1 : undefined),
  };
}

const NPX = ["npm exec skerry run", ""];

test("npm waits for what its shell runs, and for what runs in the shell's place", () => {
  assert.deepEqual(waitingNpm(10, chain(["sh", "-c", "'skerry' run"], NPX)), { parent: 10, npm: 11 });
  assert.deepEqual(waitingNpm(10, chain(["sh", "-c", "skerry run"], ["npm start"])), { parent: 10, npm: 11 });
  assert.deepEqual(waitingNpm(10, chain(NPX)), { parent: 10 });
});

test("nobody is seen to wait for a command of another's, or one that a script leaves running", () => {
  assert.equal(waitingNpm(10, chain(["sh", "-c", "skerry run & echo started"], ["npm start"])), undefined);
  assert.equal(waitingNpm(10, chain(["bash"], NPX)), undefined);
  assert.equal(waitingNpm(10, chain(["node", "daemon.js"], ["sh", "-c", "node daemon.js"], NPX)), undefined);
  assert.equal(waitingNpm(10, chain(["sh", "-c", "skerry run"], ["bash"])), undefined);
  assert.equal(waitingNpm(10, chain(["npmish "], NPX)), undefined);
  assert.equal(waitingNpm(10, chain()), undefined);
});
