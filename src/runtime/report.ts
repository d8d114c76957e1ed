/** Errors that nobody caught: how they are written on the console. */
import { writeConsole } from "./host.ts";
import { inspect } from "./inspect.ts";

let hasReported = false;

/** Whether any error went uncaught so far: a program that had one does not end with success. */
export function hadError(): boolean {
  return hasReported;
}

/** Writes `Uncaught ...` with the error's stack. */
export function reportError(error: unknown, where = ""): void {
  hasReported = true;
  writeConsole(2, `Uncaught ${where}${inspect(error)}\n`);
}
