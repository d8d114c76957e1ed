/** node:console: the global console, and `Console` for streams of one's own. */
import { format, inspect } from "./util.ts";

interface Out {
  write(text: string): unknown;
}
interface Options {
  readonly stdout: Out;
  readonly stderr?: Out;
}

const INDENT = "  ";

/** What packages print by; tables are shown as values. */
export class Console {
  readonly #stdout: Out;
  readonly #stderr: Out;
  #indent = "";

  constructor(stdout: Out | Options, stderr?: Out) {
    const given = "stdout" in stdout ? stdout : { stdout, stderr };
    this.#stdout = given.stdout;
    this.#stderr = given.stderr ?? given.stdout;
    // Each is used without its console, too.
    for (const name of ["log", "error", "dir", "assert", "group", "groupEnd"] as const) {
      this[name] = this[name].bind(this) as never;
    }
    this.info = this.debug = this.table = this.log;
    this.warn = this.trace = this.error;
  }

  readonly info: Console["log"];
  readonly debug: Console["log"];
  readonly table: Console["log"];
  readonly warn: Console["error"];
  readonly trace: Console["error"];

  log(...values: unknown[]): void {
    this.#print(this.#stdout, values);
  }

  error(...values: unknown[]): void {
    this.#print(this.#stderr, values);
  }

  dir(value: unknown, options?: Parameters<typeof inspect>[1]): void {
    this.#print(this.#stdout, [inspect(value, options)]);
  }

  assert(isSo: unknown, ...values: unknown[]): void {
    if (!isSo) this.error(...(values.length === 0 ? ["Assertion failed"] : values));
  }

  group(...values: unknown[]): void {
    if (values.length > 0) this.log(...values);
    this.#indent += INDENT;
  }

  groupEnd(): void {
    this.#indent = this.#indent.slice(INDENT.length);
  }

  #print(to: Out, values: readonly unknown[]): void {
    const text = format(...values);
    to.write(`${this.#indent}${this.#indent === "" ? text : text.replaceAll("\n", `\n${this.#indent}`)}\n`);
  }
}

const { assert, debug, dir, error, group, groupEnd, info, log, table, trace, warn } = console;
export { assert, debug, dir, error, group, groupEnd, info, log, table, trace, warn };
export default Object.assign(Object.create(console) as Console, { Console });
