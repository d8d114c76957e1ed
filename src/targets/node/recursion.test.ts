/** Deep recursion of every kind is the engine's error, which the app can catch, and never a trap. */
import test from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildImage } from "../../image/image.ts";
import { nodeTarget } from "./target.ts";

const ATTEMPTS = [
  `JSON.parse("[".repeat(1e6))`,
  `let a: unknown = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)`,
  `let a: unknown = []; for (let i = 0; i < 1e5; i++) a = [a]; String(a)`,
  `const a: any[] = []; a[0] = a; a.flat(Infinity)`,
  `eval("(".repeat(1e5))`,
  `eval("[".repeat(1e5))`,
  `new Function("return " + "!".repeat(2e5) + "1")()`,
  `const f = (): number => 1 + f(); f()`,
];

test("deep recursion is an error that the app catches", async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-recursion-"));
  const file = path.join(directory, "app.ts");
  const attempts = ATTEMPTS.map(
    (code) => `try { ${code}; console.log("none"); } catch (e) { console.log(String(e)); }`,
  );
  writeFileSync(file, `export {};\ndeclare const eval: any;\n${attempts.join("\n")}\n`);
  let output = "";
  try {
    const machine = await nodeTarget.start(await buildImage(file), {
      forwards: [],
      environment: {},
      outbound: [],
      onConsole: (_stream, text) => (output += text),
    });
    assert.equal(await machine.exited, 0, output);
  } finally {
    rmSync(directory, { recursive: true });
  }
  const lines = output.trimEnd().split("\n");
  assert.equal(lines.length, ATTEMPTS.length, output);
  for (const line of lines) assert.match(line, /stack overflow/);
});
