/**
 * Tidy: the style that a machine can check. Layers, lengths, names, and what a commit must not carry.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import ts from "typescript";

const ROOT = path.resolve(import.meta.dirname, "..");
const FILE_LINES_LIMIT = 400;
const FUNCTION_LINES_LIMIT = 70;

const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT })
  .toString()
  .split("\n")
  .filter((file) => file !== "");
const SOURCES = FILES.filter(
  (file) => /\.(ts|mjs|js)$/.test(file) && !/(^|\/)(tables|generated|corpus)\//.test(file),
);

/** Part of the package: no test, and nothing that only tests use. */
const isShipped = (file: string): boolean =>
  file.startsWith("src/") && !/\.(test|harness)\.ts$|(^|\/)test-[a-z]+(\.ts$|\/)/.test(file);

const text = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, text(file), ts.ScriptTarget.ES2022, true);

/** Who may import whom: the first folder that a file's path starts with decides. Everyone may import itself. */
const LAYERS: readonly (readonly [folder: string, mayImport: readonly string[]])[] = [
  ["src/abi", []],
  ["src/native", []],
  ["src/kernel/cpu", ["src/abi"]],
  ["src/kernel/memory", ["src/abi", "src/kernel/cpu"]],
  ["src/kernel/time", ["src/kernel/cpu"]],
  ["src/kernel/entropy", ["src/abi", "src/kernel/cpu"]],
  ["src/kernel/stream", ["src/abi"]],
  ["src/kernel/net", ["src/abi", "src/kernel"]],
  ["src/kernel/http", ["src/abi", "src/kernel"]],
  ["src/kernel", ["src/abi"]],
  ["src/faces", ["src/abi", "src/runtime"]], // the numbers of calls that prelude and glue share
  ["src/runtime", []],
  ["src/node", ["src/runtime"]], // the machine's calls: these modules are bundled with the app
  ["src/x64", ["src/abi"]],
  ["src/compiler", ["src/abi", "src/x64"]],
  ["src/linker", ["src/abi", "src/x64"]],
  ["src/link", ["src/abi", "src/image"]],
  ["src/image", ["src/abi"]],
  ["src/loader", ["src/abi", "src/x64", "src/image"]],
  ["src/audit", ["src/abi"]],
  ["src/build", ["src/abi", "src/compiler", "src/image", "src/linker", "src/platform"]],
  ["src/gateway", ["src/abi", "src/link", "src/image", "src/kernel"]],
  ["src/keel", ["src/abi", "src/x64"]],
  ["src/platform", ["src/abi", "src/x64", "src/linker", "src/keel", "src/image"]],
  ["src/targets", ["src/abi", "src/image", "src/link", "src/gateway", "src/platform", "src/linker"]],
  ["src/machines", ["src/image"]],
  // Starts what it compares; its pages look as those of the audit.
  ["src/compare", ["src/abi", "src/audit", "src/gateway", "src/image", "src/link", "src/targets", "src/x64"]],
  [
    "src/library",
    [
      "src/abi",
      "src/audit",
      "src/build",
      "src/compare",
      "src/compiler",
      "src/gateway",
      "src/image",
      "src/linker",
      "src/loader",
      "src/targets",
    ],
  ],
  [
    "src/cli",
    [
      "src/abi",
      "src/audit",
      "src/build",
      "src/compare",
      "src/gateway",
      "src/library",
      "src/machines",
      "src/image",
      "src/targets",
      "src/platform",
      "src/compiler",
      "src/x64",
      "src/linker",
    ],
  ],
];

