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

/** The beginning of a place, at the end of a text that goes on. */
const BEGUN_PLACE = /\ba(?:p(?:p(?:\.(?:j(?:s(?::\d*(?::\d*)?)?)?)?)?)?)?$/;
/** How long the rest of a place may take to arrive. */
const REST_LIMIT_MS = 50;

/**
 * As `mapStackText`, for text that arrives in pieces: a place that a piece cuts in two waits for the other half.
 */
export class MappedStream {
  readonly #sourceMap: string;
  readonly #give: (text: string) => void;
  #held = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(sourceMap: string, give: (text: string) => void) {
    this.#sourceMap = sourceMap;
    this.#give = give;
  }

  push(piece: string): void {
    clearTimeout(this.#timer);
    const text = this.#held + piece;
    const begun = BEGUN_PLACE.exec(text)?.index ?? text.length;
    this.#held = text.slice(begun);
    if (begun > 0) this.#give(mapStackText(text.slice(0, begun), this.#sourceMap));
    if (this.#held !== "") this.#timer = setTimeout(() => this.flush(), REST_LIMIT_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    const text = this.#held;
    this.#held = "";
    if (text !== "") this.#give(mapStackText(text, this.#sourceMap));
  }
}
