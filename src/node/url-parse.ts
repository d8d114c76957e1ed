/**
 * The older way of Node's to take URLs apart (`url.parse`), which Express and its like still use: it takes any text,
 * and leaves what it does not know as it is.
 */
import { coded, invalidType } from "./errors.ts";
import querystring from "./querystring.ts";

/** With an authority, and `/` as the least path. */
const SLASHED = new Set(["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"]);
/** No host, whatever stands there. */
const HOSTLESS = new Set(["javascript:"]);
const PROTOCOL = /^[a-z0-9.+-]+:/i;
const PORT = /:([0-9]*)$/;
const NOT_IN_HOST = /[\0\t\n\r #%/:<>?@[\\\]^|]/;
/** Characters that are escaped in what follows the host. */
const ESCAPED = /[\t\n\r "'<>\\^`{|}]/g;

const escape = (text: string) =>
  text.replace(
    ESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );

type Field =
  "protocol" | "auth" | "host" | "port" | "hostname" | "hash" | "search" | "pathname" | "path" | "href";

export class Url {
  protocol: string | null = null;
  slashes: boolean | null = null;
  auth: string | null = null;
  host: string | null = null;
  port: string | null = null;
  hostname: string | null = null;
  hash: string | null = null;
  search: string | null = null;
  query: string | Record<string, unknown> | null = null;
  pathname: string | null = null;
  path: string | null = null;
  href: string | null = null;

  parse(address: string, parsesQuery = false, slashesDenoteHost = false): this {
    if (typeof address !== "string") throw invalidType("url", "string", address);
    let rest = normalSlashes(address.trim());
    rest = this.#takeProtocol(rest);
    const isHostless = HOSTLESS.has(this.protocol ?? "");
    const denotesHost = slashesDenoteHost || this.protocol !== null || /^\/\/[^@/]+@[^@/]+/.test(rest);
    if (denotesHost && rest.startsWith("//") && !isHostless) {
      this.slashes = true;
      rest = rest.slice(2);
    }
    if (!isHostless && (this.slashes || (this.protocol !== null && !SLASHED.has(this.protocol))))
      rest = this.#takeAuthority(rest, address);
    this.#takePath(isHostless ? rest : escape(rest), parsesQuery);
    this.href = this.format();
    return this;
  }

  #takeProtocol(text: string): string {
    const found = PROTOCOL.exec(text)?.[0];
    if (found === undefined) return text;
    this.protocol = found.toLowerCase();
    return text.slice(found.length);
  }

  #takeAuthority(text: string, address: string): string {
    const end = text.search(/[/?#]/);
    let authority = end < 0 ? text : text.slice(0, end);
    let rest = end < 0 ? "" : text.slice(end);
    const at = authority.lastIndexOf("@");
    if (at >= 0) {
      this.auth = decodeURIComponent(authority.slice(0, at));
      authority = authority.slice(at + 1);
    }
    const stray = authority.search(/[\t\n\r "'`%;<>\\^{|}]/);
    if (stray >= 0) {
      rest = `${authority.slice(stray).replace(/^(?![/?#])/, "/")}${rest}`;
      authority = authority.slice(0, stray);
    }
    const port = PORT.exec(authority);
    if (port !== null) {
      if (port[1] !== "") this.port = port[1]!;
      authority = authority.slice(0, -port[0].length);
    }
    const isAddress6 = authority.startsWith("[") && authority.endsWith("]");
    if (!isAddress6 && NOT_IN_HOST.test(authority))
      throw Object.assign(coded(TypeError, "ERR_INVALID_URL", "Invalid URL"), { input: address });
    this.hostname = isAddress6 ? authority.slice(1, -1).toLowerCase() : toAscii(authority.toLowerCase());
    this.host = (isAddress6 ? authority.toLowerCase() : this.hostname) + (this.port ? `:${this.port}` : "");
    return rest;
  }

  #takePath(text: string, parsesQuery: boolean): void {
    const hash = text.indexOf("#");
    if (hash >= 0) this.hash = text.slice(hash);
    const rest = hash >= 0 ? text.slice(0, hash) : text;
    const mark = rest.indexOf("?");
    if (mark >= 0) {
      this.search = rest.slice(mark);
      this.query = parsesQuery ? querystring.parse(rest.slice(mark + 1)) : rest.slice(mark + 1);
    } else if (parsesQuery) {
      this.search = null;
      this.query = Object.create(null) as Record<string, unknown>;
    }
    const pathname = mark >= 0 ? rest.slice(0, mark) : rest;
    if (pathname !== "") this.pathname = pathname;
    else if (SLASHED.has(this.protocol ?? "") && this.hostname) this.pathname = "/";
    if (this.pathname !== null || this.search !== null)
      this.path = (this.pathname ?? "") + (this.search ?? "");
  }

  format(): string {
    let protocol = this.protocol ?? "";
    if (protocol !== "" && !protocol.endsWith(":")) protocol += ":";
    const auth = this.auth ? `${encodeURIComponent(this.auth).replace(/%3A/i, ":")}@` : "";
    let host: string | undefined;
    if (this.host) host = auth + this.host;
    else if (this.hostname) {
      const name =
        this.hostname.includes(":") && !this.hostname.startsWith("[") ? `[${this.hostname}]` : this.hostname;
      host = auth + name + (this.port ? `:${this.port}` : "");
    }
    const { query } = this;
    const fields = query !== null && typeof query === "object" ? querystring.stringify(query) : "";
    let search = this.search || (fields === "" ? "" : `?${fields}`);
    if (search !== "" && !search.startsWith("?")) search = `?${search}`;
    let hash = this.hash ?? "";
    if (hash !== "" && !hash.startsWith("#")) hash = `#${hash}`;
    let pathname = (this.pathname ?? "").replace(/[?#]/g, (character) => encodeURIComponent(character));
    if (this.slashes || SLASHED.has(protocol)) {
      if (this.slashes || host !== undefined) {
        if (pathname !== "" && !pathname.startsWith("/")) pathname = `/${pathname}`;
        host = `//${host ?? ""}`;
      } else if (protocol.startsWith("file")) host = "//";
    }
    return protocol + (host ?? "") + pathname + search.replaceAll("#", "%23") + hash;
  }

  resolve(relative: string): string {
    return this.resolveObject(parse(relative, false, true)).format();
  }

  resolveObject(relative: string | Url): Url {
    const given = typeof relative === "string" ? parse(relative, false, true) : relative;
    const base = this.format();
    const isWhole = PROTOCOL.test(base) && base.includes("//");
    const target = given.format();
    if (isWhole) return parse(new globalThis.URL(target, base).href);
    if (given.protocol !== null) return parse(target);
    const whole = new globalThis.URL(target, new globalThis.URL(base, "http://x/"));
    return parse(whole.pathname + whole.search + whole.hash);
  }
}

/** Backslashes before the query are slashes. */
function normalSlashes(text: string): string {
  const end = text.search(/[?#]/);
  const head = end < 0 ? text : text.slice(0, end);
  return head.replaceAll("\\", "/") + (end < 0 ? "" : text.slice(end));
}

function toAscii(host: string): string {
  if (/^[\x00-\x7f]*$/.test(host)) return host;
  try {
    return new globalThis.URL(`http://${host}`).hostname;
  } catch {
    return host;
  }
}

export function parse(address: string | Url, parsesQuery = false, slashesDenoteHost = false): Url {
  return address instanceof Url ? address : new Url().parse(address, parsesQuery, slashesDenoteHost);
}

export function format(value: string | Partial<Record<Field, unknown>>): string {
  if (typeof value === "string") return parse(value).format();
  if (typeof value !== "object" || value === null)
    throw invalidType("urlObject", ["Object", "string"], value);
  return (value instanceof Url ? value : Object.assign(new Url(), value)).format();
}

export const resolve = (from: string, to: string): string => parse(from, false, true).resolve(to);
export const resolveObject = (from: string, to: string): Url => parse(from, false, true).resolveObject(to);
