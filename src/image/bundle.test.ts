import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundleApp, type Bundle } from "./bundle.ts";
import { UserError } from "./user-error.ts";

/** Writes the files into a folder of their own and bundles the first. */
async function bundle(files: Record<string, string>): Promise<Bundle & { directory: string }> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-bundle-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    return { ...(await bundleApp(path.join(directory, Object.keys(files)[0]!))), directory };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function failure(files: Record<string, string>): Promise<UserError> {
  const error = await bundle(files).then(
    () => assert.fail("it should not bundle"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, String(error));
  return error;
}

test("the script is NUL-terminated parts, and the inputs are the user's files", async () => {
  const result = await bundle({
    "server.ts": `import { x } from "./lib/x"; export default { fetch: () => new Response(x) };`,
    "lib/x.ts": `export const x: string = "y";`,
  });
  assert.equal(result.script.split("\0").length, 9);
  assert.ok(result.script.endsWith("\0"));
  assert.deepEqual(
    result.inputs.map((file) => path.relative(result.directory, file)),
    ["lib/x.ts", "server.ts"],
  );
  assert.deepEqual(result.services, ["http"]);
  assert.deepEqual((JSON.parse(result.sourceMap) as { sources: string[] }).sources.sort(), [
    "lib/x.ts",
    "server.ts",
  ]);
});

test("two bundles of the same files are the same, wherever they stand", async () => {
  const files = { "server.ts": `export default { fetch: () => new Response("x") };` };
  const [first, second] = [await bundle(files), await bundle(files)];
  assert.equal(first.script, second.script);
  assert.equal(first.sourceMap, second.sourceMap);
});

const JSX = `export default { fetch: () => new Response(String(<p>hello</p>)) };`;
/** A package that makes elements in both ways. */
const ELEMENTS = {
  "node_modules/elements/package.json": `{ "name": "elements", "version": "1.0.0" }`,
  "node_modules/elements/index.js": `exports.h = (...parts) => "by h " + parts;`,
  "node_modules/elements/jsx-runtime.js": `exports.jsx = (...parts) => "by jsx " + parts;`,
};

test("JSX is made by the package that tsconfig.json or the file names, or by the file's own factory", async () => {
  const named = `{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "elements" } }`;
  const by = async (files: Record<string, string>): Promise<RegExpMatchArray | null> =>
    (await bundle({ ...files, ...ELEMENTS })).script.match(/by (h|jsx)\b/);
  assert.equal((await by({ "a.tsx": JSX, "tsconfig.json": named }))?.[0], "by jsx");
  assert.equal((await by({ "a.tsx": `/** @jsxImportSource elements */ ${JSX}` }))?.[0], "by jsx");
  const factory = `/** @jsx h */ import { h } from "elements"; ${JSX}`;
  assert.equal((await by({ "a.jsx": factory }))?.[0], "by h");
  const classic = `{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }`;
  const plain = factory.replace("@jsx h", "");
  assert.equal((await by({ "a.tsx": plain, "tsconfig.json": classic }))?.[0], "by h");
});

test("JSX that no package makes anything of is an error of the build, with its place and what to do", async () => {
  const { message, hint } = await failure({ "a.tsx": JSX });
  assert.match(message, /a\.tsx:1:\d+: JSX is made by the package "react" here, which is not installed/);
  assert.match(hint!, /tsconfig\.json.*jsxImportSource.*npm install react$/);
});

test("isolation that an app exports would keep nothing apart, and is refused with where it is said", async () => {
  const app = "export default { fetch: () => new Response() };";
  const { code, message, hint } = await failure({
    "server.ts": `export const isolation = "request"; ${app}`,
  });
  assert.deepEqual(
    [code, message],
    ["isolation", 'server.ts exports "isolation", which no image reads: nothing would be kept apart'],
  );
  assert.match(hint!, /skerry\.config\.ts, or --isolation/);
  await bundle({ "server.ts": `const isolation = "request"; ${app}` });
});

/** Programs, and what their images have for them. */
const PROGRAMS: readonly (readonly [source: string, services: readonly string[]])[] = [
  [`console.log(1)`, []],
  [`exports.x = 1;`, ["http"]],
  [`module.exports = { fetch() {} };`, ["http"]],
  [`export { default } from "./other.ts";`, ["http"]],
  [`console.log((await fetch("http://a/")).status)`, ["fetch"]],
  [`import { get } from "node:http"; get("http://a/");`, ["fetch"]],
  [`import http from "node:http"; console.log(http.STATUS_CODES);`, []],
  [`import http from "node:http"; http.createServer(() => {}).listen();`, ["http"]],
  [`import { Server } from "http"; new Server().listen();`, ["http"]],
  [`const { createServer } = require("http"); createServer().listen();`, ["http"]],
];

test("a program has a server only if it exports something or makes one", async () => {
  for (const [source, services] of PROGRAMS) {
    const files = { "a.ts": source, "other.ts": "export default {};" };
    assert.deepEqual((await bundle(files)).services, services, source);
  }
});

test("a logger gives the lines that it writes in Node, and another package what it has for browsers", async () => {
  const files = (name: string): Record<string, string> => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: "node.js", browser: "./web.js" }),
    [`node_modules/${name}/node.js`]: `module.exports = "${name} for node";`,
    [`node_modules/${name}/web.js`]: `module.exports = "${name} for the web";`,
  });
  const app = { "a.ts": `import pino from "pino"; import other from "other"; console.log(pino, other);` };
  const { script } = await bundle({ ...app, ...files("pino"), ...files("other") });
  assert.match(script, /pino for node/);
  assert.match(script, /other for the web/);
  assert.doesNotMatch(script, /pino for the web|other for node/);
  assert.match((await failure(app)).hint!, /npm install pino/);
});

