/** What the bundler complains about, as an error that the user can mend. */
import type { BuildFailure, Message } from "esbuild";
import { ABSENT_MODULES, unresolved, unresolvedModule } from "./absent-modules.ts";
import { jsxPackage } from "./jsx.ts";
import { moduleName, NODE_MODULES } from "./node-modules.ts";
import { UserError } from "./user-error.ts";

/** The bundler's messages with file, line, column and the line itself. */
export function asUserError(error: unknown): unknown {
  const failure = error as Partial<BuildFailure>;
  if (!Array.isArray(failure.errors) || failure.errors.length === 0) return error;
  const messages = failure.errors as Message[];
  return new UserError("bundle", messages.map(describe).join("\n\n"), hintFor(messages[0]!));
}

function describe(message: Message): string {
  const text = absentModule(message) ?? absentJsx(message) ?? message.text;
  if (message.location === null) return text;
  const { file, line, column, lineText, length } = message.location;
  const marker = " ".repeat(column) + "^".repeat(Math.max(1, Math.min(length, lineText.length - column)));
  return `${file}:${line}:${column + 1}: ${text}\n  ${lineText}\n  ${marker}`;
}

/** The message for a module of Node's that no image has. */
function absentModule(message: Message): string | undefined {
  const module = unresolvedModule(message);
  if (module === undefined) return undefined;
  const stand = Object.hasOwn(ABSENT_MODULES, module) ? ABSENT_MODULES[module]!.instead : undefined;
  const instead = stand === undefined ? "" : `; in its place: ${stand}`;
  return `the module "${unresolved(message)}" is Node's and is not in an image${instead}`;
}

/** The message for JSX that nothing makes anything of. */
function absentJsx(message: Message): string | undefined {
  const owner = jsxPackage(unresolved(message) ?? "");
  return owner === undefined
    ? undefined
    : `JSX is made by the package "${owner}" here, which is not installed`;
}

function hintFor(message: Message): string | undefined {
  if (message.text.startsWith("Top-level await is not available"))
    return "an app with an AsyncLocalStorage awaits inside functions only";
  const name = unresolved(message);
  if (name === undefined) return undefined;
  const jsx = jsxPackage(name);
  if (jsx !== undefined) {
    return `name yours in tsconfig.json, for instance "jsx": "react-jsx", "jsxImportSource": "hono/jsx", or npm install ${jsx.split("/")[0]}`;
  }
  if (moduleName(name) === undefined) return `npm install ${name}, or check the name`;
  return `of Node's modules there are: ${Object.keys(NODE_MODULES).join(", ")}`;
}