/** Arrows that the folder table would allow but that must not be. */
const FORBIDDEN: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^src\/kernel\/net\//, /^src\/kernel\/http\//],
  [/^src\/kernel\/http\/(?!(client\/)?service)/, /^src\/kernel\/net\//],
  [/^src\/kernel\/net\/wire\//, /^src\/kernel\/net\/(?!wire|layer)/],
  [/^src\/kernel\/net\/(tcp|udp)\//, /^src\/kernel\/net\/(dhcp|dns)\//],
];

function importsOf(file: string): string[] {
  const found: string[] = [];
  for (const statement of parse(file).statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const target = statement.moduleSpecifier;
    if (target === undefined || !ts.isStringLiteral(target) || !target.text.startsWith(".")) continue;
    found.push(path.normalize(path.join(path.dirname(file), target.text)));
  }
  return found;
}

test("folders import along the allowed arrows only", () => {
  const wrong: string[] = [];
  for (const file of SOURCES.filter(isShipped)) {
    const layer = LAYERS.find(([folder]) => file.startsWith(`${folder}/`));
    for (const target of importsOf(file)) {
      if (layer === undefined) continue;
      const allowed = [layer[0], ...layer[1]].some((folder) => target.startsWith(`${folder}/`));
      const forbidden = FORBIDDEN.some(([from, to]) => from.test(file) && to.test(target));
      if (!allowed || forbidden) wrong.push(`${file} -> ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("a source file is at most 400 lines, a function at most 70", () => {
  const long: string[] = [];
  for (const file of SOURCES) {
    const source = parse(file);
    const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
    if (lineAt(source.end) > FILE_LINES_LIMIT) long.push(`${file}: ${lineAt(source.end)} lines`);
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
        const lines = lineAt(node.end) - lineAt(node.getStart()) + 1;
        if (lines > FUNCTION_LINES_LIMIT) long.push(`${file}:${lineAt(node.getStart())}: ${lines} lines`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  assert.deepEqual(long, []);
});

test("file names are kebab-case nouns, none of the empty ones", () => {
  const banned = /(^|[-/])(utils?|helpers?|common|manager|misc)([-./]|$)/;
  const wrong = SOURCES.filter((file) => {
    const base = path.basename(file);
    // A module of Node's has Node's name.
    if (/^src\/node\/util[.-]/.test(file)) return false;
    return banned.test(file) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|mjs|js)$/.test(base);
  });
  assert.deepEqual(wrong, []);
});

test("every source file opens with a word on what it is", () => {
  const silent = SOURCES.filter((file) => {
    if (file.endsWith(".test.ts") || file.startsWith("tests/apps/")) return false;
    return !/^(#![^\n]*\n)?\s*(\/\*\*|\/\/)/.test(text(file));
  }).filter((file) => !/^(eslint\.config\.js|bin\/|examples\/)/.test(file));
  assert.deepEqual(silent, []);
});

test("the tests that a file's first words name are there", () => {
  const files = new Set(FILES);
  const missing: string[] = [];
  for (const file of SOURCES) {
    const [, named = ""] = /^\s*\/\*\*(?:(?!\*\/)[^])*?Tests:((?:(?!\*\/)[^])*)/.exec(text(file)) ?? [];
    for (const [test] of named.matchAll(/[\w./-]+\.test\.ts/g)) {
      const beside = path.join(path.dirname(file), test);
      if (!files.has(test) && !files.has(beside)) missing.push(`${file}: ${test}`);
    }
  }
  assert.deepEqual(missing, []);
});

test("no test is skipped, left for later, or run alone", () => {
  const pattern = /\b(it|test|describe)\.(skip|todo|only)\b/;
  const wrong = SOURCES.filter((file) => file !== "tools/tidy.test.ts" && pattern.test(text(file)));
  assert.deepEqual(wrong, []);
});

/** Node's modules and one of a package's, as apps and the package import them; and the instructions there are. */
const FACES = /^src\/(node\/|runtime\/url-encoding|x64\/tables\/)/;

test("what the package exports is used elsewhere", () => {
  const declaration =
    /^export (?:declare )?(?:async )?(?:const enum|const|let|function|(?:abstract )?class) (\w+)/gm;
  const words = new Map<string, Set<string>>();
  for (const file of SOURCES) {
    for (const word of text(file).match(/\w+/g) ?? []) {
      const files = words.get(word) ?? new Set();
      words.set(word, files.add(file));
    }
  }
  const unused: string[] = [];
  for (const file of SOURCES.filter((each) => isShipped(each) && !FACES.test(each))) {
    for (const [, name] of text(file).matchAll(declaration)) {
      if (words.get(name!)?.size === 1) unused.push(`${file}: ${name}`);
    }
  }
  assert.deepEqual(unused, []);
});