test("packages give their variant for runtimes like this one", async () => {
  const manifest = { name: "p", exports: { node: "./node.js", workerd: "./web.js", default: "./node.js" } };
  const { script } = await bundle({
    "a.ts": `import p from "p"; console.log(p);`,
    "node_modules/p/package.json": JSON.stringify(manifest),
    "node_modules/p/node.js": `export default "for node";`,
    "node_modules/p/web.js": `export default "for the web";`,
  });
  assert.match(script, /for the web/);
  assert.doesNotMatch(script, /for node/);
});

test("where a package has another file for browsers, it is taken: Node's may want what is not there", async () => {
  const manifest = {
    name: "p",
    main: "./index.js",
    browser: { "./socket.js": "./fetch.js", "./tty.js": false },
  };
  const { script } = await bundle({
    "a.ts": `import p from "p"; console.log(p);`,
    "node_modules/p/package.json": JSON.stringify(manifest),
    "node_modules/p/index.js": `module.exports = [require("./socket.js"), require("./tty.js")];`,
    "node_modules/p/socket.js": `module.exports = "by sockets";`,
    "node_modules/p/fetch.js": `module.exports = "by fetch";`,
    "node_modules/p/tty.js": `module.exports = "a terminal";`,
  });
  assert.match(script, /by fetch/);
  assert.doesNotMatch(script, /by sockets|a terminal/);
});

test("a missing entry is named", async () => {
  await assert.rejects(bundleApp("/no/such/server.ts"), (error: UserError) => {
    return error instanceof UserError && error.message.includes("/no/such/server.ts");
  });
});

test("a syntax error shows file, line, column and the line", async () => {
  const error = await failure({ "server.ts": `const a = 1;\nconst b = ;\n` });
  assert.match(error.message, /^server\.ts:2:11: Unexpected ";"\n {2}const b = ;\n {12}\^/);
});

test("an import that is not there names the importer, and a package gets a hint", async () => {
  const file = await failure({ "server.ts": `import "./lib/a";`, "lib/a.ts": `import "./nowhere";` });
  assert.match(file.message, /^lib\/a\.ts:1:8: Could not resolve "\.\/nowhere"/);
  const pack = await failure({ "server.ts": `import x from "not-installed"; x();` });
  assert.match(pack.message, /^server\.ts:1:15: Could not resolve "not-installed"/);
  assert.match(pack.hint!, /npm install not-installed/);
});

test("a module of Node's that is not there names the importer, and what there is", async () => {
  const error = await failure({
    "server.ts": `import "./a";`,
    "a.ts": `import { fork } from "node:child_process";\nfork("x");`,
  });
  assert.match(
    error.message,
    /^a\.ts:1:22: the module "node:child_process" is Node's and is not in an image; in its place: a machine/,
  );
  assert.match(error.hint!, /there are: assert, .*\bevents, .*\burl,/);
  assert.match(
    (await failure({ "a.ts": `import vm from "vm"; vm.x();` })).message,
    /the module "vm" is Node's and is not in an image\n/,
  );
});

