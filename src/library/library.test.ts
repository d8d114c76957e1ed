import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { build, compare, inspect, run, UserError, type RunOptions } from "../index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-library-"));
test.after(() => rmSync(folder, { recursive: true }));
const entry = path.join(folder, "server.ts");
writeFileSync(
  entry,
  `export default {
  fetch(request: Request, env: Record<string, string>) {
    console.log("asked for " + new URL(request.url).pathname);
    return new Response(env.WORD);
  },
};
`,
);

for (const target of ["node", "process"] as const) {
  test(`an image is built, run, asked, listened to and stopped: ${target}`, async () => {
    const image = await build(entry, { name: "talker" });
    assert.deepEqual([image.name, image.manifest.face], ["talker", "js"]);
    const machine = await run(image, { target, env: { WORD: "yes" } });
    assert.match(machine.target, new RegExp(`^${target}`));
    assert.deepEqual(
      machine.ports.map(({ guest }) => guest),
      [80],
    );
    assert.equal(await (await machine.fetch("/there")).text(), "yes");
    for await (const { text, stream } of machine.logs) {
      assert.deepEqual([stream, text], ["output", "asked for /there"]);
      break;
    }
    assert.equal(machine.logs.text, "asked for /there\n");
    assert.equal((await machine.status()).state, "running");
    const status = await machine.stop();
    assert.equal(status, await machine.exited);
    assert.deepEqual(await machine.status(), { state: "ended", exitStatus: status });
    await assert.rejects(machine.fetch("/"));
  });
}

test("a program runs from its path, an image from its file, and leaving the block stops it", async () => {
  const image = await build(entry);
  const file = path.join(folder, "server");
  await image.write(file, "process");
  assert.equal(statSync(file).size, (await image.bytes("process")).length);
  const machine = await run(file, { env: { WORD: "from a file" } });
  try {
    assert.equal(machine.target, "process");
    assert.equal(await (await machine.fetch("/")).text(), "from a file");
  } finally {
    await machine[Symbol.asyncDispose]();
  }
  assert.equal((await machine.status()).state, "ended");
});

test("an image is inspected before it is written, as a file, and from its program: it is the same", async () => {
  const image = await build(entry);
  const file = path.join(folder, "inspected");
  await image.write(file);
  const hashes = await Promise.all([inspect(image), inspect(file), inspect(entry)]);
  assert.equal(new Set(hashes.map((each) => each.file.sha256)).size, 1);
  assert.equal(hashes[0]!.platform, "bare");
  assert.equal((await inspect(image, { target: "process" })).platform, "process");
  await assert.rejects(
    inspect(process.execPath),
    (error) => error instanceof UserError && error.code === "image",
  );
});

test("a program is compared, in the ways that are asked for", async () => {
  const only = ["process", "skerry-process"] as const;
  const { kinds, rounds, request } = await compare(entry, {
    only,
    rounds: 1,
    path: "/there",
    env: { WORD: "same" },
  });
  assert.deepEqual(
    kinds.map(({ name, isMeasured }) => [name, isMeasured]),
    only.map((name) => [name, true]),
  );
  assert.deepEqual([rounds, request.path, request.isSameEverywhere], [1, "/there", true]);
  const refused = (options: object, pattern: RegExp) =>
    assert.rejects(
      compare(entry, options),
      (error) => error instanceof UserError && pattern.test(error.message),
    );
  await refused({ only: ["jail"] }, /^only: expected some of process, .*, found "jail"$/);
  await refused({ rounds: 0 }, /^rounds: expected 1 to 1000, found 0$/);
  await refused({ path: "there" }, /^path: expected a path/);
  await refused({ speed: 7 }, /speed: there is no such field/);
});

test("mistakes are errors that say what is wrong", async () => {
  const refused = (options: unknown, pattern: RegExp, what = entry) =>
    assert.rejects(
      run(what, options as RunOptions),
      (error) => error instanceof UserError && pattern.test(error.message),
    );
  await refused({ ports: [70000] }, /^ports\[0\]: expected 0 to 65535, found 70000$/);
  await refused({ prots: [] }, /prots.*did you mean ports/);
  await refused({}, /no file nowhere/, "nowhere.ts");
});
