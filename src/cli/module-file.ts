/** A `.wasm` file, compiled: what `compile` and `run --invoke` begin with. Every mistake becomes a `UserError`. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { CompiledModule } from "../abi/object.ts";
import { compileInParallel } from "../build/compile.ts";
import { WasmError } from "../compiler/wasm/error.ts";
import { escapeControls } from "../image/escape-controls.ts";
import { UserError } from "../image/user-error.ts";

export interface ModuleFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly module: CompiledModule;
  readonly compileMs: number;
}

/** `\0asm`, as a little-endian word. */
const MAGIC = 0x6d736100;

export async function compileFile(file: string): Promise<ModuleFile> {
  const bytes = readModule(file);
  const startedAt = performance.now();
  try {
    const module = await compileInParallel(bytes);
    return { file, sizeBytes: bytes.length, module, compileMs: performance.now() - startedAt };
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const reason = escapeControls(error.message);
    throw new UserError("wasm", `${file} is ${ARTICLES[error.kind]} WebAssembly module: ${reason}`);
  }
}

const ARTICLES: Readonly<Record<WasmError["kind"], string>> = {
  malformed: "a malformed",
  invalid: "an invalid",
  unsupported: "an unsupported",
};

function readModule(file: string): Uint8Array {
  if (!existsSync(file)) {
    throw new UserError("entry", `there is no file ${path.resolve(file)}`, "give the path of a .wasm module");
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError("entry", `${file} cannot be read: ${(error as Error).message}`);
  }
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== MAGIC) {
    throw new UserError(
      "entry",
      `${file} is not a valid WebAssembly module: it does not begin with \\0asm`,
      "text modules (.wat) become binary ones with wat2wasm",
    );
  }
  return bytes;
}
