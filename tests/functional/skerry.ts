/**
 * Skerry as its user meets it: the command line as a child process, its output, and HTTP to its ports.
 */
import path from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

export const ROOT = path.resolve(import.meta.dirname, "../..");
const START_LIMIT_MS = 180_000;
const END_LIMIT_MS = 60_000;
const LOADER = pathToFileURL(path.join(ROOT, "tools/typescript.mjs")).href;

export interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

export class Skerry {
  readonly child: ChildProcess;
  output = "";
  errors = "";
  /** The first address it listens on, once it says so. */
  url = "";
  /** It has ended, and all that it printed has come. */
  #hasEnded = false;
  readonly #end: Promise<void>;

  /** `prefix`: words of a program that runs the command, as `ip netns exec NAME` does. */
  constructor(words: readonly string[], directory = ROOT, prefix: readonly string[] = []) {
    const command = [...prefix, ...nodeWords("tools/skerry.ts"), ...words];
    this.child = spawn(command[0]!, command.slice(1), { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.on("data", (bytes: Buffer) => (this.output += bytes.toString()));
    this.child.stderr!.on("data", (bytes: Buffer) => (this.errors += bytes.toString()));
    this.#end = once(this.child, "close").then(() => void (this.#hasEnded = true));
  }

  /** Waits until `pattern` stands in what was printed. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const limit = Date.now() + START_LIMIT_MS;
    for (;;) {
      const match = pattern.exec(this.output + this.errors);
      if (match !== null) return match;
      if (this.#hasEnded || Date.now() > limit) {
        throw new Error(
          `never printed ${pattern}; status ${this.child.exitCode}\n${this.output}\n${this.errors}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async listening(): Promise<this> {
    this.url = (await this.printed(/listening on (http:\/\/\S+)/))[1]!;
    return this;
  }

  /** Waits for its end; a process that does not end in time is killed, and its status is null. */
  async ended(): Promise<Ended> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), END_LIMIT_MS);
    await this.#end;
    clearTimeout(timer);
    return { status: this.child.exitCode, output: this.output, errors: this.errors };
  }

  async stop(): Promise<Ended> {
    if (this.child.exitCode === null) this.child.kill("SIGINT");
    return this.ended();
  }
}

/** What starts one of the repository's TypeScript programs in a Node of its own. */
export function nodeWords(file: string): string[] {
  return [process.execPath, "--import", LOADER, path.join(ROOT, file)];
}

/** Runs a command to its end. */
export function skerry(...words: string[]): Promise<Ended> {
  return new Skerry(words).ended();
}

/** Starts a server on a free port and waits until it listens. */
export function serve(entry: string, ...words: string[]): Promise<Skerry> {
  return new Skerry(["run", entry, "-p", "0:80", ...words]).listening();
}
