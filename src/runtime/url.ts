/**
 * URL (URL Standard, section 6.1), on the parser of the package whatwg-url.
 *
 * Every handler makes a URL of its request's. The plain kind, which the face tells (`src/faces/js/plain-url.ts`), is its own
 * text, and a part of it is cut out when it is asked for; all others go through the full state machine.
 *
 * Tests:  src/faces/js/url.test.ts compares both ways with Node's own.
 */
import * as machine from "whatwg-url/lib/url-state-machine.js";
import { limitLengths, nameClass, requireArguments } from "./globals.ts";
import { plainUrl, urlPart } from "./host.ts";
import { UrlPart } from "./host-call.ts";
import { bindToQuery, URLSearchParams } from "./search-params.ts";

type Parsed = machine.URLRecord;

function parse(text: string, base: unknown): Parsed {
  const baseRecord = base === undefined ? null : machine.parseURL(String(base).toWellFormed());
  const record =
    base !== undefined && baseRecord === null
      ? null
      : machine.parseURL(text.toWellFormed(), baseRecord === null ? {} : { baseURL: baseRecord });
  if (record === null) throw new TypeError(`Invalid URL: ${JSON.stringify(text)}`);
  return record;
}

/** A URL that is not plain, or of which more was asked than its parts. */
interface UrlState {
  /** Where the URL is plain, its text; the record is made when something is set. */
  plain: string | undefined;
  record: Parsed | undefined;
  href: string | undefined;
  params: URLSearchParams | undefined;
}

/** The text where the URL is plain. */
let plainOf: (url: URL) => string | undefined;
let stateOf: (url: URL) => UrlState;

/** The record, to be read or changed. */
function fullOf(url: URL): Parsed {
  const state = stateOf(url);
  return (state.record ??= parse(state.plain!, undefined));
}

function setPart(url: URL, value: string, override: string): void {
  machine.basicURLParse(value.toWellFormed(), { url: fullOf(url), stateOverride: override });
  changed(url);
}

function changed(url: URL): void {
  const state = stateOf(url);
  state.plain = undefined;
  state.href = undefined;
}

function setQuery(url: URL, query: string | null): void {
  fullOf(url).query = query === null ? null : "";
  if (query === null) changed(url);
  else setPart(url, query, "query");
}

function showQuery(url: URL): void {
  const { params } = stateOf(url);
  if (params === undefined) return;
  bindToQuery(params, url.search.slice(1), (query) => setQuery(url, query === "" ? null : query));
}

export class URL {
  /** The text of a plain one. */
  #state: string | UrlState;

  constructor(input: string | URL, base?: string | URL) {
    const text = typeof input === "string" ? input : `${input}`;
    this.#state =
      base === undefined && plainUrl(text) === 1
        ? text
        : { plain: undefined, record: parse(text, base), href: undefined, params: undefined };
  }

  static {
    plainOf = (url) => {
      const state = url.#state;
      return typeof state === "string" ? state : state.plain;
    };
    stateOf = (url) => {
      const state = url.#state;
      if (typeof state !== "string") return state;
      return (url.#state = { plain: state, record: undefined, href: undefined, params: undefined });
    };
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

  get href(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return plain;
    const state = stateOf(this);
    return (state.href ??= machine.serializeURL(state.record!));
  }

  set href(value: string) {
    const text = String(value);
    const record = parse(text, undefined);
    stateOf(this).record = record;
    changed(this);
    showQuery(this);
  }

  get origin(): string {
    const plain = plainOf(this);
    return plain === undefined ? machine.serializeURLOrigin(fullOf(this)) : urlPart(plain, UrlPart.Origin);
  }

  get protocol(): string {
    const plain = plainOf(this);
    return plain === undefined ? `${fullOf(this).scheme}:` : urlPart(plain, UrlPart.Protocol);
  }

  set protocol(value: string) {
    setPart(this, `${String(value)}:`, "scheme start");
  }

  get username(): string {
    return plainOf(this) === undefined ? fullOf(this).username : "";
  }

  set username(value: string) {
    if (machine.cannotHaveAUsernamePasswordPort(fullOf(this))) return;
    machine.setTheUsername(fullOf(this), String(value).toWellFormed());
    changed(this);
  }

  get password(): string {
    return plainOf(this) === undefined ? fullOf(this).password : "";
  }

  set password(value: string) {
    if (machine.cannotHaveAUsernamePasswordPort(fullOf(this))) return;
    machine.setThePassword(fullOf(this), String(value).toWellFormed());
    changed(this);
  }

  get host(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return urlPart(plain, UrlPart.Host);
    return this.port === "" ? this.hostname : `${this.hostname}:${this.port}`;
  }

  set host(value: string) {
    if (!machine.hasAnOpaquePath(fullOf(this))) setPart(this, String(value), "host");
  }

  get hostname(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return urlPart(plain, UrlPart.Hostname);
    const { host } = fullOf(this);
    return host === null ? "" : machine.serializeHost(host);
  }

  set hostname(value: string) {
    if (!machine.hasAnOpaquePath(fullOf(this))) setPart(this, String(value), "hostname");
  }

  get port(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return urlPart(plain, UrlPart.Port);
    const { port } = fullOf(this);
    return port === null ? "" : String(port);
  }

  set port(value: string) {
    const record = fullOf(this);
    if (machine.cannotHaveAUsernamePasswordPort(record)) return;
    const text = String(value);
    if (text !== "") {
      setPart(this, text, "port");
      return;
    }
    record.port = null;
    changed(this);
  }

  get pathname(): string {
    const plain = plainOf(this);
    return plain === undefined ? machine.serializePath(fullOf(this)) : urlPart(plain, UrlPart.Pathname);
  }

  set pathname(value: string) {
    const record = fullOf(this);
    if (machine.hasAnOpaquePath(record)) return;
    record.path = [];
    setPart(this, String(value), "path start");
  }

  get search(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return urlPart(plain, UrlPart.Search);
    const { query } = fullOf(this);
    return query === null || query === "" ? "" : `?${query}`;
  }

  set search(value: string) {
    const text = String(value);
    setQuery(this, text === "" ? null : text.replace(/^\?/, ""));
    showQuery(this);
  }

  get searchParams(): URLSearchParams {
    const state = stateOf(this);
    if (state.params === undefined) {
      state.params = new URLSearchParams();
      showQuery(this);
    }
    return state.params;
  }

  get hash(): string {
    if (plainOf(this) !== undefined) return "";
    const { fragment } = fullOf(this);
    return fragment === null || fragment === "" ? "" : `#${fragment}`;
  }

  set hash(value: string) {
    const text = String(value);
    fullOf(this).fragment = text === "" ? null : "";
    if (text === "") changed(this);
    else setPart(this, text.replace(/^#/, ""), "fragment");
  }

  toString(): string {
    plainOf(this);
    return this.href;
  }

  toJSON(): string {
    plainOf(this);
    return this.href;
  }
}
nameClass(URL, "URL");
limitLengths([URL, URL.parse, URL.canParse], 1);
