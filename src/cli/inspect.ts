/** `skerry inspect`: what an image holds, for people or as JSON. */
import { parseArgs } from "node:util";
import { buildImage } from "../image/image.ts";
import type { Manifest } from "../abi/manifest.ts";
import { onlyEntry, usageError } from "./options.ts";

export async function inspect(words: string[]): Promise<number> {
  const { values, positionals } = parse(words);
  const { manifest } = await buildImage(onlyEntry("inspect", positionals));
  process.stdout.write(values.json === true ? `${JSON.stringify(manifest)}\n` : describe(manifest));
  return 0;
}

function parse(words: string[]) {
  try {
    return parseArgs({ args: words, allowPositionals: true, options: { json: { type: "boolean" } } });
  } catch (error) {
    throw usageError("inspect", error);
  }
}

function describe(manifest: Manifest): string {
  const lines = [`${manifest.name}: face ${manifest.face}`, `services: ${manifest.services.join(" ")}`, ""];
  for (const module of manifest.modules) {
    lines.push(`${module.role} (compartment ${module.compartment}): ${module.sizeBytes} bytes of Wasm`);
    lines.push(`  sha256 ${module.sha256}`);
    lines.push(`  granted: ${module.imports.join(" ") || "nothing"}`);
  }
  return `${lines.join("\n")}\n`;
}
