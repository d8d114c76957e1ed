/**
 * The benchmark's JavaScript engine: QuickJS as images have it, and a host that calls a handler in it.
 *
 * The handler and the request come to the host as code that stores them, 8 bytes an instruction: so no engine under
 * test needs a way to place bytes in memory.
 */
import path from "node:path";
import { readFile } from "node:fs/promises";
import { compileAssembly } from "../../src/image/assembly.ts";
import { cached, keyOf, sourcesHash } from "../../src/image/cache.ts";
import { prepareEngine } from "../../src/image/engine.ts";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import type { BenchmarkCase } from "./case.ts";

const FOLDER = path.join(import.meta.dirname, "quickjs");
/** The host's static bytes stand here, in the first KiB of memory, which the engine leaves unused. */
const HOST_MEMORY_BASE = 16;
const ARGUMENTS = ["--converge", "--use", "abort="];

export async function quickJsCase(): Promise<BenchmarkCase> {
  const engine = await prepareEngine();
  return {
    name: "quickjs",
    modules: [
      { name: "engine", wasm: engine.wasm },
      { name: "face", wasm: await hostWasm() },
    ],
    memory: engine.memoryPages,
  };
}

async function hostWasm(): Promise<Uint8Array> {
  const text = textSource(
    await readFile(path.join(FOLDER, "handler.js"), "utf8"),
    JSON.stringify(JSON.parse(await readFile(path.join(FOLDER, "request.json"), "utf8"))),
  );
  const sources = await sourcesHash(["bench/compiler/quickjs", "src/faces/js"]);
  return cached(keyOf("bench-host", [sources, text, ...ARGUMENTS]), async () => {
    const output = await compileAssembly(PACKAGE_ROOT, "bench/compiler/quickjs/host.ts", {
      names: true,
      sharedMemoryBase: HOST_MEMORY_BASE,
      virtualFiles: { "bench/compiler/quickjs/text.ts": text },
      extraArguments: ARGUMENTS,
    });
    return output.wasm;
  });
}

/** `text.ts`, which the host imports: where each text begins, and a function that writes them all. */
function textSource(script: string, body: string): string {
  const texts = {
    SCRIPT: script,
    FILE_NAME: "handler.js",
    METHOD: "POST",
    PATH: "/customers/c-18446/orders?expand=lines",
    BODY: body,
  };
  const lines: string[] = [];
  const chunks: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(texts)) {
    lines.push(`export const ${name}: usize = ${offset};`);
    chunks.push(Buffer.from(`${text}\0`));
    offset += chunks.at(-1)!.length;
  }
  const bytes = Buffer.concat([...chunks, Buffer.alloc(8)]);
  lines.push(`export const TEXT_BYTES: usize = ${bytes.length};`);
  lines.push(`export const SCRIPT_LENGTH: usize = ${Buffer.byteLength(script)};`);
  lines.push(`export const BODY_NUMBER: usize = ${body.indexOf("100000")};`);
  lines.push("export function writeText(target: usize): void {");
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    lines.push(`  store<u64>(target, 0x${bytes.readBigUInt64LE(at).toString(16)}, ${at});`);
  }
  return [...lines, "}", ""].join("\n");
}
