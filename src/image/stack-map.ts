/**
 * Turns places in the bundled app (`app.js:LINE:COLUMN`) in console text into places in the user's files.
 *
 * Text that the map does not know stays as it is: a stack must never get lost because it could not be improved.
 *
 * Tests:  stack-map.test.ts
 */
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

const PLACE = /\bapp\.js:(\d+)(?::(\d+))?/g;

/** The parsed map of the last call: a console writes many texts of one app. */
let lastSource: string | undefined;
let lastMap: TraceMap | undefined;

function parse(sourceMap: string): TraceMap {
  if (lastMap === undefined || lastSource !== sourceMap) {
    lastMap = new TraceMap(sourceMap);
    lastSource = sourceMap;
  }
  return lastMap;
}

/** `text` with the app's places mapped by `sourceMap` (JSON). */
export function mapStackText(text: string, sourceMap: string): string {
  if (!text.includes("app.js:")) return text;
  const map = parse(sourceMap);
  return text.replace(PLACE, (found, line: string, column: string | undefined) => {
    // Lines and columns of the engine count from 1; columns of a map from 0.
    const place = originalPositionFor(map, {
      line: Number(line),
      column: column === undefined ? 0 : Math.max(0, Number(column) - 1),
    });
    if (place.source === null) return found;
    return `${place.source}:${place.line}:${place.column + 1}`;
  });
}
