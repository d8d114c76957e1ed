/**
 * URL (URL Standard, section 6.1), on the parser of the package whatwg-url.
 *
 * Every handler makes a URL of its request's. The plain kind (http, a host that is known to be plain, nothing to rewrite)
 * is its own text, and a part of it is cut out when it is asked for; all others go through the full state machine.
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
const PLAIN_ORIGIN = new RegExp(`^(https?)://(?:${HOST})(?::([1-9]\\d{0,4}))?$`);
const ENCODED_LABEL = /(?:\/|\.)xn--/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };
const PORT_LIMIT = 65535;
/** Escaped dots: a segment of these means "here" or "above". */
const ESCAPED_DOT = /%2e/i;
/** How many origins are remembered as plain: a server has few, whatever its clients say. */
const KNOWN_LIMIT = 64;
/** Behind "https://" no "/" stands in an origin. */
const AFTER_SCHEME = 8;

const plainOrigins = new Set<string>();

function isPlainOrigin(origin: string): boolean {
  if (plainOrigins.has(origin)) return true;
  const found = PLAIN_ORIGIN.exec(origin);
  if (found === null || ENCODED_LABEL.test(origin)) return false;
  const [, scheme, port = ""] = found;
  if (Number(port) > PORT_LIMIT || port === DEFAULT_PORTS[scheme!]) return false;
  if (plainOrigins.size < KNOWN_LIMIT) plainOrigins.add(origin);
  return true;
}

/**
 * Whether a text is a URL as it is serialised. The engine's own functions look at its characters: `encodeURI` leaves those
 * alone that may stand in a path, and also "'", which may not in a query. A fragment is not plain: no request has one.
 */
function isPlain(text: string): boolean {
  const slash = text.indexOf("/", AFTER_SCHEME);
  if (slash < 0 || !isPlainOrigin(text.slice(0, slash)) || text.includes("/.", slash)) return false;
  const isEscaped = text.includes("%");
  if (isEscaped && ESCAPED_DOT.test(text)) return false;
  const bare = isEscaped ? text.replaceAll("%", "") : text;
  try {
    if (encodeURI(bare) !== bare) return false;
  } catch {
    return false; // a lone surrogate
  }
  // An empty query is shown as none.
  return !text.includes("'") && !text.includes("#") && !text.endsWith("?");
}

/** The parts of a plain URL. */
const PARTS = {
  origin: (text: string) => text.slice(0, text.indexOf("/", AFTER_SCHEME)),
  protocol: (text: string) => text.slice(0, text.indexOf(":") + 1),
  host: (text: string) => text.slice(text.indexOf("//") + 2, text.indexOf("/", AFTER_SCHEME)),
  hostname(text: string) {
    const host = PARTS.host(text);
    const colon = host.indexOf(":");
    return colon < 0 ? host : host.slice(0, colon);
  },
  port(text: string) {
    const host = PARTS.host(text);
    const colon = host.indexOf(":");
    return colon < 0 ? "" : host.slice(colon + 1);
  },
  pathname(text: string) {
    const query = text.indexOf("?");
    return text.slice(text.indexOf("/", AFTER_SCHEME), query < 0 ? text.length : query);
  },
  search(text: string) {
    const query = text.indexOf("?");
    return query < 0 ? "" : text.slice(query);
  },
} as const;

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
    requireArguments(arguments, 1, "URL");
    const text = String(input);
    this.#state =
      base === undefined && isPlain(text)
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
    return plain === undefined ? machine.serializeURLOrigin(fullOf(this)) : PARTS.origin(plain);
  }

  get protocol(): string {
    const plain = plainOf(this);
    return plain === undefined ? `${fullOf(this).scheme}:` : PARTS.protocol(plain);
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
    if (plain !== undefined) return PARTS.host(plain);
    return this.port === "" ? this.hostname : `${this.hostname}:${this.port}`;
  }

  set host(value: string) {
    if (!machine.hasAnOpaquePath(fullOf(this))) setPart(this, String(value), "host");
  }

  get hostname(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return PARTS.hostname(plain);
    const { host } = fullOf(this);
    return host === null ? "" : machine.serializeHost(host);
  }

  set hostname(value: string) {
    if (!machine.hasAnOpaquePath(fullOf(this))) setPart(this, String(value), "hostname");
  }

  get port(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return PARTS.port(plain);
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
    return plain === undefined ? machine.serializePath(fullOf(this)) : PARTS.pathname(plain);
  }

  set pathname(value: string) {
    const record = fullOf(this);
    if (machine.hasAnOpaquePath(record)) return;
    record.path = [];
    setPart(this, String(value), "path start");
  }

  get search(): string {
    const plain = plainOf(this);
    if (plain !== undefined) return PARTS.search(plain);
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
