/** `node --import ./tools/typescript.mjs bench/compiler/kernel-wasm.ts FOLDER`: writes every kernel's module there. */
import path from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { KERNELS, kernelWasm } from "./kernels.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("which folder do the modules go to?");
mkdirSync(folder, { recursive: true });
for (const name of KERNELS) {
  const wasm = await kernelWasm(name);
  writeFileSync(path.join(folder, `${name}.wasm`), wasm);
  console.log(`${name.padEnd(20)}${String(wasm.length).padStart(7)} bytes`);
}
