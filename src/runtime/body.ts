/**
 * What Request and Response share: a body that is read once (Fetch Standard, section 5.3).
 *
 * A body stays what it was given as (text, bytes, a request of the kernel) until somebody asks for it in
 * another form; only `body` makes a stream of it.
 */
import type { ReadableStream } from "web-streams-polyfill";
import { Blob } from "./blob.ts";
import { BodySource } from "./body-source.ts";
import { extractBody, readAll, streamOf, type BodyInit, type Content } from "./content.ts";
import { formOf, type FormData, type FormEntry } from "./form-data.ts";
import type { Headers } from "./headers.ts";
import { decode } from "./host.ts";
import { extractMimeType, mimeTypeText, type MimeType } from "./mime-type.ts";
import { readMultipart } from "./multipart.ts";
import { parsePairs } from "./search-params.ts";
import { isDisturbed, streams } from "./streams.ts";
import { structuredClone } from "./structured-clone.ts";

export { extractBody, type BodyInit, type Content };

/** What is known of a body. */
export interface BodyState {
  content: Content;
  /** What `body` gave; the content itself where that is a stream. */
  stream: ReadableStream | undefined;
  isUsed: boolean;
}

/** The members of `Body`, which is a mixin of the standard's: to apps there is no class of the name. */
export interface Body {
  readonly headers: Headers;
  readonly body: ReadableStream | null;
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  json(): Promise<unknown>;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  formData(): Promise<FormData>;
}

/** Puts them on an interface; `stateOf` throws for what is no instance. */
export function mixBody<T extends Body>(
  { prototype }: { readonly prototype: T },
  stateOf: (self: T) => BodyState,
): void {
  const members: Omit<Body, "headers"> & ThisType<T> = {
    get body() {
      return bodyOf(stateOf(this as T));
    },

    get bodyUsed() {
      return isBodyUsed(stateOf(this as T));
    },

    async text() {
      const content = takeContent(stateOf(this));
      if (typeof content === "string") return withoutMark(content.toWellFormed());
      return withoutMark(decode(await readAll(content), false)!);
    },

    async json() {
      return JSON.parse(await this.text()) as unknown;
    },

    async bytes() {
      const content = takeContent(stateOf(this));
      return content instanceof Uint8Array ? content.slice() : readAll(content);
    },

    async arrayBuffer() {
      return (await this.bytes()).buffer as ArrayBuffer;
    },

    async blob() {
      const type = typeOf(this);
      const bytes = await readAll(takeContent(stateOf(this)));
      return new Blob([bytes], { type: type === undefined ? "" : mimeTypeText(type) });
    },

    async formData() {
      const type = typeOf(this);
      return formOf(entriesOf(await readAll(takeContent(stateOf(this))), type));
    },
  };
  for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(prototype, key, member);
  }
}

/** The content as it was given where it still is, for sending without a stream; marks the body as used. */
export function takeContent(state: BodyState): Content {
  requireUnused(state);
  if (state.content !== null) state.isUsed = true;
  return state.stream ?? state.content;
}

/** The content for a second Request or Response; both can be read. */
export function shareContent(state: BodyState): Content {
  requireUnused(state);
  const { content } = state;
  if (!(content instanceof BodySource) && state.stream === undefined) return content;
  const [first, second] = bodyOf(state)!.tee();
  state.stream = first;
  return second.pipeThrough(
    // The two must not see what is written into each other's chunks.
    new (streams().TransformStream)<unknown, unknown>({
      transform: (chunk, controller) => controller.enqueue(structuredClone(chunk)),
    }),
  );
}

function bodyOf(state: BodyState): ReadableStream | null {
  if (state.content === null) return null;
  if (state.stream === undefined) {
    state.stream = streamOf(state.content);
    // The bytes were taken without it: to whoever looks, it has been read.
    if (state.isUsed) void state.stream.getReader().cancel();
  }
  return state.stream;
}

function isBodyUsed({ isUsed, stream }: BodyState): boolean {
  // A stream tells by itself once somebody has read from it.
  return isUsed || (stream !== undefined && isDisturbed(stream));
}

function requireUnused(state: BodyState): void {
  if (isBodyUsed(state)) throw new TypeError("The body has already been read");
  if (state.stream?.locked) throw new TypeError("The body's stream is locked: somebody reads it already");
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function typeOf(body: Body): MimeType | undefined {
  const value = body.headers.get("content-type");
  return value === null ? undefined : extractMimeType(value);
}

function entriesOf(bytes: Uint8Array, type: MimeType | undefined): FormEntry[] {
  if (type?.essence === "application/x-www-form-urlencoded") return parsePairs(decode(bytes, false)!);
  const boundary = type?.parameters.get("boundary");
  if (type?.essence !== "multipart/form-data" || boundary === undefined)
    throw new TypeError("The body is no form: its content-type says so");
  const entries = readMultipart(bytes, boundary);
  if (entries === undefined) throw new TypeError("The body is not the form that its content-type says");
  return entries;
}
