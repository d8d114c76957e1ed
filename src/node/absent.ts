/** A module of Node's that no machine has, as a package that imports it finds it. */
import { notHere } from "./errors.ts";

type Refusal = () => never;

/** Its functions and classes: each can be named, asked for and extended, and says what it is when it is called. */
export function absent(
  module: string,
  functions: readonly string[],
  instead: string | null,
): Record<string, Refusal> {
  return Object.fromEntries(functions.map((name) => [name, refusal(`${module}.${name}`, instead)]));
}

function refusal(what: string, instead: string | null): Refusal {
  return function absentFunction(): never {
    throw notHere(what, instead ?? undefined);
  };
}
