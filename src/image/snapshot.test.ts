import test from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildJsApp } from "./js-app.ts";
import { takeSnapshot, type Snapshot } from "./snapshot.ts";

async function snapshotOf(source: string): Promise<Snapshot> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-snapshot-"));
  try {
    const file = path.join(folder, "server.ts");
    writeFileSync(file, source);
    const { engine, app: glue, enginePages: pages, script } = await buildJsApp(file);
    return takeSnapshot({ engine, glue, pages, script });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HANDLER = "export default { fetch: () => new Response('x') };";
const hasText = ({ memory }: Snapshot, text: string) => Buffer.from(memory).includes(text);

test("a top level that asks for nothing is in the snapshot, and its results are", async () => {
  const snapshot = await snapshotOf(`globalThis.word = ["pla", "typus"].join(""); ${HANDLER}`);
  assert.equal(snapshot.left, undefined);
  assert.ok(hasText(snapshot, "platypus"));
  assert.ok(snapshot.engineGlobals.length > 0 && snapshot.glueGlobals.length > 0);
});

test("the same app gives the same bytes", async () => {
  const [one, two] = [await snapshotOf(HANDLER), await snapshotOf(HANDLER)];
  assert.deepEqual(one, two);
});

const ASKING: readonly (readonly [string, string])[] = [
  ["const a = Date.now();", "reads the time of day"],
  ["globalThis.a = new Date();", "reads the time of day"],
  ["const a = performance.now();", "reads the clock, or sets a timer"],
  ["setTimeout(() => {}, 10);", "reads the clock, or sets a timer"],
  ["const a = Math.random();", "draws random numbers"],
  ["const a = crypto.randomUUID();", "draws random numbers"],
  ["console.log('hello');", "prints"],
];

for (const [source, does] of ASKING) {
  test(`a top level that ${does} runs at boot: ${source}`, async () => {
    const snapshot = await snapshotOf(
      `// one line\n${source} globalThis.word = ["pla", "typus"].join("");\n${HANDLER}`,
    );
    assert.equal(snapshot.left?.does, does);
    assert.match(snapshot.left?.stack ?? "", /app\.js:\d+/);
    assert.ok(!hasText(snapshot, "platypus"), "nothing of what was begun is left");
  });
}

test("a top level that throws runs at boot, where it is reported", async () => {
  const snapshot = await snapshotOf(`throw new Error("no"); ${HANDLER}`);
  assert.equal(snapshot.left?.does, "throws");
});

test("a top level that catches what it asked for in vain is left out all the same", async () => {
  const snapshot = await snapshotOf(`try { Date.now(); } catch {} ${HANDLER}`);
  assert.equal(snapshot.left?.does, "reads the time of day");
});
