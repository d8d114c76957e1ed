/** What a body is made of, and how it becomes bytes or a stream (Fetch Standard, section 5.2). */
import type { ReadableStream } from "web-streams-polyfill";
import { Blob, piecesOf } from "./blob.ts";
import { BodySource } from "./body-source.ts";
import { isBytes, joinBytes, toUint8Array, type Bytes } from "./bytes.ts";
import { FormData, writeMultipart } from "./form-data.ts";
import { encode, random } from "./host.ts";
import { isDisturbed, isReadableStream, streams } from "./streams.ts";
import { URLSearchParams } from "./search-params.ts";

export type BodyInit = string | Bytes | Blob | FormData | URLSearchParams | ReadableStream | null;

/** A body before it is read. */
export type Content = string | Uint8Array | BodySource | ReadableStream | null;

export const TEXT_TYPE = "text/plain;charset=UTF-8";
const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";
const BOUNDARY_DIGITS = 24;

/** The content, and the type that it implies. */
export function extractBody(init: unknown): { content: Content; type: string | undefined } {
  if (init === undefined || init === null) return { content: null, type: undefined };
  if (typeof init === "string") return { content: init, type: TEXT_TYPE };
  // A copy: the caller may write into its bytes before they are sent.
  if (isBytes(init)) return { content: toUint8Array(init).slice(), type: undefined };
  if (isReadableStream(init)) {
    if (init.locked) throw new TypeError("The body's stream is locked: somebody reads it already");
    if (isDisturbed(init)) throw new TypeError("The body's stream has been read from");
    return { content: init, type: undefined };
  }
  if (init instanceof URLSearchParams) return { content: init.toString(), type: FORM_TYPE };
  if (init instanceof Blob) {
    return { content: joinBytes(piecesOf(init)), type: init.type === "" ? undefined : init.type };
  }
  if (init instanceof FormData) {
    const boundary = `----skerry${drawDigits(BOUNDARY_DIGITS)}`;
    const type = `multipart/form-data; boundary=${boundary}`;
    return { content: writeMultipart(init, boundary), type };
  }
  return { content: String(init), type: TEXT_TYPE };
}

function drawDigits(count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 36).toString(36)).join("");
}

export async function readAll(content: Content): Promise<Uint8Array> {
  if (content === null) return new Uint8Array(0);
  if (content instanceof Uint8Array) return content.slice();
  if (typeof content === "string") return new Uint8Array(encode(content));
  const pieces: Uint8Array[] = [];
  if (content instanceof BodySource) {
    for (let piece = await content.read(); piece !== undefined; piece = await content.read())
      pieces.push(piece);
  } else {
    const reader = content.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read())
      pieces.push(requireBytes(next.value));
  }
  // Never the piece itself: what an app is given, it may write to.
  return pieces.length === 1 ? pieces[0]!.slice() : joinBytes(pieces);
}

/** A chunk of a body's stream must be bytes. */
export function requireBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(
    `A body's stream must give Uint8Array chunks, not ${chunk === null ? "null" : typeof chunk}`,
  );
}

/** A stream of bytes, into which a reader may also have them put. */
export function streamOf(content: Exclude<Content, null>): ReadableStream {
  if (isReadableStream(content)) return content;
  let rest = content instanceof BodySource ? undefined : bytesOf(content);
  return new (streams().ReadableStream)({
    type: "bytes",
    async pull(controller) {
      const piece = content instanceof BodySource ? await content.read() : rest;
      rest = undefined;
      if (piece !== undefined && piece.length > 0) {
        controller.enqueue(piece);
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => (content instanceof BodySource ? content.cancel() : undefined),
  });
}

function bytesOf(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? new Uint8Array(encode(content)) : content.slice();
}
