/** OutgoingMessage: the headers of an answer, by Node's rules. */
import { Stream } from "../stream.ts";
import { coded, invalidType } from "../errors.ts";

export type HeaderValue = string | number | readonly string[];

const TOKEN = /^[\^`\-\w!#$%&'*+.|~]+$/;

const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export function validateHeaderName(name: unknown, label = "Header name"): asserts name is string {
  if (typeof name === "string" && TOKEN.test(name)) return;
  throw coded(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${String(name)}"]`);
}

export function validateHeaderValue(name: string, value: unknown): asserts value is HeaderValue {
  if (value === undefined)
    throw coded(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "undefined" for header "${name}"`);
  for (const one of [value].flat())
    if (NOT_IN_VALUE.test(String(one)))
      throw coded(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
}

export class OutgoingMessage extends Stream {
  /** By lower-case name: the name as it was given, and its value. */
  readonly #fields = new Map<string, [name: string, value: HeaderValue]>();
  headersSent = false;

  setHeader(name: string, value: HeaderValue): this {
    this.requireUnsent("set");
    validateHeaderName(name);
    validateHeaderValue(name, value);
    this.#fields.set(name.toLowerCase(), [name, value]);
    return this;
  }

  appendHeader(name: string, value: HeaderValue): this {
    const before = this.getHeader(name);
    const values = before === undefined ? [value].flat() : [before, value].flat();
    return this.setHeader(name, values.map(String));
  }

  setHeaders(headers: Iterable<readonly [string, HeaderValue]>): this {
    for (const [name, value] of headers)
      if (name.toLowerCase() === "set-cookie") this.appendHeader(name, value);
      else this.setHeader(name, value);
    return this;
  }

  getHeader(name: string): HeaderValue | undefined {
    if (typeof name !== "string") throw invalidType("name", "string", name);
    return this.#fields.get(name.toLowerCase())?.[1];
  }

  getHeaderNames(): string[] {
    return [...this.#fields.keys()];
  }

  getRawHeaderNames(): string[] {
    return [...this.#fields.values()].map(([name]) => name);
  }

  getHeaders(): Record<string, HeaderValue> {
    const headers = Object.create(null) as Record<string, HeaderValue>;
    for (const [name, [, value]] of this.#fields) headers[name] = value;
    return headers;
  }

  hasHeader(name: string): boolean {
    return this.#fields.has(String(name).toLowerCase());
  }

  removeHeader(name: string): void {
    if (typeof name !== "string") throw invalidType("name", "string", name);
    this.requireUnsent("remove");
    this.#fields.delete(name.toLowerCase());
  }

  addTrailers(): void {
    throw coded(Error, "ERR_HTTP_TRAILER_INVALID", "Trailers are not sent");
  }

  /** Every line that is sent: `set-cookie` has one for each value. */
  protected lines(): [string, string][] {
    const lines: [string, string][] = [];
    for (const [name, value] of this.#fields.values())
      for (const one of [value].flat()) lines.push([name, String(one)]);
    return lines;
  }

  protected requireUnsent(what: string): void {
    if (this.headersSent)
      throw coded(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${what} headers after they are sent to the client`);
  }
}
