/**
 * The way to a WebSocket of another server (WebSockets Standard, section 3.1): what the constructor was given, the
 * request that asks, and whether the answer is one to it. The kernel judges the rest of the handshake.
 *
 * Tests:  tests/functional/websocket-client.test.ts
 */
import { DOMException } from "./dom-exception.ts";
import { Headers, headersFromLines, headersToLines, type HeadersInit } from "./headers.ts";
import { Outgoing } from "./outgoing.ts";
import { URL } from "./url.ts";

/** In place of a body's size. */
const SWITCHES = -2;
const SWITCHING_PROTOCOLS = "101";
const STATUS_DIGITS = 3;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** As in Node, Deno and Bun: protocols, or an object that has more. */
export type WebSocketInit = string | string[] | { protocols?: string | string[]; headers?: HeadersInit };

export interface Asked {
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly headers: Headers;
}

/** Throws a SyntaxError for what can be no WebSocket's. */
export function askedFor(address: unknown, init: WebSocketInit = []): Asked {
  const url = addressOf(String(address));
  const isObject = typeof init === "object" && init !== null && !(Symbol.iterator in init);
  const { protocols = [], headers } = isObject
    ? (init as Exclude<WebSocketInit, string | string[]>)
    : { protocols: init as string | string[], headers: undefined };
  const list = typeof protocols === "string" ? [protocols] : Array.from(protocols, String);
  const seen = new Set<string>();
  for (const protocol of list) {
    if (!TOKEN.test(protocol) || seen.has(protocol.toLowerCase())) {
      throw new DOMException(`"${protocol}" is no protocol's name, or is there twice`, "SyntaxError");
    }
    seen.add(protocol.toLowerCase());
  }
  return { url, protocols: list, headers: new Headers(headers) };
}

function addressOf(address: string): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new DOMException(`"${address}" is no URL`, "SyntaxError");
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new DOMException(`A WebSocket's scheme is ws, not "${url.protocol.slice(0, -1)}"`, "SyntaxError");
  }
  if (url.href.includes("#")) throw new DOMException("A WebSocket's URL has no fragment", "SyntaxError");
  return url;
}

/** A request that asks for the WebSocket. Throws where none can leave. */
export function ask({ url, protocols, headers }: Asked): Outgoing {
  if (url.protocol === "wss:") {
    throw new TypeError("wss is not there yet: an image has no TLS; use ws inside your network");
  }
  const fields = new Headers(headers);
  if (protocols.length > 0) fields.set("sec-websocket-protocol", protocols.join(", "));
  for (const name of OWN_FIELDS) fields.delete(name);
  const lines = headersToLines(fields);
  const address = `http://${url.host}${url.pathname}${url.search}`;
  return new Outgoing(
    `GET ${address}\r\n${lines}`,
    SWITCHES,
    `${url.hostname}:${url.port === "" ? "80" : url.port}`,
  );
}

/** The handshake's, which the kernel writes. */
const OWN_FIELDS = ["sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"];

/** The protocol that the server chose, "" for none. Throws where the answer is no WebSocket, or not the one asked for. */
export function chosenProtocol(head: string, { protocols }: Asked): string {
  const lineEnd = head.indexOf("\r\n");
  if (!head.startsWith(SWITCHING_PROTOCOLS)) {
    const status = Number(head.slice(0, STATUS_DIGITS));
    const error = new TypeError(`the server answered ${head.slice(0, lineEnd)}, and no WebSocket`);
    throw Object.assign(error, { status });
  }
  const chosen = headersFromLines(head.slice(lineEnd + 2)).get("sec-websocket-protocol");
  if (chosen !== null && !protocols.includes(chosen)) {
    throw new TypeError(`the server speaks "${chosen}", which it was not asked for`);
  }
  if (chosen === null && protocols.length > 0) {
    throw new TypeError(`the server speaks none of the protocols ${protocols.join(", ")}`);
  }
  return chosen ?? "";
}
