/** What the bundler complains about, as an error that the user can mend. */
import type { BuildFailure, Message } from "esbuild";
import { UserError } from "./user-error.ts";

/** The bundler's messages with file, line, column and the line itself. */
export function asUserError(error: unknown): unknown {
  const failure = error as Partial<BuildFailure>;
  if (!Array.isArray(failure.errors) || failure.errors.length === 0) return error;
  const messages = failure.errors as Message[];
  return new UserError("bundle", messages.map(describe).join("\n\n"), hintFor(messages[0]!));
}

function describe({ text, location }: Message): string {
  if (location === null) return text;
  const { file, line, column, lineText, length } = location;
  const marker = " ".repeat(column) + "^".repeat(Math.max(1, Math.min(length, lineText.length - column)));
  return `${file}:${line}:${column + 1}: ${text}\n  ${lineText}\n  ${marker}`;
}

function hintFor({ text }: Message): string | undefined {
  const name = /^Could not resolve "([^"./][^"]*)"/.exec(text)?.[1];
  return name === undefined ? undefined : `npm install ${name}, or check the name`;
}
