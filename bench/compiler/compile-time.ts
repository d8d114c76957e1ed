/** How long the compiler takes for QuickJS, with an empty cache and with what it left there, each in a fresh process. */
import path from "node:path";
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import type { CompileFigures } from "./compile-process.ts";

const execute = promisify(execFile);

export async function measureCompiling(
  wasm: Uint8Array,
  folder: string,
): Promise<{ cold: CompileFigures; warm: CompileFigures }> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "compiled.wasm");
  const cache = path.join(folder, "cache");
  writeFileSync(file, wasm);
  rmSync(cache, { recursive: true, force: true });
  const compile = async () => {
    const script = path.join(import.meta.dirname, "compile-process.ts");
    const { stdout } = await execute(process.execPath, ["--import", "./tools/typescript.mjs", script, file], {
      cwd: PACKAGE_ROOT,
      env: { ...process.env, SKERRY_CACHE: cache },
    });
    return JSON.parse(stdout) as CompileFigures;
  };
  return { cold: await compile(), warm: await compile() };
}
