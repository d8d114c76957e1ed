/**
 * The parts of the script that are evaluated when first used, in the order of `Part` in `src/runtime/host-call.ts`.
 *
 * A part whose words do not occur in the app's code is left out: an image that does not compress carries no zlib. What
 * is named in another way (`crypto["sub" + "tle"]`) is told so when it is used. The streams and the domain names stay,
 * for what comes over the network may need them.
 *
 * Tests:  bundle.test.ts
 */
import { partScript, type Script } from "./runtime-script.ts";

export interface ScriptPart {
  /** The file in `src/runtime/parts`. */
  readonly name: string;
  /** Occurs in the code of every app that can reach it. */
  readonly word: RegExp | undefined;
}

const SCRIPT_PARTS: readonly ScriptPart[] = [
  { name: "streams", word: undefined },
  { name: "domains", word: undefined },
  // A decoder without a label, or for UTF-8 by that name, needs no tables.
  {
    name: "encodings",
    word: /\bTextDecoder(?:Stream)?\b(?<!\bnew TextDecoder(?:Stream)?(?!\())(?!\(\s*(?:\)|(["'`])utf-?8\1))/i,
  },
  { name: "compression", word: /\b(?:Dec|C)ompressionStream\b/ },
  { name: "url-pattern", word: /\bURLPattern\b/ },
  { name: "subtle", word: /\bsubtle\b/ },
];

const EMPTY: Script = { text: "", packages: [] };

/** The parts' sources in order, empty where the app does not need one. */
export function chooseParts(app: string): Promise<Script[]> {
  return Promise.all(
    SCRIPT_PARTS.map(({ name, word }) => (word === undefined || word.test(app) ? partScript(name) : EMPTY)),
  );
}
