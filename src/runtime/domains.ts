/**
 * What the URL parser needs of UTS 46, in place of the package `tr46`: plain ASCII names here, all others by
 * the real one, which is evaluated when the first such name comes.
 */
import type * as Tr46 from "tr46";
import { evaluatePart } from "./host.ts";
import { Part } from "./host-call.ts";

// A label that starts with "xn--" must be checked even though it is ASCII.
const PLAIN = /^(?!xn--)[a-z0-9.\-_]*$/i;
const ENCODED_LABEL = /\.xn--/i;

let evaluated: typeof Tr46 | undefined;

function full(): typeof Tr46 {
  return (evaluated ??= evaluatePart(Part.Domains) as typeof Tr46);
}

export function toASCII(name: string, options?: Tr46.ToASCIIOptions): string | null {
  if (PLAIN.test(name) && !ENCODED_LABEL.test(name)) return name.toLowerCase();
  return full().toASCII(name, options);
}

export function toUnicode(name: string, options?: Tr46.ToUnicodeOptions): { domain: string; error: boolean } {
  return full().toUnicode(name, options);
}
