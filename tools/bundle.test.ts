import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { compileInParallel } from "../src/build/compile.ts";
import { decodeCompiled } from "../src/build/compiled-form.ts";
import { prepareEngine } from "../src/image/engine.ts";

const ROOT = path.resolve(import.meta.dirname, "..");

test("the bundled compiler gives with its threads what the sources give without, and keeps it", async () => {
  mkdirSync(path.join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(path.join(ROOT, ".cache/bundle-"));
  try {
    execFileSync(process.execPath, ["tools/bundle.mjs", path.join(folder, "dist")], { cwd: ROOT });
    writeFileSync(path.join(folder, "skerry.mjs"), COMMAND);
    const { wasm } = await prepareEngine();
    const file = path.join(folder, "engine.wasm");
    writeFileSync(file, wasm);
    const cache = path.join(folder, "cache");
    const compile = () => compileWith(path.join(folder, "skerry.mjs"), file, cache);
    const first = compile();
    const [entry, ...others] = readdirSync(cache);
    assert.deepEqual(others, []);
    const expected = await compileInParallel(wasm, { workers: 0, cache: false });
    assert.deepEqual(decodeCompiled(new Uint8Array(readFileSync(path.join(cache, entry!)))), expected);
    // The command starts no thread for a module of this size.
    assert.deepEqual(await compileInBundle(path.join(folder, "dist/compile.js"), wasm, 2), expected);
    const second = compile();
    assert.deepEqual(readdirSync(cache), [entry]);
    assert.ok(second.compileMs < first.compileMs / 4, `${second.compileMs} ms after ${first.compileMs} ms`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** As `bin/skerry.js`. */
const COMMAND = `import { runProcess } from "./dist/cli.js";
await runProcess();
`;

function compileWith(command: string, file: string, cache: string): { readonly compileMs: number } {
  const env = { ...process.env, SKERRY_CACHE: cache };
  const output = execFileSync(process.execPath, [command, "compile", file, "--json"], { env });
  return JSON.parse(output.toString()) as { readonly compileMs: number };
}

async function compileInBundle(index: string, wasm: Uint8Array, workers: number): Promise<unknown> {
  const bundled = (await import(pathToFileURL(index).href)) as {
    compileInParallel: typeof compileInParallel;
  };
  return bundled.compileInParallel(wasm, { workers, cache: false });
}
