/**
 * What a developer reads when the app traps: what happened, and where in their own source.
 *
 * V8 names a Wasm frame `function (wasm://wasm/hash:wasm-function[6]:0x496)`; the last number is the byte offset in
 * the module, which is the column in AssemblyScript's source map.
 */
import type { Image } from "../../image/image.ts";
import { appPlaces } from "../source-place.ts";

const FRAME = /^\s+at (?:(.*?) \()?wasm:\/\/wasm\/([^:]*):wasm-function\[(\d+)\]:0x([0-9a-f]+)\)?$/;
const FRAME_LIMIT = 20;

/** The report's text, a line each, for an error that the app's Wasm threw. */
export function trapReport(error: unknown, image: Image): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`the app trapped: ${message}`];
  const placeOf = appPlaces(image);
  let appModule: string | undefined;
  for (const line of (error instanceof Error ? (error.stack ?? "") : "").split("\n")) {
    const frame = FRAME.exec(line);
    if (frame === null || lines.length > FRAME_LIMIT) continue;
    const [, name, module, index, offset] = frame;
    // Below the app's frames stand the kernel's, which a map of the app would give wrong places.
    appModule ??= module;
    if (placeOf !== undefined && module !== appModule) break;
    const place = placeOf?.(Number.parseInt(offset!, 16));
    lines.push(`    at ${name ?? `function ${index}`}${place === undefined ? "" : ` (${place})`}`);
  }
  return `${lines.join("\n")}\n`;
}
