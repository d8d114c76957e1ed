/**
 * What a developer reads when the app traps: what happened, and where in their own source.
 *
 * V8 names a Wasm frame `function (wasm://wasm/hash:wasm-function[6]:0x496)`; the last number is the byte offset in
 * the module, which is the column in AssemblyScript's source map.
 */
import { TraceMap, originalPositionFor } from "@jridgewell/trace-mapping";
import type { Image } from "../../image/image.ts";

const FRAME = /^\s+at (?:(.*?) \()?wasm:\/\/wasm\/[^:]*:wasm-function\[(\d+)\]:0x([0-9a-f]+)\)?$/;
const FRAME_LIMIT = 20;

/** The report's text, a line each, for an error that the app's Wasm threw. */
export function trapReport(error: unknown, image: Image): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`the app trapped: ${message}`];
  const map = image.manifest.face === "native" && image.sourceMap !== undefined ? image.sourceMap : undefined;
  // The compiler's source root is the folder it pretends to write to; sources are relative to the entry's.
  const traced = map === undefined ? undefined : new TraceMap({ ...JSON.parse(map), sourceRoot: "" });
  for (const line of (error instanceof Error ? (error.stack ?? "") : "").split("\n")) {
    const frame = FRAME.exec(line);
    if (frame === null || lines.length > FRAME_LIMIT) continue;
    const [, name, index, offset] = frame;
    lines.push(`    at ${name ?? `function ${index}`}${place(traced, Number.parseInt(offset!, 16))}`);
  }
  return `${lines.join("\n")}\n`;
}

function place(map: TraceMap | undefined, offset: number): string {
  if (map === undefined) return "";
  const position = originalPositionFor(map, { line: 1, column: offset });
  return position.source === null ? "" : ` (${position.source}:${position.line}:${position.column + 1})`;
}
