/** `npx skerry run` and npm scripts: the server ends with npm that waits for it, and stays where it was left running. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { ROOT } from "./skerry.ts";

const isLinux = process.platform === "linux";
const SKERRY = path.join(ROOT, "bin/skerry.js");
const COMMAND = "skerry run server.ts --target node -p 0:80";
const PACKAGE = { private: true, scripts: { start: COMMAND, left: `${COMMAND} & echo process $!` } };

function makeProject(t: TestContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-npx-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(SKERRY, path.join(folder, "node_modules/.bin/skerry"));
  const file = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  file("package.json", JSON.stringify(PACKAGE));
  file("server.ts", `export default { fetch: () => new Response("there") };`);
  return folder;
}

interface Started {
  readonly npm: ChildProcess;
  readonly url: string;
  /** All that was said until then. */
  readonly said: string;
}

/** Resolves when the server listens. */
function start(t: TestContext, folder: string, ...words: readonly string[]): Promise<Started> {
  const npm = spawn("npm", words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => npm.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (bytes: Buffer): void => {
      const url = /listening on (\S+)/.exec((said += bytes.toString()))?.[1];
      if (url !== undefined) resolve({ npm, url, said });
    };
    npm.stdout.on("data", hear);
    npm.stderr.on("data", hear);
    // Where a script leaves a command running, its pipes stay open.
    npm.once("close", () => reject(new Error(`it never listened: ${said}`)));
  });
}

async function isThere(url: string): Promise<boolean> {
  return fetch(url, { headers: { connection: "close" } }).then(
    (response) => response.ok,
    () => false,
  );
}

const GONE_TRIES = 600;
async function untilGone(url: string): Promise<void> {
  for (let tries = 0; await isThere(url); tries++) {
    assert.ok(tries < GONE_TRIES, "the server ends with npm");
    await wait(100);
  }
}

const EXEC = ["exec", "--offline", "--", ...COMMAND.split(" ")];

for (const [title, words] of [
  ["npx", EXEC],
  ["npm start", ["start"]],
] as const) {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    test(`a server ends with ${title}, by ${signal}`, { skip: !isLinux && "needs Linux" }, async (t) => {
      const { npm, url } = await start(t, makeProject(t), ...words);
      assert.ok(await isThere(url));
      npm.kill(signal);
      await once(npm, "exit");
      await untilGone(url);
    });
  }
}

test("a server that a script leaves running stays", { skip: !isLinux && "needs Linux" }, async (t) => {
  const { npm, url, said } = await start(t, makeProject(t), "run", "left");
  const server = Number(/^process (\d+)$/m.exec(said)![1]);
  t.after(() => process.kill(server, "SIGKILL"));
  if (npm.exitCode === null) await once(npm, "exit");
  // Longer than it takes to look.
  await wait(1500);
  assert.ok(await isThere(url));
});
