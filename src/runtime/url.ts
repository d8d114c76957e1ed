/**
 * URL (URL Standard, section 6.1), on the parser of the package whatwg-url.
 *
 * Every handler makes a URL of its request's, so the plain kind (http, an ASCII host, a path without dots or
 * escapes to rewrite) is taken apart by one regular expression; all others go through the full state machine.
 *
 * Tests:  src/faces/js/web.test.ts compares both ways with Node's own.
 */
import * as machine from "whatwg-url/lib/url-state-machine.js";
import { limitLengths, nameClass, requireArguments } from "./globals.ts";
import { bindToQuery, URLSearchParams } from "./search-params.ts";

type Parsed = machine.URLRecord;

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
/** A name whose last label starts with a letter (else it could be an address), or an address as it is written. */
const HOST = `(?:[a-z0-9_-]+\\.)*[a-z][a-z0-9_-]*|(?:${BYTE}\\.){3}${BYTE}`;
/** scheme, host, port, path, query, fragment of a URL that is its own serialisation: nothing is rewritten. */
const PLAIN = new RegExp(
  `^(https?)://(${HOST})(?::([1-9]\\d{0,4}))?(/[\\w\\-.~!$&'()*+,;=:@/%]*)` +
    `(\\?[\\w\\-.~!$&()*+,;=:@/?%]*)?(#[\\w\\-.~!$&'()*+,;=:@/?%]*)?$`,
);
/** Path segments that mean "here" and "above", also escaped. */
const DOTS = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const ENCODED_LABEL = /(?:^|\.)xn--/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };
const PORT_LIMIT = 65535;

interface Plain {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

function parsePlain(text: string): Plain | undefined {
  const found = PLAIN.exec(text);
  if (found === null) return undefined;
  const [, scheme, hostname, port = "", pathname, search = "", hash = ""] = found;
  if (Number(port) > PORT_LIMIT || port === DEFAULT_PORTS[scheme!]) return undefined;
  if (ENCODED_LABEL.test(hostname!) || DOTS.test(pathname!)) return undefined;
  return {
    protocol: `${scheme}:`,
    hostname: hostname!,
    port,
    pathname: pathname!,
    search: search === "?" ? "" : search,
    hash: hash === "#" ? "" : hash,
  };
}

function parse(text: string, base: unknown): Parsed {
  const baseRecord = base === undefined ? null : machine.parseURL(String(base).toWellFormed());
  const record =
    base !== undefined && baseRecord === null
      ? null
      : machine.parseURL(text.toWellFormed(), baseRecord === null ? {} : { baseURL: baseRecord });
  if (record === null) throw new TypeError(`Invalid URL: ${JSON.stringify(text)}`);
  return record;
}

export class URL {
  /** Where the URL is plain, its parts; the record is made when something is set. */
  #plain: Plain | undefined;
  #href: string | undefined;
  #record: Parsed | undefined;
  #params: URLSearchParams | undefined;

  constructor(input: string | URL, base?: string | URL) {
    requireArguments(arguments, 1, "URL");
    const text = String(input);
    this.#plain = base === undefined ? parsePlain(text) : undefined;
    if (this.#plain !== undefined) this.#href = text;
    else this.#record = parse(text, base);
  }

  static canParse(input: string | URL, base?: string | URL): boolean {
    requireArguments(arguments, 1, "URL.canParse");
    return URL.parse(input, base) !== null;
  }

  static parse(input: string | URL, base?: string | URL): URL | null {
    requireArguments(arguments, 1, "URL.parse");
    try {
      return new URL(input, base);
    } catch {
      return null;
    }
  }

  /** The record, to be read or changed. */
  #full(): Parsed {
    return (this.#record ??= parse(this.#href!, undefined));
  }

  #set(value: string, override: string): void {
    const record = this.#full();
    machine.basicURLParse(value.toWellFormed(), { url: record, stateOverride: override });
    this.#changed();
  }

  #changed(): void {
    this.#plain = undefined;
    this.#href = undefined;
  }

