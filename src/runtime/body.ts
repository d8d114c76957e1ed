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
import { isDisturbed, isReadableStream, streams } from "./streams.ts";
import { structuredClone } from "./structured-clone.ts";

export { extractBody, type BodyInit, type Content };

/** The content as it was given where it still is, for sending without a stream; marks the body as used. */
export let takeContent: (body: Body) => Content;
/** The content for a second Request or Response; both can be read. */
export let shareContent: (body: Body) => Content;

export abstract class Body {
  #content: Content;
  #stream: ReadableStream | undefined;
  #isUsed = false;

  constructor(content: Content) {
    this.#content = content;
    if (isReadableStream(content)) this.#stream = content;
  }

  static {
    takeContent = (body) => body.#consume();
    shareContent = (body) => body.#share();
  }

  abstract get headers(): Headers;

  #share(): Content {
    this.#requireUnused();
    const content = this.#known();
    if (!(content instanceof BodySource) && this.#stream === undefined) return content;
    const [first, second] = this.body!.tee();
    this.#stream = first;
    return second.pipeThrough(
      // The two must not see what is written into each other's chunks.
      new (streams().TransformStream)<unknown, unknown>({
        transform: (chunk, controller) => controller.enqueue(structuredClone(chunk)),
      }),
    );
  }

  get body(): ReadableStream | null {
    const content = this.#known();
    if (content === null) return null;
    if (this.#stream === undefined) {
      this.#stream = streamOf(content);
      // The bytes were taken without it: to whoever looks, it has been read.
      if (this.#isUsed) void this.#stream.getReader().cancel();
    }
    return this.#stream;
  }

  get bodyUsed(): boolean {
    if (this.#isUsed) return true;
    // A stream tells by itself once somebody has read from it.
    return this.#stream !== undefined && isDisturbed(this.#stream);
  }

  async text(): Promise<string> {
    const content = this.#consume();
    if (typeof content === "string") return withoutMark(content.toWellFormed());
    return withoutMark(decode(await readAll(content), false)!);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array> {
    const content = this.#consume();
    return content instanceof Uint8Array ? content.slice() : readAll(content);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer as ArrayBuffer;
  }

  async blob(): Promise<Blob> {
    const type = typeOf(this);
    const bytes = await readAll(this.#consume());
    return new Blob([bytes], { type: type === undefined ? "" : mimeTypeText(type) });
  }

  async formData(): Promise<FormData> {
    const type = typeOf(this);
    return formOf(entriesOf(await readAll(this.#consume()), type));
  }

  #requireUnused(): void {
    if (this.bodyUsed) throw new TypeError("The body has already been read");
    if (this.#stream?.locked) throw new TypeError("The body's stream is locked: somebody reads it already");
  }

  #consume(): Content {
    this.#requireUnused();
    const content = this.#known();
    if (content !== null) this.#isUsed = true;
    return this.#stream ?? content;
  }

  /** Whether a request of the kernel's has a body is asked only when it matters. */
  #known(): Content {
    const content = this.#content;
    if (content instanceof BodySource && !this.#isUsed && this.#stream === undefined && !content.hasBody()) {
      this.#content = null;
    }
    return this.#content;
  }
}

/** Puts the members of `Body` on an interface itself: to apps there is no class above it. */
export function mixBody({ prototype }: { readonly prototype: Body }): void {
  for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(Body.prototype))) {
    if (key !== "constructor") Object.defineProperty(prototype, key, member);
  }
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
