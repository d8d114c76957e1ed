/** What a Request says beside method, headers and body: mostly about caches and pages, kept as it was given. */
import { URL } from "./url.ts";

export interface RequestSettings {
  readonly cache: string;
  readonly credentials: string;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly mode: string;
  readonly redirect: string;
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly priority: string;
}

export const DEFAULT_SETTINGS: RequestSettings = {
  cache: "default",
  credentials: "same-origin",
  integrity: "",
  keepalive: false,
  mode: "cors",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
  priority: "auto",
};

const VALUES: Readonly<Partial<Record<keyof RequestSettings, ReadonlySet<string>>>> = {
  cache: new Set(["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"]),
  credentials: new Set(["omit", "same-origin", "include"]),
  mode: new Set(["navigate", "same-origin", "no-cors", "cors"]),
  redirect: new Set(["follow", "error", "manual"]),
  referrerPolicy: new Set([
    "",
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
  ]),
  priority: new Set(["high", "low", "auto"]),
};
const METHODS_WITHOUT_CORS = new Set(["GET", "HEAD", "POST"]);

type Given = Partial<Record<keyof RequestSettings, unknown>> & { window?: unknown; method?: unknown };

/** Throws TypeError for a value that there is not. */
export function settingsOf(init: Given, source: RequestSettings): RequestSettings {
  if (init.window !== undefined && init.window !== null) throw new TypeError("A request has no window");
  const settings: Record<string, unknown> = { ...source };
  for (const key of Object.keys(DEFAULT_SETTINGS) as (keyof RequestSettings)[]) {
    const value = init[key];
    if (value === undefined) continue;
    settings[key] = key === "keepalive" ? Boolean(value) : String(value);
    if (VALUES[key]?.has(String(value)) === false)
      throw new TypeError(`${String(value)} is no value of ${key}`);
  }
  if (init.mode !== undefined && settings["mode"] === "navigate")
    throw new TypeError("A request is no navigation");
  if (init.referrer !== undefined) settings["referrer"] = referrerOf(String(init.referrer));
  if (settings["cache"] === "only-if-cached" && settings["mode"] !== "same-origin")
    throw new TypeError('The cache mode "only-if-cached" needs the mode "same-origin"');
  if (
    settings["mode"] === "no-cors" &&
    init.method !== undefined &&
    !METHODS_WITHOUT_CORS.has(normalMethod(init.method))
  )
    throw new TypeError(`The mode "no-cors" has no ${String(init.method)}`);
  return settings as unknown as RequestSettings;
}

/** Where this program itself has an address, as under test; a server has none. */
function ownAddress(): string | undefined {
  return (globalThis as { location?: { href?: string } }).location?.href;
}

function referrerOf(text: string): string {
  if (text === "") return "";
  const own = ownAddress();
  const url = URL.parse(text, own);
  if (url === null) throw new TypeError(`${JSON.stringify(text)} is no referrer`);
  if (url.href === "about:client" || (own !== undefined && url.origin !== new URL(own).origin))
    return "about:client";
  return url.href;
}

/** An address that a request is made to, or a response redirects to. */
export function parseUrl(input: string | URL): URL {
  return new URL(input, ownAddress());
}

export function parseAddress(input: string | URL): string {
  const url = parseUrl(input);
  if (url.username !== "" || url.password !== "")
    throw new TypeError("A request's URL has no user name or password");
  return url.href;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NORMALISED_METHODS = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

export function normalMethod(given: unknown): string {
  const method = String(given);
  const upper = method.toUpperCase();
  if (!TOKEN.test(method) || FORBIDDEN_METHODS.has(upper))
    throw new TypeError(`${method} is no method of a request`);
  return NORMALISED_METHODS.has(upper) ? upper : method;
}