  get href(): string {
    return (this.#href ??= machine.serializeURL(this.#record!));
  }

  set href(value: string) {
    const text = String(value);
    this.#record = parse(text, undefined);
    this.#changed();
    this.#showQuery();
  }

  get origin(): string {
    const plain = this.#plain;
    return plain === undefined ? machine.serializeURLOrigin(this.#full()) : `${plain.protocol}//${this.host}`;
  }

  get protocol(): string {
    return this.#plain?.protocol ?? `${this.#full().scheme}:`;
  }

  set protocol(value: string) {
    this.#set(`${String(value)}:`, "scheme start");
  }

  get username(): string {
    return this.#plain === undefined ? this.#full().username : "";
  }

  set username(value: string) {
    if (machine.cannotHaveAUsernamePasswordPort(this.#full())) return;
    machine.setTheUsername(this.#full(), String(value).toWellFormed());
    this.#changed();
  }

  get password(): string {
    return this.#plain === undefined ? this.#full().password : "";
  }

  set password(value: string) {
    if (machine.cannotHaveAUsernamePasswordPort(this.#full())) return;
    machine.setThePassword(this.#full(), String(value).toWellFormed());
    this.#changed();
  }

  get host(): string {
    void this.#plain;
    return this.port === "" ? this.hostname : `${this.hostname}:${this.port}`;
  }

  set host(value: string) {
    if (!machine.hasAnOpaquePath(this.#full())) this.#set(String(value), "host");
  }

  get hostname(): string {
    if (this.#plain !== undefined) return this.#plain.hostname;
    const { host } = this.#full();
    return host === null ? "" : machine.serializeHost(host);
  }

  set hostname(value: string) {
    if (!machine.hasAnOpaquePath(this.#full())) this.#set(String(value), "hostname");
  }

  get port(): string {
    if (this.#plain !== undefined) return this.#plain.port;
    const { port } = this.#full();
    return port === null ? "" : String(port);
  }

  set port(value: string) {
    const record = this.#full();
    if (machine.cannotHaveAUsernamePasswordPort(record)) return;
    const text = String(value);
    if (text !== "") {
      this.#set(text, "port");
      return;
    }
    record.port = null;
    this.#changed();
  }

  get pathname(): string {
    return this.#plain?.pathname ?? machine.serializePath(this.#full());
  }

  set pathname(value: string) {
    const record = this.#full();
    if (machine.hasAnOpaquePath(record)) return;
    record.path = [];
    this.#set(String(value), "path start");
  }

  get search(): string {
    if (this.#plain !== undefined) return this.#plain.search;
    const { query } = this.#full();
    return query === null || query === "" ? "" : `?${query}`;
  }

  set search(value: string) {
    const text = String(value);
    this.#setQuery(text === "" ? null : text.replace(/^\?/, ""));
    this.#showQuery();
  }

  get searchParams(): URLSearchParams {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams();
      this.#showQuery();
    }
    return this.#params;
  }

  get hash(): string {
    if (this.#plain !== undefined) return this.#plain.hash;
    const { fragment } = this.#full();
    return fragment === null || fragment === "" ? "" : `#${fragment}`;
  }

  set hash(value: string) {
    const text = String(value);
    this.#full().fragment = text === "" ? null : "";
    if (text === "") this.#changed();
    else this.#set(text.replace(/^#/, ""), "fragment");
  }

  #setQuery(query: string | null): void {
    this.#full().query = query === null ? null : "";
    if (query === null) this.#changed();
    else this.#set(query, "query");
  }

  #showQuery(): void {
    if (this.#params === undefined) return;
    bindToQuery(this.#params, this.search.slice(1), (query) => this.#setQuery(query === "" ? null : query));
  }

  toString(): string {
    void this.#plain;
    return this.href;
  }

  toJSON(): string {
    void this.#plain;
    return this.href;
  }
}
nameClass(URL, "URL");
limitLengths([URL, URL.parse, URL.canParse], 1);
