/** Machines in the background, as their user meets them; and what is left when something is killed. */
import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { Skerry, skerry } from "./skerry.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-background-"));
process.env["XDG_RUNTIME_DIR"] = folder;
test.after(async () => {
  await skerry("stop", "--all");
  rmSync(folder, { recursive: true });
});
const server = path.join(folder, "server.ts");
writeFileSync(
  server,
  "export default { fetch(request: Request) { console.log(request.url); console.error('!'); return new Response('up'); } };\n",
);
const start = (...words: string[]) =>
  skerry("run", server, "-d", "-p", "0:80", "--target", "process", ...words);
const facts = async (...words: string[]) =>
  (await skerry("ps", "--json", ...words)).output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { name: string; state: string; pid: number; urls: string[] });

test("a machine goes on without its command, is listed, heard and stopped", async () => {
  const started = await start("--name", "api");
  assert.equal(started.status, 0, started.errors);
  const url = /api runs in the background, listening on (\S+);/.exec(started.errors)![1]!;
  assert.equal(await (await fetch(`${url}/there`)).text(), "up");
  const listed = await skerry("ps");
  assert.match(listed.output, new RegExp(`^NAME .*\napi +up \\d+s +process +${url} `));
  const log = await skerry("logs", "api");
  assert.match(log.output, /^http:.*\/there\n$/);
  assert.equal(log.errors, "!\n");

  const again = await start("--name", "api");
  assert.equal(again.status, 2);
  assert.match(again.errors, /api is running\n.*skerry stop api/);

  const follower = new Skerry(["logs", "-f"]);
  await follower.printed(/there/);
  await fetch(`${url}/later`);
  await follower.printed(/later/);
  const stopped = await skerry("stop", "api");
  assert.match(stopped.errors, /^api was stopped/);
  assert.equal((await follower.ended()).status, 0, "who follows ends with the machine");
  await assert.rejects(fetch(url));
  assert.deepEqual(await facts("--all"), []);
});

test("an attendant that is killed takes its machine along, and its name is free again", async () => {
  assert.equal((await start("--name", "victim")).status, 0);
  const { pid, urls } = (await facts())[0]!;
  process.kill(pid, "SIGKILL");
  const refused = async (): Promise<boolean> =>
    fetch(urls[0]!).then(
      () => false,
      () => true,
    );
  while (!(await refused())) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await facts(), []);
  assert.deepEqual(
    (await facts("--all")).map(({ name, state }) => [name, state]),
    [["victim", "ended"]],
  );
  assert.match((await skerry("ps", "-a")).output, /victim +was killed/);
  assert.equal((await start("--name", "victim")).status, 0);
  assert.deepEqual(
    (await facts()).map(({ name, state }) => [name, state]),
    [["victim", "running"]],
  );
  assert.equal((await skerry("stop", "--all")).status, 0);
});

test("a machine that does not start says why, and leaves no name behind", async () => {
  writeFileSync(path.join(folder, "broken.ts"), "export default {{{");
  const broken = await skerry("run", path.join(folder, "broken.ts"), "-d", "--name", "broken");
  assert.equal(broken.status, 2);
  assert.match(broken.errors, /broken\.ts:1:/);
  assert.deepEqual(await facts("--all"), []);
  for (const command of ["logs", "stop"]) {
    const unknown = await skerry(command, "nobody");
    assert.equal(unknown.status, 2);
    assert.match(unknown.errors, /no machine called nobody[^]*skerry run -d/);
  }
});

test("a command that is killed while its machine starts leaves a machine that can be stopped, or none", async () => {
  const command = new Skerry(["run", server, "-d", "--name", "orphan", "-p", "0:80", "--target", "process"]);
  await new Promise((resolve) => setTimeout(resolve, 800));
  command.child.kill("SIGKILL");
  if (command.child.exitCode === null && command.child.signalCode === null) await once(command.child, "exit");
  const before = await facts("--all");
  if (before.some(({ name }) => name === "orphan")) assert.equal((await skerry("stop", "orphan")).status, 0);
  assert.deepEqual(await facts("--all"), []);
});
