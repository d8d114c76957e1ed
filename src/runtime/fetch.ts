/**
 * fetch (Fetch Standard, sections 4 and 5.6), as far as a server needs it: no cache, no cookies, no CORS. What a browser
 * would hide of a redirect that is not followed, this gives as it came, as all servers' runtimes do.
 *
 * Tests:  tests/functional/fetch.test.ts
 */
import type { Content } from "./body.ts";
import { BodySource } from "./body-source.ts";
import { requireBytes } from "./content.ts";
import { encode } from "./host.ts";
import { Headers, headersFromLines, headersToLines } from "./headers.ts";
import { Outgoing } from "./outgoing.ts";
import { Request, takeRequestContent, type RequestInit } from "./request.ts";
import { type Response, responseOf } from "./response.ts";
import { isReadableStream } from "./streams.ts";
import { URL } from "./url.ts";

const USER_AGENT = "Skerry";
/** Fetch Standard, 4.4, 6. */
const REDIRECT_LIMIT = 20;
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
const NULL_BODY_STATUSES = new Set([204, 205, 304]);
/** What says something of a body that is left out when a redirect changes the method. */
const BODY_FIELDS = ["content-encoding", "content-language", "content-location", "content-type"];
/** What is not told to another origin. */
const SECRET_FIELDS = ["authorization", "cookie", "proxy-authorization"];
/** How much of a response is read that nobody asked for, so that its stream can go on. */
const DISCARD_LIMIT = 65536;

/** What is asked for; redirects change it. */
interface Query {
  method: string;
  url: URL;
  readonly headers: Headers;
  content: Content;
}

export async function fetch(input: Request | string | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  const query: Query = {
    method: request.method,
    url: new URL(request.url),
    headers: new Headers(request.headers),
    content: takeRequestContent(request),
  };
  if (!query.headers.has("accept")) query.headers.set("accept", "*/*");
  if (!query.headers.has("user-agent")) query.headers.set("user-agent", USER_AGENT);
  for (let redirects = 0; ; redirects++) {
    const outgoing = begin(query, signal);
    const response = await receive(outgoing, query, redirects > 0);
    const location = REDIRECT_STATUSES.has(response.status) ? response.headers.get("location") : null;
    if (location === null || request.redirect === "manual") return response;
    void discard(outgoing);
    if (request.redirect === "error") throw new TypeError(`fetch failed: ${query.url.href} redirects`);
    if (redirects === REDIRECT_LIMIT) throw new TypeError("fetch failed: too many redirects");
    follow(query, response.status, location);
  }
}

/** Sends the request; its body leaves while the response may come already. */
function begin(query: Query, signal: Request["signal"]): Outgoing {
  const { url, content } = query;
  requireHttp(url);
  const bytes = typeof content === "string" ? new Uint8Array(encode(content)) : content;
  const size = bytes === null ? 0 : bytes instanceof Uint8Array ? bytes.length : -1;
  const address = `${url.origin}${url.pathname}${url.search}`;
  const head = `${query.method} ${address}\r\n${headersToLines(query.headers)}`;
  const outgoing = new Outgoing(head, size, `${url.hostname}:${url.port === "" ? "80" : url.port}`);
  const onAbort = (): void => outgoing.abort(signal.reason);
  signal.addEventListener("abort", onAbort);
  outgoing.whenOver(() => signal.removeEventListener("abort", onAbort));
  if (bytes !== null && size !== 0) send(outgoing, bytes).catch((error: unknown) => outgoing.abort(error));
  return outgoing;
}

function requireHttp({ protocol }: URL): void {
  if (protocol === "http:") return;
  if (protocol === "https:") {
    throw new TypeError(
      "fetch failed: https is not there yet: an image has no TLS; use http inside your network",
    );
  }
  throw new TypeError(`fetch failed: the scheme "${protocol}" is not supported`);
}

async function send(outgoing: Outgoing, content: Exclude<Content, string | null>): Promise<void> {
  if (content instanceof Uint8Array) {
    await outgoing.write(content);
  } else if (isReadableStream(content)) {
    const reader = content.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (!(await outgoing.write(requireBytes(next.value))))
        return void reader.cancel().catch(() => undefined);
    }
  } else if (content instanceof BodySource) {
    for (let piece = await content.read(); piece !== undefined; piece = await content.read()) {
      if (!(await outgoing.write(piece))) return content.cancel();
    }
  }
  await outgoing.end();
}

async function receive(outgoing: Outgoing, query: Query, isRedirected: boolean): Promise<Response> {
  const head = await outgoing.head();
  const lineEnd = head.indexOf("\r\n");
  const status = Number(head.slice(0, 3));
  const hasBody = query.method !== "HEAD" && !NULL_BODY_STATUSES.has(status);
  if (!hasBody) void discard(outgoing);
  const url = new URL(query.url.href);
  url.hash = "";
  return responseOf({
    status,
    statusText: head.slice(4, lineEnd),
    headers: headersFromLines(head.slice(lineEnd + 2)),
    url: url.href,
    isRedirected,
    content: hasBody ? outgoing : null,
  });
}

/** Reads what is left of a small response, and gives up a large one. */
async function discard(outgoing: Outgoing): Promise<void> {
  let size = 0;
  try {
    for (let piece = await outgoing.read(); piece !== undefined; piece = await outgoing.read()) {
      size += piece.length;
      if (size > DISCARD_LIMIT) return outgoing.cancel();
    }
  } catch {
    // Nobody is interested in why it is not complete.
  }
}

/** Fetch Standard, 4.4: what is asked next. */
function follow(query: Query, status: number, location: string): void {
  const { url, method, headers } = query;
  const next = new URL(location, url.href);
  if (next.protocol !== "http:" && next.protocol !== "https:") {
    throw new TypeError(`fetch failed: a redirect to ${next.protocol} is not followed`);
  }
  if (next.hash === "") next.hash = url.hash;
  const isSeen =
    query.content !== null && typeof query.content !== "string" && !(query.content instanceof Uint8Array);
  if (status !== 303 && isSeen)
    throw new TypeError("fetch failed: a redirect asks again for a body that is gone");
  const isPost = (status === 301 || status === 302) && method === "POST";
  if (isPost || (status === 303 && method !== "GET" && method !== "HEAD")) {
    query.method = "GET";
    query.content = null;
    for (const name of BODY_FIELDS) headers.delete(name);
  }
  if (next.origin !== url.origin) for (const name of SECRET_FIELDS) headers.delete(name);
  query.url = next;
}
