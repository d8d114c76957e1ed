/**
 * What Request and Response share: a body that is read once (Fetch Standard, section 5.3).
 *
 * A body stays what it was given as (text, bytes, a request of the kernel) until somebody asks for it in
 * another form; only `body` makes a stream of it.
 */
import type { ReadableStream } from "web-streams-polyfill";
import { isBytes, joinBytes, toUint8Array, type Bytes } from "./bytes.ts";
import { BodySource } from "./body-source.ts";
import { decode, encode } from "./host.ts";
import { isReadableStream, streams } from "./streams.ts";
import { URLSearchParams } from "./search-params.ts";

export type BodyInit = string | Bytes | URLSearchParams | ReadableStream | null;

/** A body before it is read. */
export type Content = string | Uint8Array | BodySource | ReadableStream | null;

export const TEXT_TYPE = "text/plain;charset=UTF-8";
const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";

/** The content, and the type that it implies. */
export function extractBody(init: unknown): { content: Content; type: string | undefined } {
  if (init === undefined || init === null) return { content: null, type: undefined };
  if (typeof init === "string") return { content: init, type: TEXT_TYPE };
  // A copy: the caller may write into its bytes before they are sent.
  if (isBytes(init)) return { content: toUint8Array(init).slice(), type: undefined };
  if (isReadableStream(init)) {
    if (init.locked) throw new TypeError("The body's stream is locked: somebody reads it already");
    return { content: init, type: undefined };
  }
  if (init instanceof URLSearchParams) return { content: init.toString(), type: FORM_TYPE };
  return { content: String(init), type: TEXT_TYPE };
}

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

  #share(): Content {
    this.#requireUnused();
    const content = this.#known();
    if (!(content instanceof BodySource) && this.#stream === undefined) return content;
    const [first, second] = this.body!.tee();
    this.#stream = first;
    return second;
  }

  get body(): ReadableStream | null {
    const content = this.#known();
    if (content === null) return null;
    return (this.#stream ??= streamOf(content));
  }

  get bodyUsed(): boolean {
    if (this.#isUsed) return true;
    // A stream tells by itself once somebody has read from it.
    const stream = this.#stream as { _disturbed?: boolean } | undefined;
    return stream?._disturbed === true;
  }

  async text(): Promise<string> {
    const content = this.#consume();
    if (typeof content === "string") return content.toWellFormed();
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

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

async function readAll(content: Content): Promise<Uint8Array> {
  if (content === null) return new Uint8Array(0);
  if (content instanceof Uint8Array) return content;
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
  return joinBytes(pieces);
}

/** A chunk of a body's stream must be bytes. */
export function requireBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(
    `A body's stream must give Uint8Array chunks, not ${chunk === null ? "null" : typeof chunk}`,
  );
}

function streamOf(content: Exclude<Content, null>): ReadableStream {
  if (isReadableStream(content)) return content;
  if (content instanceof BodySource) {
    return new (streams().ReadableStream)<Uint8Array>({
      async pull(controller) {
        const piece = await content.read();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => content.cancel(),
    });
  }
  const bytes = typeof content === "string" ? new Uint8Array(encode(content)) : content.slice();
  return new (streams().ReadableStream)<Uint8Array>({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}
