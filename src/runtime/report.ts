/** Errors that nobody caught: how they are written on the console. */
import { writeConsole } from "./host.ts";
import { inspect } from "./inspect.ts";

/** Writes `Uncaught ...` with the error's stack. */
export function reportError(error: unknown, where = ""): void {
  writeConsole(2, `Uncaught ${where}${inspect(error)}\n`);
}
