/**
 * node:url (Node 20): the Web's URL, file addresses, and the older `parse`, `format` and `resolve`.
 *
 * Tests:  url.test.ts, beside Node's own
 */
import { coded, invalidType, requireString } from "./errors.ts";
import { parse, resolve, resolveObject, Url, format as formatParts } from "./url-parse.ts";
import { resolve as resolvePath } from "./path.ts";

interface FormatOptions {
  readonly fragment?: boolean;
  readonly auth?: boolean;
  readonly search?: boolean;
  readonly unicode?: boolean;
}

export const URL = globalThis.URL;
export const URLSearchParams = globalThis.URLSearchParams;

export function format(value: unknown, options: FormatOptions = {}): string {
  if (!(value instanceof URL)) return formatParts(value as string);
  const { fragment = true, auth = true, search = true } = options;
  const shown = new URL(value.href);
  if (!fragment) shown.hash = "";
  if (!search) shown.search = "";
  if (!auth) shown.username = shown.password = "";
  return shown.href;
}

export function fileURLToPath(address: string | URL): string {
  if (typeof address !== "string" && !(address instanceof URL))
    throw invalidType("path", ["string", "URL"], address);
  const url = typeof address === "string" ? new URL(address) : address;
  if (url.protocol !== "file:")
    throw coded(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (url.hostname !== "")
    throw coded(
      TypeError,
      "ERR_INVALID_FILE_URL_HOST",
      'File URL host must be "localhost" or empty on linux',
    );
  if (/%2f/i.test(url.pathname))
    throw coded(
      TypeError,
      "ERR_INVALID_FILE_URL_PATH",
      "File URL path must not include encoded / characters",
    );
  return decodeURIComponent(url.pathname);
}

const ESCAPED: Readonly<Record<string, string>> = {
  "%": "%25",
  "\\": "%5C",
  "\n": "%0A",
  "\r": "%0D",
  "\t": "%09",
  "?": "%3F",
  "#": "%23",
};

export function pathToFileURL(path: string): URL {
  requireString(path, "path");
  let whole = resolvePath(path);
  if (path.endsWith("/") && !whole.endsWith("/")) whole += "/";
  return new URL(`file://${whole.replace(/[%\\\n\r\t?#]/g, (character) => ESCAPED[character]!)}`);
}

function hostOf(domain: string): string {
  try {
    return new URL(`ws://${domain}`).hostname;
  } catch {
    return "";
  }
}

export const domainToASCII = (domain: string): string => hostOf(String(domain));
/** The tables for the way back are not asked for by servers: what is ASCII stays as it is. */
export const domainToUnicode = (domain: string): string => hostOf(String(domain));

export function urlToHttpOptions(url: URL): Record<string, unknown> {
  const { protocol, hostname, hash, search, pathname, href, username, password, port } = url;
  return {
    protocol,
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    hash,
    search,
    pathname,
    path: `${pathname}${search}`,
    href,
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username || password
      ? { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }
      : {}),
  };
}

export { parse, resolve, resolveObject, Url };

export default {
  URL,
  URLSearchParams,
  Url,
  domainToASCII,
  domainToUnicode,
  fileURLToPath,
  format,
  parse,
  pathToFileURL,
  resolve,
  resolveObject,
  urlToHttpOptions,
};
