/**
 * The words of this project's own scripts, `npm run NAME -- WORDS`: help, defaults, and one message for what is wrong,
 * with status 2.
 *
 * Tests: script-words.test.ts
 */
import { parseWords, type Option } from "../src/cli/command.ts";
import { commandHelp } from "../src/cli/help.ts";
import { explain } from "../src/cli/main.ts";
import { UserError } from "../src/image/user-error.ts";

export interface ScriptOption extends Option {
  /** Of one that takes a value. */
  readonly default?: string;
}

interface Script<Name extends string> {
  /** As package.json has it. */
  readonly name: string;
  /** Words before the options; absent: it takes none. */
  readonly takes?: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly options?: Readonly<Record<Name, ScriptOption>>;
  /** What stands behind `--`. */
  readonly examples?: readonly string[];
}

const USAGE_STATUS = 2;
const HELP = { help: { short: "h", help: "this text" } } as const;

/** Prints help and ends the process where that is asked for, or where a word is wrong. */
export function scriptWords<Name extends string>(
  script: Script<Name>,
  words: readonly string[] = process.argv.slice(2),
): ScriptWords<Name> {
  const { name, takes, about, examples = [""] } = script;
  const given = (script.options ?? {}) as Readonly<Record<string, ScriptOption>>;
  const shown = Object.entries(given).map(([option, row]) => [option, withDefault(row)] as const);
  const call = `npm run ${name} --`;
  const command = { name, call, options: { ...Object.fromEntries(shown), ...HELP } };
  const fail = (error: UserError): never => {
    process.stderr.write(explain(error));
    process.exit(USAGE_STATUS);
  };
  try {
    const { values, positionals } = parseWords(command, words);
    if (values["help"] === true) {
      const usage = [takes === undefined ? "[options]" : `${takes} [options]`];
      const lines = examples.map((example) => (example === "" ? `npm run ${name}` : `${call} ${example}`));
      const help = { ...command, usage, about, examples: lines };
      process.stdout.write(
        commandHelp({ ...help, summary: "", run: () => Promise.resolve(0) }, process.stdout),
      );
      process.exit();
    }
    if (takes === undefined && positionals.length > 0) {
      return fail(new UserError("usage", `${call} takes no "${positionals[0]!}"`, `see ${call} --help`));
    }
    return new ScriptWords(call, given, values, positionals, fail);
  } catch (error) {
    if (error instanceof UserError) return fail(error);
    throw error;
  }
}

function withDefault(option: ScriptOption): Option {
  const { default: usual, ...row } = option;
  return usual === undefined || usual === "" ? row : { ...row, help: `${row.help} (default ${usual})` };
}

class ScriptWords<Name extends string> {
  readonly positionals: readonly string[];
  readonly #call: string;
  readonly #options: Readonly<Record<string, ScriptOption>>;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #fail: (error: UserError) => never;

  constructor(
    call: string,
    options: Readonly<Record<string, ScriptOption>>,
    values: Readonly<Record<string, unknown>>,
    positionals: readonly string[],
    fail: (error: UserError) => never,
  ) {
    this.#call = call;
    this.#options = options;
    this.#values = values;
    this.positionals = positionals;
    this.#fail = fail;
  }

  has(name: Name): boolean {
    return this.#values[name] === true;
  }

  /** Undefined where it is neither given nor has a default. */
  find(name: Name): string | undefined {
    return (this.#values[name] as string | undefined) ?? this.#options[name]!.default;
  }

  /** Of one that has a default. */
  text(name: Name): string {
    return this.find(name)!;
  }

  /** Each time that it was given. */
  all(name: Name): readonly string[] {
    return (this.#values[name] as readonly string[] | undefined) ?? [];
  }

  /** Of one that has a default: not negative. */
  number(name: Name): number {
    return this.#numberOf(name, this.text(name));
  }

  /** Of one that takes several, with commas. */
  numbers(name: Name): readonly number[] {
    return this.text(name)
      .split(",")
      .map((text) => this.#numberOf(name, text));
  }

  /** Of one without a default: `usual` where it is not given. */
  numberOr(name: Name, usual: number): number {
    const text = this.find(name);
    return text === undefined ? usual : this.#numberOf(name, text);
  }

  #numberOf(name: Name, text: string): number {
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
    return this.refuse(`--${name} ${text}: expected a number`);
  }

  /** Ends the process. */
  refuse(message: string): never {
    return this.#fail(new UserError("usage", message, `see ${this.#call} --help`));
  }
}
