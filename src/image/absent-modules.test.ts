import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ABSENT_MODULES } from "./absent-modules.ts";
import { bundleApp } from "./bundle.ts";
import { NODE_MODULES } from "./node-modules.ts";

/** Modules that Node 20 has not, and packages ask for. */
const NEWER = new Set(["sqlite"]);
const required = createRequire(import.meta.url);

/** Beside what is bundled. */
const UNUSED = /ws\/index\.js$|package\.json$/;

/** What the app's default export is, its bundle evaluated by Node: nothing here needs the engine. */
async function evaluate(files: Record<string, string>): Promise<unknown> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-absent-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    const { script, inputs } = await bundleApp(path.join(directory, Object.keys(files)[0]!));
    const used = Object.keys(files).filter((name) => !UNUSED.test(name));
    assert.deepEqual(inputs, used.map((name) => path.join(directory, name)).sort()); // prettier-ignore
    const bundled = path.join(directory, "bundled.mjs");
    writeFileSync(bundled, script.split("\0")[1]!);
    return ((await import(pathToFileURL(bundled).href)) as { default: unknown }).default;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("what stands for a module has names that Node's has, as functions, and no module is told twice", () => {
  for (const [name, { functions, values = {}, hasPromises }] of Object.entries(ABSENT_MODULES)) {
    if (NEWER.has(name) && !isBuiltin(`node:${name}`)) continue;
    assert.ok(isBuiltin(`node:${name}`), name);
    assert.ok(!Object.hasOwn(NODE_MODULES, name), name);
    const nodes = required(`node:${name}`) as Record<string, unknown>;
    for (const one of functions.split(" ")) assert.equal(typeof nodes[one], "function", `${name}.${one}`);
    for (const one of Object.keys(values)) assert.ok(one in nodes, `${name}.${one}`);
    if (hasPromises) assert.ok("promises" in nodes && Object.hasOwn(ABSENT_MODULES, `${name}/promises`));
  }
});

test("a package may import what is not there, name it, ask for it and extend it; calling it fails by name", async () => {
  const call = `const told = (work) => { try { return work(); } catch (error) { return [error.code, error.message]; } };`;
  const results = await evaluate({
    "app.ts": `import one from "one"; import two from "two"; export default [one, two];`,
    "node_modules/one/index.js": `${call}
      import tls, { connect } from "node:tls"; import * as threads from "worker_threads"; import { promises } from "readline";
      class Own extends tls.TLSSocket {}
      export default [typeof connect, tls.DEFAULT_MIN_VERSION, threads.isMainThread, threads.nothing, told(() => new Own()), told(() => promises.createInterface("x"))];`,
    "node_modules/two/index.js": `${call}
      const child = require("child_process"); const v8 = require("node:v8");
      module.exports = [Object.keys(child).length, v8.startupSnapshot?.isBuildingSnapshot(), told(() => child.spawn("x"))];`,
  });
  const code = "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM";
  const tls = "tls.TLSSocket is not in a Skerry image: end TLS before the machine";
  const line =
    "readline/promises.createInterface is not in a Skerry image: a machine has no terminal to read from";
  const child =
    "child_process.spawn is not in a Skerry image: a machine has one program; another service is asked over fetch";
  assert.deepEqual(results, [
    ["function", "TLSv1.2", true, undefined, [code, tls], [code, line]],
    [8, undefined, [code, child]],
  ]);
});

test("a package that tries whether a module is there finds that it is not, beside one that imports it", async () => {
  const results = await evaluate({
    "app.ts": `import tries from "tries"; import imports from "imports"; export default [tries, imports];`,
    "node_modules/tries/index.js": `let vm = "none"; try { vm = require("vm"); } catch {} module.exports = vm;`,
    "node_modules/imports/index.js": `import vm from "vm"; export default typeof vm.Script;`,
  });
  assert.deepEqual(results, ["none", "function"]);
});

test("an app's own import stops the build, also where its packages have others", async () => {
  const files = {
    "app.ts": `import one from "one"; import vm from "node:vm"; console.log(one, vm);`,
    "node_modules/one/index.js": `import tls from "tls"; export default tls;`,
  };
  await assert.rejects(evaluate(files), /^UserError: app\.ts:1:39: the module "node:vm" is Node's/);
  const unknown = {
    "app.ts": `import one from "one"; console.log(one);`,
    "node_modules/one/index.js": `import tls from "tls"; import x from "not-installed"; export default [tls, x];`,
  };
  await assert.rejects(evaluate(unknown), /index\.js:1:38: Could not resolve "not-installed"/);
});
