/**
 * Finds `skerry.config.ts`, evaluates it, and checks what it says.
 *
 * It is bundled with everything it imports, so that it may be TypeScript and may stand in a folder without packages;
 * `skerry` is answered from here.
 *
 * Tests: tests/functional/documentation.test.ts
 */
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "../image/user-error.ts";
import { validate, type ValidConfiguration } from "./schema.ts";

const NAMES = ["skerry.config.ts", "skerry.config.mts", "skerry.config.js", "skerry.config.mjs"];

export interface LoadedConfiguration {
  /** Absolute. */
  readonly file: string;
  readonly folder: string;
  readonly value: ValidConfiguration;
  /** Every file that it was read from, absolute. */
  readonly inputs: readonly string[];
}

/** The configuration in `folder`, if one is there. */
export function findConfiguration(folder: string): string | undefined {
  return NAMES.map((name) => path.resolve(folder, name)).find((file) => existsSync(file));
}

/** Throws a `UserError` that says what is wrong in it and where. */
export async function loadConfiguration(given: string): Promise<LoadedConfiguration> {
  const file = path.resolve(given);
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw new UserError(
      "configuration",
      `there is no configuration ${given}`,
      "give the path of a skerry.config.ts",
    );
  }
  const { bundleModule } = await import("../image/bundle-module.ts");
  const { code, inputs } = await bundleModule(file, OWN_MODULE);
  const shown = path.relative(process.cwd(), file);
  const validation = validate(await evaluate(code, file, shown));
  if (validation.isGood) return { file, folder: path.dirname(file), value: validation.value, inputs };
  throw new UserError(
    "configuration",
    [`${shown} has mistakes:`, ...validation.mistakes.map((mistake) => `  ${mistake}`)].join("\n"),
    "the fields are in docs/guide/configuration.md; defineConfig lets your editor check them",
  );
}

/** What `import ... from "skerry"` gives a configuration. */
const OWN_MODULE = "export const defineConfig = (configuration) => configuration;";

async function evaluate(code: string, file: string, shown: string): Promise<unknown> {
  let module: { readonly default?: unknown };
  try {
    const named = `${code}\n//# sourceURL=${pathToFileURL(file).href}\n`;
    const url = `data:text/javascript;base64,${Buffer.from(named).toString("base64")}`;
    module = (await import(url)) as { readonly default?: unknown };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UserError(
      "configuration",
      `${shown} failed: ${reason}`,
      "it is run by Node when a command reads it",
    );
  }
  if (module.default !== undefined) return module.default;
  throw new UserError(
    "configuration",
    `${shown} has no default export`,
    "write: export default defineConfig({ ... })",
  );
}
