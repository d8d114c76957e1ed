/**
 * From bytes of a Wasm module to places in its source, by the source map that compilers write beside it.
 *
 * Generated positions are on line 1, with the byte of the module as column (WebAssembly tool conventions, "Source
 * Maps"). A map that cannot be read or understood gives no places: a report must not fail for want of one.
 *
 * Tests: wasm-map.test.ts
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

/** `file:line:column`, counted from 1. */
export type PlaceOf = (byteOffset: number) => string | undefined;

/** `url` is what the module's `sourceMappingURL` section holds: a file beside the module, a `data:` URL, or a map. */
export function readWasmMap(moduleFile: string, url: string | undefined): PlaceOf | undefined {
  if (url === undefined) return undefined;
  const folder = path.dirname(moduleFile);
  try {
    const { text, mapFolder } = readText(folder, url);
    const map = new TraceMap(text);
    return (byteOffset) => {
      const { source, line, column } = originalPositionFor(map, { line: 1, column: byteOffset });
      if (source === null) return undefined;
      return `${showFile(path.resolve(mapFolder, source))}:${line}:${column + 1}`;
    };
  } catch {
    return undefined;
  }
}

function readText(folder: string, url: string): { text: string; mapFolder: string } {
  if (url.trimStart().startsWith("{")) return { text: url, mapFolder: folder };
  const data = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (data !== null) {
    const text =
      data[1] === undefined ? decodeURIComponent(data[2]!) : Buffer.from(data[2]!, "base64").toString();
    return { text, mapFolder: folder };
  }
  const file = path.resolve(folder, url.startsWith("file:") ? new URL(url).pathname : url);
  return { text: readFileSync(file, "utf8"), mapFolder: path.dirname(file) };
}

/** From the working directory if it is below it. */
function showFile(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}
