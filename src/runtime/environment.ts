/** The app's environment: `NAME=value` lines of the kernel as an object of strings. */
import { environmentLines } from "./host.ts";

export function readEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const line of environmentLines().split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) environment[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return environment;
}
