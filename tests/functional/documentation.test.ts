/**
 * The code that the guide and the README show is code: TypeScript holds, apps and configurations build, as they would in
 * the project of who copies them.
 */
import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { buildImage } from "../../src/image/image.ts";
import { openProject } from "../../src/library/project.ts";
import { declareTypes } from "../../tools/declarations.mjs";
import { codeOf, pagesOf } from "../../tools/documentation/pages.ts";
import { ROOT, serve } from "./skerry.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-documentation-"));
test.after(() => rmSync(folder, { recursive: true }));
await declareTypes(path.join(folder, "node_modules/skerry/dist/types"));
cpSync(path.join(ROOT, "package.json"), path.join(folder, "node_modules/skerry/package.json"));
for (const name of ["express", "ws", "@types"]) {
  symlinkSync(path.join(ROOT, "node_modules", name), path.join(folder, "node_modules", name));
}
for (const [name, text] of [
  ["package.json", '{ "type": "module" }'],
  ["public/index.html", "<p>here"],
  ["server.ts", "export default { fetch: () => new Response() };"],
]) {
  mkdirSync(path.dirname(path.join(folder, name!)), { recursive: true });
  writeFileSync(path.join(folder, name!), text!);
}

type Kind = "configuration" | "native app" | "app" | "program";

interface Sample {
  readonly page: string;
  /** Its own folder's, in the project. */
  readonly file: string;
  readonly code: string;
  readonly kind: Kind;
}

const KINDS: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/\bdefineConfig\(/, "configuration"],
  [/from "skerry\/native\//, "native app"],
  [/^export default\b|\.listen\(/m, "app"],
];
const FILE_NAMES: Readonly<Record<Kind, string>> = {
  configuration: "skerry.config",
  "native app": "main",
  app: "main",
  program: "main",
};

const samples: readonly Sample[] = pagesOf(ROOT)
  .filter(({ file }) => file === "README.md" || file.startsWith("docs/guide/"))
  .flatMap(({ file: page, text }) =>
    codeOf(text)
      .filter(({ language }) => language === "ts" || language === "js")
      .map(({ language, code }, index) => {
        const kind = KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? "program";
        const home = `${path.basename(page, ".md")}-${index}`;
        return { page, file: path.join(folder, home, `${FILE_NAMES[kind]}.${language}`), code, kind };
      }),
  );
for (const { file, code } of samples) {
  mkdirSync(path.dirname(file));
  writeFileSync(file, code);
  for (const name of ["public", "server.ts"]) {
    symlinkSync(path.join(folder, name), path.join(path.dirname(file), name));
  }
}

test("there is code of each kind, and no page of the guide shows a language that nobody checks", () => {
  for (const kind of Object.keys(FILE_NAMES))
    assert.ok(
      samples.some((sample) => sample.kind === kind),
      kind,
    );
  const languages = new Set(
    pagesOf(ROOT).flatMap(({ text }) => codeOf(text).map(({ language }) => language)),
  );
  for (const other of ["typescript", "javascript", "tsx", "jsx"]) assert.ok(!languages.has(other), other);
});

/** What TypeScript says of the project's `files`, in words. */
function typeErrors(files: readonly string[]): string {
  const compilerOptions = {
    target: "ES2023",
    module: "ESNext",
    moduleResolution: "Bundler",
    strict: true,
    noEmit: true,
    types: ["node"],
  };
  const configuration = path.join(folder, "tsconfig.json");
  writeFileSync(configuration, JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [tsc, "-p", configuration], { encoding: "utf8" }).stdout;
}

test("its types hold, and a wrong one would not (the control)", () => {
  const typed = samples.filter(({ file, kind }) => file.endsWith(".ts") && kind !== "native app");
  const wrong = path.join(folder, "wrong.ts");
  writeFileSync(wrong, `import { run } from "skerry";\nawait run(7);\n`);
  const said = typeErrors([...typed.map(({ file }) => file), wrong]);
  assert.match(said, /^\S*wrong\.ts\(2,11\): error TS2345: [^\n]*\n$/);
});

for (const { page, file, kind } of samples) {
  if (kind === "program") continue;
  test(`${page}: ${path.basename(path.dirname(file))}, ${kind}, is taken`, async () => {
    if (kind === "configuration") {
      const { configuration } = await openProject(undefined, file);
      assert.ok(Object.keys(configuration).length > 0);
    } else {
      const { manifest } = await buildImage(file);
      assert.equal(manifest.face, kind === "app" ? "js" : "native");
    }
  });
}

test("the README's program answers what it says", async () => {
  const { file } = samples.find(({ page }) => page === "README.md")!;
  const server = await serve(file, "--target", "node");
  try {
    assert.equal(await (await fetch(`${server.url}/there`)).text(), "hello from /there\n");
  } finally {
    await server.stop();
  }
});
