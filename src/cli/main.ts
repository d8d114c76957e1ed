/** The command line: finds the command, runs it, turns errors into one clear message and an exit status. */
import { UserError } from "../image/user-error.ts";
import { nearest } from "../library/nearest.ts";
import type { Command } from "./command.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { explainFull } from "./open-files.ts";
import { endProgress, printJson } from "./output.ts";
import { styled } from "./terminal.ts";
import { VERSION } from "../library/version.ts";

const USAGE_STATUS = 2;
const BUG_STATUS = 70;
/** EX_IOERR. */
const OUTPUT_STATUS = 74;

/** In the order of help. Each is loaded when it is called: a list of machines has no use for a compiler. */
const COMMANDS = {
  init: async () => (await import("./init.ts")).init,
  run: async () => (await import("./run.ts")).run,
  dev: async () => (await import("./dev.ts")).dev,
  build: async () => (await import("./build.ts")).build,
  inspect: async () => (await import("./inspect.ts")).inspect,
  compare: async () => (await import("./compare.ts")).compare,
  ps: async () => (await import("./ps.ts")).ps,
  logs: async () => (await import("./logs.ts")).logs,
  stop: async () => (await import("./stop.ts")).stop,
  compile: async () => (await import("./compile.ts")).compile,
} as const satisfies Record<string, () => Promise<Command>>;

export async function main(words: string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(await help(name === "help" ? rest[0] : undefined));
    return name === undefined ? USAGE_STATUS : 0;
  }
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const command = await commandCalled(name);
  const own = command.tail === undefined ? rest : rest.slice(0, tailOf(rest, command.tail));
  if (own.includes("--help") || own.includes("-h")) {
    process.stdout.write(commandHelp(command, process.stdout));
    return 0;
  }
  return command.run(rest);
}

function tailOf(words: readonly string[], tail: string): number {
  const at = words.findIndex((word) => word.split("=")[0] === `--${tail}`);
  return at < 0 ? words.length : at;
}

export async function help(topic: string | undefined): Promise<string> {
  if (topic !== undefined) return commandHelp(await commandCalled(topic), process.stdout);
  return generalHelp(await allCommands(), process.stdout);
}

/** In the order of help. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}

function commandCalled(name: string): Promise<Command> {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name as keyof typeof COMMANDS]();
  const names = Object.keys(COMMANDS);
  const meant = nearest(name, names);
  throw new UserError(
    "usage",
    `there is no command "${name}"`,
    `${meant === undefined ? "" : `did you mean ${meant}? `}commands are: ${names.join(", ")}; see skerry --help`,
  );
}

/** Runs `main` for this process. */
export async function runProcess(): Promise<void> {
  const words = process.argv.slice(2);
  process.stdout.once("error", endWithoutOutput);
  const invokeAt = tailOf(words, "invoke");
  const json = words.slice(0, invokeAt).includes("--json");
  try {
    process.exitCode = await main(words);
  } catch (thrown) {
    const error = explainFull(thrown);
    process.exitCode = error instanceof UserError ? USAGE_STATUS : BUG_STATUS;
    endProgress();
    if (json) printJson({ event: "error", ...describe(error) });
    else process.stderr.write(explain(error));
  }
}

/** Whoever read is gone, or the disk is full. Machines end with this process. */
function endWithoutOutput(error: NodeJS.ErrnoException): void {
  const said = new UserError("output", `standard output cannot be written: ${error.message}`);
  if (error.code !== "EPIPE") process.stderr.write(explain(said));
  process.exit(OUTPUT_STATUS);
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof UserError)) return { code: "bug", message: String(error) };
  return { code: error.code, message: error.message, hint: error.hint };
}

/** As the user reads it. */
export function explain(error: unknown): string {
  if (error instanceof UserError) {
    const hint = error.hint === undefined ? "" : `  ${error.hint}\n`;
    return `${styled(process.stderr, "red", "skerry:")} ${error.message}\n${hint}`;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `skerry: this is a bug in Skerry, please report it\n${trace}\n`;
}
