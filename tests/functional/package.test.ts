/** What a new user has: the packed package in an empty project, its command, its types, its templates. */
import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { installPackage } from "./package.ts";
import { ROOT } from "./skerry.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-package-"));
test.after(() => rmSync(folder, { recursive: true }));
installPackage(folder, ["hono"]);

const COMMAND = path.join(folder, "node_modules/skerry/bin/skerry.js");
/** No program but Node, no home: what is needed must be in the package. */
const PROGRAMS = path.join(folder, "programs");
mkdirSync(PROGRAMS);
symlinkSync(process.execPath, path.join(PROGRAMS, "node"));
const ENVIRONMENT = { PATH: PROGRAMS, HOME: folder, SKERRY_CACHE: path.join(folder, "cache") };

function skerry(words: readonly string[], cwd = folder): string {
  return execFileSync(process.execPath, [COMMAND, ...words], {
    cwd,
    env: ENVIRONMENT,
    stdio: "pipe",
  }).toString();
}

async function serve(
  words: readonly string[],
  cwd: string,
  check: (url: string) => Promise<void>,
): Promise<string> {
  const child = spawn(process.execPath, [COMMAND, "run", ...words], { cwd, env: ENVIRONMENT });
  const exited = once(child, "exit");
  let text = "";
  const url = new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      const found = /listening on (http:\/\/\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(text)));
  });
  try {
    await check(await url);
  } finally {
    child.kill("SIGINT");
    await exited;
  }
  return text;
}

function checkTypes(project: string): void {
  execFileSync(process.execPath, [path.join(ROOT, "node_modules/typescript/bin/tsc"), "-p", project], {
    stdio: "pipe",
  });
}

function project(template: string): string {
  const made = path.join(folder, template);
  skerry(["init", made, "--template", template]);
  return made;
}

test("the first command serves, says why no virtual machine, and compiles nothing that the package brings", async () => {
  writeFileSync(path.join(folder, "server.ts"), "export default { fetch: () => new Response('hi') };\n");
  const said = await serve(["server.ts", "-p", "0:80"], folder, async (url) => {
    assert.equal(await (await fetch(url)).text(), "hi");
  });
  assert.match(said, /target process \(no QEMU here; apt install/);
  const kept = existsSync(path.join(folder, "cache")) ? readdirSync(path.join(folder, "cache")) : [];
  assert.deepEqual(kept, [], "neither engine nor kernel");
});

const ANSWERS: Readonly<Record<string, readonly [target: string, pattern: RegExp]>> = {
  http: ["/there", /^hello from \/there\n$/],
  hono: ["/users/7", /^\{"id":7\}$/],
  native: ["/", /^hello from a machine/],
  static: ["/", /<h1>A site of its own<\/h1>/],
};

for (const [template, [target, pattern]] of Object.entries(ANSWERS)) {
  test(`a new project has types that hold, and serves: ${template}`, async () => {
    const made = project(template);
    checkTypes(made);
    await serve(["-p", "0:80"], made, async (url) => {
      assert.match(await (await fetch(url + target)).text(), pattern);
    });
  });
}

test("a new console program has types that hold, and ends", () => {
  const made = project("console");
  checkTypes(made);
  assert.match(skerry(["run"], made), /^2 3 5 7 11 /);
});

test("a folder that holds something is left as it is", () => {
  const made = mkdtempSync(path.join(folder, "full-"));
  writeFileSync(path.join(made, "server.ts"), "mine");
  assert.throws(() => skerry(["init", made]), /already holds server\.ts, and nothing was written/);
  assert.deepEqual(readdirSync(made), ["server.ts"]);
});

test("the library's types hold without a look away, and it runs", async () => {
  const made = mkdtempSync(path.join(folder, "types-"));
  symlinkSync(path.join(ROOT, "node_modules/@types"), path.join(folder, "node_modules/@types"));
  writeFileSync(path.join(made, "use.ts"), LIBRARY_USE);
  writeFileSync(path.join(made, "wrong.ts"), LIBRARY_MISUSE);
  const compilerOptions = {
    target: "ES2023",
    module: "NodeNext",
    strict: true,
    skipLibCheck: false,
    types: ["node"],
    outDir: "out",
  };
  writeFileSync(path.join(made, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  writeFileSync(path.join(made, "package.json"), JSON.stringify({ type: "module" }));
  checkTypes(made);
  const bundled = { ...compilerOptions, module: "ESNext", moduleResolution: "Bundler", outDir: "bundled" };
  writeFileSync(
    path.join(made, "tsconfig.json"),
    JSON.stringify({ compilerOptions: bundled, include: ["*.ts"] }),
  );
  checkTypes(made);
  writeFileSync(path.join(made, "server.ts"), "export default { fetch: () => new Response('hi') };\n");
  const output = execFileSync(process.execPath, [path.join(made, "out/use.js")], {
    cwd: made,
    env: ENVIRONMENT,
  });
  assert.equal(output.toString(), "sample process hi running ended\n");
});

const LIBRARY_USE = `
import { build, compare, defineConfig, run } from "skerry";
import type { Comparison, Configuration, KindName, VirtualMachine } from "skerry";
import type { App } from "skerry/app";

const app: App<{ NAME: string }> = {
  fetch: (request, env, context) => {
    context.waitUntil(Promise.resolve());
    return new Response(env.NAME + request.url);
  },
};
const configuration: Configuration = defineConfig({ entry: "server.ts", ports: [1, "2:3", { host: 0, guest: 80 }] });
const kinds = async (): Promise<KindName[]> => {
  const comparison: Comparison = await compare("server.ts", { only: ["process"], rounds: 1, env: { A: 1 } });
  return comparison.kinds.map(({ name }) => name);
};
const socket = (): Response => {
  const [theirs, ours] = Object.values(new WebSocketPair());
  ours!.accept();
  return new Response(null, { status: 101, webSocket: theirs! });
};
void [app, configuration, kinds, socket];

const image = await build("server.ts", { name: "sample" });
const machine: VirtualMachine = await run(image, { target: "process" });
const response: Response = await machine.fetch("/");
const words = [image.manifest.name, machine.target, await response.text(), (await machine.status()).state];
const status: number = await machine.stop();
for await (const { text } of machine.logs) words.push(text);
const after = await machine.status();
if (after.state === "ended" && after.exitStatus === status) words.push("ended");
console.log(words.join(" "));
`;

/** Each line must be an error: a comment that expects one where there is none is an error itself. */
const LIBRARY_MISUSE = `
import { build, compare, defineConfig, run } from "skerry";
import type { App } from "skerry/app";

export async function wrong(): Promise<void> {
  // @ts-expect-error a port is no boolean
  defineConfig({ ports: [true] });
  // @ts-expect-error there is no such field
  defineConfig({ prots: [] });
  // @ts-expect-error there is no such target
  await run("server.ts", { target: "moon" });
  // @ts-expect-error there is no such kind
  await compare("server.ts", { only: ["jail"] });
  // @ts-expect-error an image's bytes are of a machine or a process
  (await build("server.ts")).bytes("node");
  // @ts-expect-error a handler answers a Response
  ({ fetch: () => 7 }) satisfies App;
}
`;