test("Node's modules go by both names, before a package of that name, and into a bundle that uses them", async () => {
  const files = { "node_modules/events/index.js": `module.exports = "the package";` };
  for (const name of ["events", "node:events"]) {
    const source = `import events from "${name}"; console.log(new events());`;
    const { script, inputs, directory } = await bundle({ "a.ts": source, ...files });
    assert.doesNotMatch(script, /the package/);
    assert.match(script, /MaxListenersExceededWarning/);
    assert.deepEqual(inputs, [path.join(directory, "a.ts")]);
  }
  assert.doesNotMatch((await bundle({ "a.ts": `console.log(1)` })).script, /MaxListenersExceededWarning/);
  // A package that is no module of ours is found as ever.
  const own = { "node_modules/sqlite/index.js": `module.exports = "the package";` };
  assert.match(
    (await bundle({ "a.ts": `import x from "sqlite"; console.log(x);`, ...own })).script,
    /the package/,
  );
});

test("require gives what a module exports, and one that is not there fails when it runs", async () => {
  const { script } = await bundle({
    "a.cjs": `const path = require("path"); let vm; try { vm = require("vm"); } catch {} console.log(path.join("a"), vm);`,
  });
  assert.match(script, /module\.exports=require_|\.exports=.*path/);
});

test("timers are Node's where an app calls unref, and the Web's elsewhere", async () => {
  const hasNodes = async (source: string) =>
    /requireCallback/.test((await bundle({ "a.ts": source })).script.split("\0")[1]!);
  assert.equal(await hasNodes(`console.log(setTimeout(() => {}, 1))`), false);
  assert.equal(await hasNodes(`setTimeout(() => {}, 1).unref()`), true);
  assert.equal(await hasNodes(`globalThis.setInterval(() => {}, 1).unref?.()`), true);
  assert.equal(await hasNodes(`import "node:events"; import "node:http"; console.log(1)`), false);
});

test("an app with an AsyncLocalStorage that awaits at its top level is told what to do", async () => {
  const error = await failure({
    "a.ts": `import { AsyncLocalStorage } from "async_hooks"; new AsyncLocalStorage();\nawait null;`,
  });
  assert.match(error.message, /^a\.ts:2:1: Top-level await/);
  assert.match(error.hint!, /awaits inside functions/);
});

test("Node's globals are there where a bundle names them", async () => {
  const has = async (source: string) => {
    const app = (await bundle({ "a.ts": source })).script.split("\0")[1]!;
    return [/latin1Slice|kMaxLength/.test(app), /DEBUG_COLORS/.test(app)];
  };
  assert.deepEqual(await has(`console.log(1)`), [false, false]);
  assert.deepEqual(await has(`console.log(process.env.NODE_ENV)`), [false, false]);
  assert.deepEqual(await has(`console.log(process.env.PORT)`), [false, true]);
  assert.deepEqual(await has(`console.log(globalThis.process.cwd())`), [false, true]);
  assert.deepEqual(await has(`console.log(Buffer.from("x"))`), [true, false]);
  assert.deepEqual(await has(`console.log(global.Buffer)`), [true, false]);
  assert.deepEqual(await has(`const Buffer = 1; console.log(Buffer)`), [false, false]);
});

test("a file of text is imported as a string", async () => {
  const { script } = await bundle({
    "server.ts": `import page from "./page.html";\nconsole.log(page);`,
    "page.html": "<p>hi</p>",
  });
  assert.match(script, /"<p>hi<\/p>"/);
});

test("an import of an unknown kind of file is refused", async () => {
  const error = await failure({
    "server.ts": `import data from "./data.bin";\nconsole.log(data);`,
    "data.bin": "x",
  });
  assert.match(error.message, /^server\.ts:1:18: No loader.*\.bin/);
});

test("a part of the script is there exactly where the app's code has its word", async () => {
  const partsOf = async (body: string) => {
    const { script } = await bundle({ "server.ts": `export default { fetch() { ${body} } };` });
    return script
      .split("\0")
      .slice(4, -1)
      .map((part) => part !== "");
  };
  const parts = ["encodings", "compression", "url-pattern", "subtle"];
  assert.deepEqual(await partsOf("return new Response('a')"), [false, false, false, false]);
  const uses = [
    "new TextDecoder(label)",
    "new DecompressionStream('gzip')",
    "new URLPattern({})",
    "crypto.subtle",
  ];
  for (const [index, use] of uses.entries()) {
    assert.deepEqual(
      await partsOf(`let label = "x"; return ${use}`),
      parts.map((_, at) => at === index),
      use,
    );
  }
  for (const use of [
    "new TextDecoder()",
    'new TextDecoder("utf-8")',
    "new TextDecoder('UTF8', { fatal: true })",
  ]) {
    assert.deepEqual(
      await partsOf(`return ${use}`),
      parts.map(() => false),
      use,
    );
  }
});
