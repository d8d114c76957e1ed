/**
 * JSX as tsconfig.json has it. Where it says nothing, each element is made by the package's own `jsx-runtime`, as React
 * has it since 17: a package that is not there is then an error of the build, and not of the first request.
 *
 * Tests:  bundle.test.ts
 */
import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** What a file without a word of its own gets. */
export const USUAL_JSX = "automatic";

/** A file that names its factory. */
const FACTORY = /@jsx\s+[\w$]/;
const SAYS_HOW = /@jsx(?:Runtime|ImportSource)\b/;

/** The bundler would not listen to a file's own factory while it does not say that it means the old way. */
export const jsxFactories: Plugin = {
  name: "jsx-factories",
  setup(bundler) {
    bundler.onLoad({ filter: /\.[jt]sx$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8").catch(() => "");
      if (!FACTORY.test(text) || SAYS_HOW.test(text)) return undefined;
      return { contents: `/** @jsxRuntime classic */${text}`, loader: file.endsWith(".tsx") ? "tsx" : "jsx" };
    });
  },
};

/** The package whose `jsx-runtime` this is: `hono/jsx` of `hono/jsx/jsx-runtime`. */
export function jsxPackage(name: string): string | undefined {
  return /^(.+)\/jsx(?:-dev)?-runtime$/.exec(name)?.[1];
}
