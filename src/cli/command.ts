/**
 * What a command is: its words as tables, from which parsing and help are made, and what it does.
 *
 * Every option that is wrong ends in one clear message; one that is nearly right, in the right one's name.
 *
 * Tests: command.test.ts
 */
import { parseArgs } from "node:util";
import { UserError } from "../image/user-error.ts";
import { nearest } from "../library/nearest.ts";

export interface Option {
  /** What stands for its value in help: `NAME=VALUE`. Absent: it takes none. */
  readonly value?: string;
  readonly short?: string;
  readonly repeats?: true;
  /** Not for people. */
  readonly isHidden?: true;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<One extends Option> = One extends { readonly repeats: true }
  ? readonly string[]
  : One extends { readonly value: string }
    ? string
    : boolean;

export interface Words<Table extends Options> {
  readonly values: { readonly [Name in keyof Table]?: ValueOf<Table[Name]> };
  readonly positionals: readonly string[];
  /** As they were given. */
  readonly all: readonly string[];
  /** Of a command that has a `tail`: all words from that option on. */
  readonly tail: readonly string[] | undefined;
}

interface Description {
  readonly name: string;
  /** How it is called, if not as `skerry NAME`. */
  readonly call?: string;
  /** What stands behind the name, a line for each way: `ENTRY [options]`. */
  readonly usage: readonly string[];
  /** For the list of all commands: a few words. */
  readonly summary: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly examples: readonly string[];
  /** This option takes all words behind it, whatever they look like. */
  readonly tail?: string;
}

interface Definition<Table extends Options> extends Description {
  readonly options: Table;
  /** The exit status. */
  run(words: Words<Table>): Promise<number>;
}

export interface Command extends Description {
  readonly options: Options;
  run(words: readonly string[]): Promise<number>;
}

export function defineCommand<const Table extends Options>(definition: Definition<Table>): Command {
  return { ...definition, run: (words) => definition.run(parseWords(definition, words)) };
}

export function parseWords<Table extends Options>(
  { name, call, options, tail }: Pick<Definition<Table>, "name" | "call" | "options" | "tail">,
  words: readonly string[],
): Words<Table> {
  const at = tail === undefined ? -1 : words.findIndex((word) => word.split("=")[0] === `--${tail}`);
  try {
    const { values, positionals } = parseArgs({
      args: [...(at < 0 ? words : words.slice(0, at))],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([option, { value, short, repeats }]) => [
          option,
          {
            type: value === undefined ? ("boolean" as const) : ("string" as const),
            ...(short === undefined ? {} : { short }),
            ...(repeats === undefined ? {} : { multiple: true }),
          },
        ]),
      ),
    });
    return {
      values: values as Words<Table>["values"],
      positionals,
      all: words,
      tail: at < 0 ? undefined : words.slice(at),
    };
  } catch (error) {
    throw usageError(call ?? `skerry ${name}`, Object.keys(options), error);
  }
}

/** Node's own words for a wrong option are clear; they get a hint. */
function usageError(call: string, known: readonly string[], error: unknown): UserError {
  const message = error instanceof Error ? error.message.split(".")[0]! : String(error);
  const unknown = /^Unknown option '--([^'=]+)'/.exec(message)?.[1];
  const meant = unknown === undefined ? undefined : nearest(unknown, known);
  const see = `see ${call} --help`;
  return new UserError(
    "usage",
    message.replace(/^Unknown option '([^']+)'/, `${call} has no option $1`),
    meant === undefined ? see : `did you mean --${meant}? ${see}`,
  );
}

/** The one word that a command acts on; `example` shows what it may be. */
export function onlyWord(
  command: string,
  what: string,
  example: string,
  positionals: readonly string[],
): string {
  const [word, ...more] = positionals;
  if (word === undefined || word === "") {
    throw new UserError(
      "usage",
      `skerry ${command} needs ${/^[AEIOU]/.test(what) ? "an" : "a"} ${what}`,
      `for instance: skerry ${command} ${example}`,
    );
  }
  refuseMore(command, `one ${what}`, more);
  return word;
}

export function refuseMore(command: string, what: string, more: readonly string[]): void {
  if (more.length === 0) return;
  throw new UserError(
    "usage",
    `skerry ${command} takes ${what}, but there is also "${more.join(" ")}"`,
    `see skerry ${command} --help`,
  );
}

/** `text`, if it is one of `names`. */
export function oneOf<Name extends string>(kind: string, names: readonly Name[], text: string): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UserError("usage", `there is no ${kind} "${text}"`, `${kind}s are: ${names.join(", ")}`);
}
