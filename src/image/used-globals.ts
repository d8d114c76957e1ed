/**
 * Which optional services a script asks for: those whose globals it names. An app that never says `fetch` has no HTTP
 * client in its image, and a handler's own method of that name is not the global; one that neither exports a handler nor
 * names a server of `node:http` has no HTTP server, and where it is no client either, no network at all.
 *
 * The bundler knows which names are free: each is defined as a marker, and the markers that come out are counted. What
 * ships is the script as it was.
 *
 * Tests:  used-globals.test.ts
 */
import { transform } from "esbuild";
import type { ServiceName } from "../abi/services.ts";
import { NO_USE, type WebSocketUse } from "./websocket-package.ts";

/** Services of a JavaScript app that are in its image only if it names one of their globals. */
export type OptionalService = Extract<ServiceName, "http" | "fetch" | "websocket" | "upgrade" | "assets">;

const GLOBALS: Readonly<Record<OptionalService, readonly string[]>> = {
  // Not by a global: a server is what the app exports, or makes.
  http: [],
  fetch: ["fetch"],
  websocket: ["WebSocketPair"],
  upgrade: ["WebSocket"],
  // Not by a name of the app's code: an image has them that was given files.
  assets: [],
};
export const OPTIONAL_SERVICES = Object.keys(GLOBALS) as OptionalService[];
/** Where a global is also found. */
const SCOPES = ["globalThis", "self", "window", "global"];
const MARKER = "skerryUses_";

/** A mention of the WebSocket that makes none: whether something is one, the names of its states. */
const NO_WEBSOCKET = "(?<!\\b(?:instanceof|typeof)\\s*)";
const NO_STATE = "(?!\\s*\\.\\s*(?:CONNECTING|OPEN|CLOSING|CLOSED)\\b)";
const MAKES_WEBSOCKET = new RegExp(`${NO_WEBSOCKET}\\b${MARKER}upgrade\\b${NO_STATE}`);

/** `http.request`, also behind brackets (`(isSecure ? https : http).request`), and an import of it by name. */
const REQUESTS =
  /\bhttps?\b[\s)\]]*\.\s*(?:request|get)\b|\{[^{}]*\b(?:request|get)\b[^{}]*\}\s*(?:=\s*require\s*\(|from\b)\s*["'](?:node:)?https?["']|Protocol\.request\b/;

/** `http.createServer`, `new Server`, `new http.Server`, by any name of the module. */
const MAKES_SERVER = /\bcreateServer\b|[.\s]Server\s*\(/;

/** What a script has besides its text. */
export interface Beside {
  /** It has a default export, which may be a handler. */
  readonly hasHandler: boolean;
  /** The server of `node:http` is in the bundle, as it is wherever that module is. */
  readonly hasNodeServer: boolean;
  /** What it does with the package `ws`. */
  readonly webSockets: WebSocketUse;
}

const NOTHING: Beside = { hasHandler: false, hasNodeServer: false, webSockets: NO_USE };

/**
 * The services that the script asks for, in the order of `OPTIONAL_SERVICES`. `own` is the code of the app's files
 * without our modules, as far as those are in the script.
 */
export async function usedServices(
  code: string,
  own = code,
  { hasHandler, hasNodeServer, webSockets }: Beside = NOTHING,
): Promise<readonly OptionalService[]> {
  const define: Record<string, string> = {};
  for (const service of OPTIONAL_SERVICES) {
    for (const name of GLOBALS[service]) {
      for (const holder of ["", ...SCOPES.map((scope) => `${scope}.`)])
        define[holder + name] = MARKER + service;
    }
  }
  const { code: marked } = await transform(code, { define, format: "esm", logLevel: "silent" });
  const asks = MAKES_WEBSOCKET.test(marked) || webSockets.asks;
  const named = (service: OptionalService) => marked.includes(MARKER + service);
  const isUsed: Readonly<Record<OptionalService, boolean>> = {
    http: hasHandler || webSockets.serves || (hasNodeServer && MAKES_SERVER.test(own)),
    fetch: named("fetch") || REQUESTS.test(own) || asks,
    websocket: named("websocket") || webSockets.serves || asks,
    upgrade: asks,
    assets: named("assets"),
  };
  return OPTIONAL_SERVICES.filter((service) => isUsed[service]);
}
