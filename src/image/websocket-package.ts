/**
 * The package `ws`, in whose place an app has our own (`src/node/ws.ts`): how an import of it is answered, and what of the
 * kernel it needs. An app that only serves has no client in its image, though it may compare with `WebSocket.OPEN`.
 *
 * Tests:  websocket-package.test.ts, tests/functional/published-sockets.test.ts
 */
import path from "node:path";
import { readFile } from "node:fs/promises";
import { transform, type Loader, type Metafile, type Plugin } from "esbuild";
import { isOurs, SOURCES, standIn } from "./node-modules.ts";

const FILE = path.join(SOURCES, "ws.ts");
const CHECKED = Symbol("checked");
const MARKER = "skerryWebSocket";

/** Only where the package is installed: its name is not ours to give. */
export const webSocketPackage: Plugin = {
  name: "websocket-package",
  setup(bundler) {
    bundler.onResolve({ filter: /^ws$/ }, async ({ path: name, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === CHECKED) return undefined;
      const found = await bundler.resolve(name, { importer, resolveDir, kind, pluginData: CHECKED });
      return found.errors.length === 0 && /[\\/]node_modules[\\/]ws[\\/]/.test(found.path)
        ? standIn(FILE, kind)
        : undefined;
    });
  },
};

/** What an app does with the package. */
export interface WebSocketUse {
  readonly serves: boolean;
  readonly asks: boolean;
}

export const NO_USE: WebSocketUse = { serves: false, asks: false };
const EVERYTHING: WebSocketUse = { serves: true, asks: true };

/** What the files do that import the package. */
export async function webSocketUse({ inputs }: Metafile, directory: string): Promise<WebSocketUse> {
  const importers = Object.entries(inputs).filter(
    ([input, { imports }]) =>
      !isOurs(input, directory) && imports.some((one) => one.path.endsWith("src/node/ws.ts")),
  );
  const uses = await Promise.all(
    importers.map(async ([input]) =>
      useOf(await readFile(path.resolve(directory, input), "utf8"), loaderOf(input)),
    ),
  );
  return { serves: uses.some(({ serves }) => serves), asks: uses.some(({ asks }) => asks) };
}

const loaderOf = (file: string): Loader =>
  /\.[mc]?ts$/.test(file) ? "ts" : file.endsWith(".tsx") ? "tsx" : "jsx";

const FROM = String.raw`\s*from\s*["']ws["']`;
const IMPORT = new RegExp(String.raw`\bimport\s+(type\s)?([^"';]*?)${FROM};?`, "g");
/** What compilers put around a `require` is a function of one argument. */
const REQUIRE = /\b(?:const|let|var)\s+(\{[^}]*\}|[\w$]+)\s*=\s*([\w$.]+\(\s*)?require\(\s*["']ws["']\s*\)/g;
const INTEROP = /\b(?:const|let|var)\s+([\w$]+)\s*=\s*_interop\w+\(\s*([\w$]+)\s*\)/g;
/** The class itself: not asked after, compared, or made of nothing; of its members those that are the class again. */
const CLASS = new RegExp(
  String.raw`(?<!\b(?:instanceof|typeof)\s+)\b${MARKER}(?:\s*\??\.\s*(?:WebSocket|default))*\b(?!\s*(?:\??\.\s*[\w$]|[!=]==?|\(\s*null\b))`,
);

const SERVER =
  /\bWebSocketServer\b|\.\s*Server\b|\{[^{}]*\bServer\b[^{}]*\}\s*(?:from|=\s*require\s*\()\s*["']ws["']/;

/** What one file's text does with the package: where it is not plain, everything. */
export async function useOf(text: string, loader: Loader = "ts"): Promise<WebSocketUse> {
  const names = new Set<string>();
  let isPlain = false;
  const note = (clause: string) => {
    isPlain = true;
    for (const name of classesOf(clause)) names.add(name);
    return "";
  };
  const rest = text
    .replace(IMPORT, (_all, isType: string | undefined, clause: string) => (isType ? "" : note(clause)))
    .replace(REQUIRE, (_all, clause: string, around = "") => `${note(clause)}void ${around}(0)`)
    .replace(INTEROP, (all, own: string, name: string) => (names.has(name) ? `${note(own)}void 0` : all));
  if (!isPlain || /require\(\s*["']ws["']/.test(rest)) return EVERYTHING;
  const serves = SERVER.test(text);
  if (names.size === 0) return { serves, asks: false };
  const define = Object.fromEntries([...names].map((name) => [name, MARKER]));
  const { code } = await transform(rest, { loader, define, logLevel: "silent" });
  return { serves, asks: CLASS.test(code) };
}

/** By which names an import's clause has the class: `A`, `A, { WebSocket as B }`, `* as C`, `{ WebSocket: D }`. */
function classesOf(clause: string): string[] {
  const [, list = ""] = /\{([^}]*)\}/.exec(clause) ?? [];
  const named = list.split(",").flatMap((one) => {
    const [, name, own = name] = /^\s*([\w$]+)(?:(?:\s+as\s+|\s*:\s*)([\w$]+))?\s*$/.exec(one) ?? [];
    return name === "WebSocket" || name === "default" ? [own!] : [];
  });
  const whole = clause.replace(/\{[^}]*\}/, "").match(/(?!as\b)[\w$]+/g) ?? [];
  return [...named, ...whole];
}
