/** The command line: finds the command, runs it, turns errors into one clear message and an exit status. */
import { UserError } from "../image/user-error.ts";
import { build } from "./build.ts";
import { compile } from "./compile.ts";
import { dev } from "./dev.ts";
import { inspect } from "./inspect.ts";
import { run } from "./run.ts";
import { GENERAL_HELP, HELP } from "./help.ts";
import { VERSION } from "./version.ts";

const USAGE_STATUS = 2;
const BUG_STATUS = 70;

const COMMANDS: ReadonlyMap<string, (words: string[]) => Promise<number>> = new Map([
  ["run", run],
  ["dev", dev],
  ["compile", compile],
  ["build", build],
  ["inspect", inspect],
]);

export async function main(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const topic = name === "help" ? rest[0] : undefined;
    if (topic !== undefined) commandCalled(topic);
    process.stdout.write(topic === undefined ? GENERAL_HELP : HELP[topic]!);
    return name === undefined ? USAGE_STATUS : 0;
  }
  if (name === "--version") {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const command = commandCalled(name);
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(HELP[name]!);
    return 0;
  }
  return command(rest);
}

function commandCalled(name: string): (words: string[]) => Promise<number> {
  const command = COMMANDS.get(name);
  if (command !== undefined) return command;
  const known = [...COMMANDS.keys()].join(", ");
  throw new UserError("usage", `there is no command "${name}"`, `commands are: ${known}; see skerry --help`);
}

/** Runs `main` for this process. */
export async function runProcess(): Promise<void> {
  const words = process.argv.slice(2);
  const json = words.includes("--json");
  try {
    process.exitCode = await main(words);
  } catch (error) {
    process.exitCode = error instanceof UserError ? USAGE_STATUS : BUG_STATUS;
    if (json) process.stdout.write(`${JSON.stringify({ event: "error", ...describe(error) })}\n`);
    else process.stderr.write(explain(error));
  }
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof UserError)) return { code: "bug", message: String(error) };
  return { code: error.code, message: error.message, hint: error.hint };
}

function explain(error: unknown): string {
  if (error instanceof UserError) {
    const hint = error.hint === undefined ? "" : `  ${error.hint}\n`;
    return `skerry: ${error.message}\n${hint}`;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `skerry: this is a bug in Skerry, please report it\n${trace}\n`;
}
