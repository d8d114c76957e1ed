/** The README's first command as a new user runs it: a clone elsewhere, an empty npm cache, then `curl`. Long. */
import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { ROOT } from "./skerry.ts";

const LIMIT_MS = 300_000;
const COMMAND = "npm install && touch installed && npx skerry run examples/hello/server.ts -p 0:80";

if (process.env["SKERRY_LONG"] === "1") {
  test("a fresh clone builds and serves with the README's first command, without QEMU on the path", async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-clone-"));
    const clone = path.join(folder, "skerry");
    execFileSync("git", ["clone", "--quiet", ROOT, clone]);
    const env = {
      PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      npm_config_cache: path.join(folder, "npm"),
      npm_config_userconfig: path.join(os.homedir(), ".npmrc"),
    };
    const child = spawn("sh", ["-c", COMMAND], {
      cwd: clone,
      env,
      detached: true,
    });
    try {
      let text = "";
      child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
      child.stderr.on("data", (bytes: Buffer) => (text += bytes.toString()));
      const limit = Date.now() + LIMIT_MS;
      while (!/listening on http/.test(text)) {
        assert.ok(Date.now() < limit && child.exitCode === null, text);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const url = /listening on (http:\/\/\S+)/.exec(text)![1]!;
      assert.equal(await (await fetch(`${url}/there`)).text(), "hello from /there\n");
      const madeAt = (file: string): number => statSync(path.join(clone, file)).mtimeMs;
      assert.ok(madeAt("dist/.made-of") < madeAt("installed"), "npx builds nothing again");
    } finally {
      process.kill(-child.pid!, "SIGTERM");
      await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
