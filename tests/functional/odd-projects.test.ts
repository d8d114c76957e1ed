/** Projects as people have them: odd names, every kind of source file, links, workspaces. Each answers "hello". */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { run } from "../../src/library/public.ts";

const FOLDER = realpathSync(mkdtempSync(path.join(tmpdir(), "skerry-test-")));
test.after(() => rmSync(FOLDER, { recursive: true }));

const says = (expression: string): string => `export default { fetch: () => new Response(${expression}) };\n`;

interface Project {
  /** Texts by path; a text that begins with "-> " is a link to what follows. */
  readonly files: Readonly<Record<string, string>>;
  readonly entry: string;
}

const hello = says(`"hello"`);
const kinds = Object.fromEntries(
  ["ts", "mts", "js", "mjs", "jsx", "tsx"].map((kind) => [
    `a .${kind} file`,
    { files: { [`app.${kind}`]: hello }, entry: `app.${kind}` },
  ]),
);

const PROJECTS: Readonly<Record<string, Project>> = {
  ...kinds,
  "CommonJS in a .cjs file": {
    files: { "app.cjs": `module.exports = { fetch: () => new Response("hello") };` },
    entry: "app.cjs",
  },
  "CommonJS in TypeScript": {
    files: { "app.cts": `export = { fetch: () => new Response("hello") };` },
    entry: "app.cts",
  },
  "CommonJS that a compiler made of a module": {
    files: {
      "app.js": `Object.defineProperty(exports, "__esModule", { value: true });
        exports.default = { fetch: () => new Response("hello") };`,
    },
    entry: "app.js",
  },
  "names with blanks, quotes and letters of the world": {
    files: { "my project's ünï 日本 $HOME %20/ser ver #1?.ts": hello },
    entry: "my project's ünï 日本 $HOME %20/ser ver #1?.ts",
  },
  "lines that end as on Windows, behind a byte order mark": {
    files: { "app.ts": `\uFEFF// first\r\n${hello.replaceAll("\n", "\r\n")}` },
    entry: "app.ts",
  },
  "a top level that awaits": {
    files: { "app.ts": `const word = await Promise.resolve("hello");\n${says("word")}` },
    entry: "app.ts",
  },
  "JSON, with and without an attribute": {
    files: {
      "data.json": `{ "word": "hel" }`,
      "app.ts": `import one from "./data.json";
        import two from "./data.json" with { type: "json" };
        ${says(`one.word + (one === two || one.word === two.word ? "lo" : "")`)}`,
    },
    entry: "app.ts",
  },
  "paths of tsconfig.json, with comments and trailing commas": {
    files: {
      "tsconfig.json": `{ /* ours */ "compilerOptions": { "paths": { "@words/*": ["./src/words/*"] }, }, }`,
      "src/words/hello.ts": `export const word: string = "hello";`,
      "src/app.ts": `import { word } from "@words/hello";\n${says("word")}`,
    },
    entry: "src/app.ts",
  },
  "decorators, enums, namespaces, accessors": {
    files: {
      "app.ts": `enum Word { Hello = "hello" }
        namespace Kept { export const word = Word.Hello; }
        const named = (_: unknown, { name }: { name: string | symbol }) => void String(name);
        @named class Answer { @named accessor word = Kept.word; constructor(readonly length = 5) {} }
        ${says("new Answer().word")}`,
    },
    entry: "app.ts",
  },
  "an entry that is a link": {
    files: {
      "real/app.ts": `import { word } from "./word.js";\n${says("word")}`,
      "real/word.ts": `export const word = "hello";`,
      "app.ts": "-> real/app.ts",
    },
    entry: "app.ts",
  },
  "a project behind a link": {
    files: { "real/app.ts": hello, linked: "-> real" },
    entry: "linked/app.ts",
  },
  "a workspace, whose package is a link": {
    files: {
      "packages/words/package.json": `{ "name": "words", "type": "module", "exports": { ".": "./src/index.ts" } }`,
      "packages/words/src/index.ts": `export const word: string = "hello";`,
      "packages/api/package.json": `{ "name": "api", "type": "module" }`,
      "packages/api/server.ts": `import { word } from "words";\n${says("word")}`,
      "node_modules/words": "-> ../packages/words",
    },
    entry: "packages/api/server.ts",
  },
  "packages as pnpm lays them": {
    files: {
      "node_modules/.pnpm/outer@1.0.0/node_modules/outer/package.json": `{ "name": "outer", "version": "1.0.0", "main": "index.js" }`,
      "node_modules/.pnpm/outer@1.0.0/node_modules/outer/index.js": `module.exports = require("inner");`,
      "node_modules/.pnpm/outer@1.0.0/node_modules/inner": "-> ../../inner@2.0.0/node_modules/inner",
      "node_modules/.pnpm/inner@2.0.0/node_modules/inner/package.json": `{ "name": "inner", "version": "2.0.0" }`,
      "node_modules/.pnpm/inner@2.0.0/node_modules/inner/index.js": `exports.word = "hello";`,
      "node_modules/outer": "-> .pnpm/outer@1.0.0/node_modules/outer",
      "server.ts": `import outer from "outer";\n${says("outer.word")}`,
    },
    entry: "server.ts",
  },
  "a project inside node_modules": {
    files: {
      "node_modules/demo/package.json": `{ "name": "demo", "version": "1.0.0" }`,
      "node_modules/demo/server.ts": hello,
    },
    entry: "node_modules/demo/server.ts",
  },
  "a package.json that says little": {
    files: { "package.json": "{}", "server.ts": hello },
    entry: "server.ts",
  },
};

function lay(folder: string, files: Project["files"]): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), file);
    else writeFileSync(file, text);
  }
}

Object.entries(PROJECTS).forEach(([title, { files, entry }], index) => {
  test(title, async () => {
    const folder = path.join(FOLDER, String(index));
    lay(folder, files);
    await using machine = await run(path.join(folder, entry), { target: "node" });
    assert.equal(await (await machine.fetch("/")).text(), "hello", machine.logs.text);
  });
});
