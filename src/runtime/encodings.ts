/** All encodings but UTF-8, evaluated when an app first names one. */
import type * as Encodings from "@exodus/bytes/encoding.js";
import { Part } from "./host-call.ts";
import { lazyPart } from "./lazy-part.ts";

const encodings = lazyPart<typeof Encodings>(Part.Encodings, "TextDecoder");

export type Decoder = InstanceType<typeof Encodings.TextDecoder>;

/** The standard's name of the encoding, in lower case; undefined where there is none or nothing is decoded by it. */
export function encodingNamed(label: string): string | undefined {
  const name = encodings().normalizeEncoding(label);
  return name === null || name === "replacement" ? undefined : name;
}

export function decoderOf(encoding: string, fatal: boolean, ignoreBOM: boolean): Decoder {
  return new (encodings().TextDecoder)(encoding, { fatal, ignoreBOM });
}
