/**
 * Imports that no image has: Node's own modules. Found while bundling, so that the message can name the importer
 * and the line.
 */
import { builtinModules } from "node:module";
import type { PartialMessage, Plugin } from "esbuild";

const BUILTIN = new Set(builtinModules);

/** What stands in for a module of Node's, where the Web has something like it. */
const INSTEAD: Readonly<Record<string, string>> = {
  buffer: "Uint8Array, TextEncoder, atob and btoa",
  crypto: "crypto.getRandomValues and crypto.randomUUID",
  events: "EventTarget",
  http: "export default { fetch(request) { ... } }",
  https: "export default { fetch(request) { ... } }",
  path: "URL",
  perf_hooks: "performance",
  process: "the handler's second argument, env",
  stream: "ReadableStream, WritableStream and TransformStream",
  "stream/web": "ReadableStream, WritableStream and TransformStream",
  timers: "setTimeout and setInterval",
  "timers/promises": "setTimeout and setInterval",
  url: "URL and URLSearchParams",
  util: "TextEncoder, TextDecoder and structuredClone",
};

export const rejectUnsupported: Plugin = {
  name: "unsupported-import",
  setup(bundler) {
    bundler.onResolve(
      { filter: /^[^./]/ },
      async ({ path: name, kind, resolveDir, importer, pluginData }) => {
        const bare = name.replace(/^node:/, "");
        if (kind === "entry-point" || !BUILTIN.has(bare) || pluginData === IS_OWN_RESOLUTION)
          return undefined;
        // A package of the same name may be installed: `npm install events` is a common one.
        if (!name.startsWith("node:")) {
          const found = await bundler.resolve(name, {
            kind,
            resolveDir,
            importer,
            pluginData: IS_OWN_RESOLUTION,
          });
          if (found.errors.length === 0 && !found.external) return found;
        }
        return { errors: [unsupported(name, INSTEAD[bare])] };
      },
    );
  },
};

const IS_OWN_RESOLUTION = "skerry: resolved by ourselves";

function unsupported(name: string, instead: string | undefined): PartialMessage {
  const there = instead === undefined ? "" : `; in its place there is: ${instead}`;
  return { text: `the module "${name}" is Node's and is not in an image${there}` };
}
