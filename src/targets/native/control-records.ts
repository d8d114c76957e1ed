/**
 * What a machine tells its launcher, apart from its console: lines of text, written by the platform's own code.
 *
 *   started                                                    the app's `start` has run
 *   exit STATUS                                                decimal, right before the end
 *   abort WHO TEXT                                             before the `trap` of an AssemblyScript abort
 *   trap WHO CAUSE CODE ADDRESS [OFFSET:CODE ...]              numbers in hexadecimal
 *
 * WHO is a compartment's number or `kernel`, CODE a code offset, ADDRESS the fault's from the base of the compartment's
 * memory, where a stack is exhausted from its first byte. OFFSET:CODE is a word of the stack that points into code, by
 * its distance from rsp. They come from a guest: a line that is none of these is a result, too.
 *
 * Tests: control-records.test.ts
 */

export type Who = number | "kernel";

export type ControlRecord =
  | { readonly kind: "started" }
  | { readonly kind: "exit"; readonly status: number }
  | { readonly kind: "abort"; readonly who: Who; readonly text: string }
  | TrapRecord
  | { readonly kind: "unknown"; readonly line: string };

export interface TrapRecord {
  readonly kind: "trap";
  readonly who: Who;
  /** The processor's vector, or a `Cause` that is none. */
  readonly cause: number;
  readonly code: number;
  readonly address: bigint;
  /** Code offsets by distance from rsp. */
  readonly words: ReadonlyMap<number, number>;
}

/** Of a line; what is longer is cut, and no record any more. */
const LINE_LIMIT = 16384;
const WORDS_LIMIT = 256;

export function parseControlRecord(line: string): ControlRecord {
  const [, name, rest] = /^(\w+)(?: (.*))?$/s.exec(line) ?? [];
  const parse = name !== undefined && Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
  return parse?.(rest ?? "") ?? { kind: "unknown", line };
}

const PARSERS: Readonly<Record<string, (rest: string) => ControlRecord | undefined>> = {
  started: (rest) => (rest === "" ? { kind: "started" } : undefined),
  exit: (rest) => (/^[0-9]{1,10}$/.test(rest) ? { kind: "exit", status: Number(rest) } : undefined),
  abort(rest) {
    const [, who, text] = /^(\w+) (.*)$/s.exec(rest) ?? [];
    const parsed = who === undefined ? undefined : parseWho(who);
    return parsed === undefined ? undefined : { kind: "abort", who: parsed, text: text! };
  },
  trap(rest) {
    const [who, cause, code, address, ...words] = rest.split(" ");
    const [parsedWho, parsedCause, parsedCode] = [parseWho(who ?? ""), parseHex(cause), parseHex(code)];
    if (parsedWho === undefined || parsedCause === undefined || parsedCode === undefined) return undefined;
    if (address === undefined || !/^[0-9a-f]{1,16}$/.test(address) || words.length > WORDS_LIMIT)
      return undefined;
    const stack = new Map<number, number>();
    for (const word of words) {
      const [distance, target, more] = word.split(":").map(parseHex);
      if (distance === undefined || target === undefined || more !== undefined) return undefined;
      stack.set(distance, target);
    }
    return {
      kind: "trap",
      who: parsedWho,
      cause: parsedCause,
      code: parsedCode,
      address: BigInt(`0x${address}`),
      words: stack,
    };
  },
};

function parseWho(text: string): Who | undefined {
  return text === "kernel" ? text : parseHex(text);
}

function parseHex(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9a-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** Takes lines out of a stream's text, each at most `LINE_LIMIT` long. */
export class LineReader {
  readonly #take: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop()!.slice(0, LINE_LIMIT);
    for (const line of lines) this.#take(line.slice(0, LINE_LIMIT).replace(/\r$/, ""));
  }
}
