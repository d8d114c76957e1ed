/** A server that starts again when its source is saved: what is asked until the answer shows the change. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { freePort } from "../../tools/free-port.ts";

const PAUSE_MS = 2;
const LIMIT_MS = 60_000;

export interface WatchedProgram {
  readonly name: string;
  readonly file: string;
  /** Answers a word that stands in it once. */
  readonly source: string;
  /** Node's words. The port is in the environment, too. */
  words(file: string, port: number): readonly string[];
}

export class WatchedServer {
  readonly name: string;
  readonly #file: string;
  readonly #port: number;
  readonly #source: string;
  readonly #word: string;
  readonly #child: ChildProcess;
  #said = "";

  private constructor({ name, source, words }: WatchedProgram, file: string, port: number, word: string) {
    this.name = name;
    this.#file = file;
    this.#port = port;
    this.#source = source;
    this.#word = word;
    writeFileSync(file, source);
    this.#child = spawn(process.execPath, words(file, port), {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PORT: String(port) },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on("data", (bytes: Buffer) => (this.#said += bytes.toString()));
    }
  }

  /** Resolves when it answers `word`. */
  static async start(program: WatchedProgram, folder: string, word: string): Promise<WatchedServer> {
    const server = new WatchedServer(program, path.join(folder, program.file), await freePort(), word);
    await server.#until(word);
    return server;
  }

  /** Saves the program with another word; the milliseconds until that is answered. */
  async save(word: string): Promise<number> {
    const startedAt = performance.now();
    writeFileSync(this.#file, this.#source.replace(this.#word, word));
    await this.#until(word);
    return performance.now() - startedAt;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGINT");
    await once(this.#child, "exit");
  }

  async #until(word: string): Promise<void> {
    const limit = performance.now() + LIMIT_MS;
    while ((await answerOf(this.#port)) !== word) {
      if (this.#child.exitCode !== null || performance.now() > limit) {
        throw new Error(`${this.name} does not answer "${word}":\n${this.#said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Undefined while nobody listens. */
function answerOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.once("close", () => resolve(text));
    });
    request.once("error", () => resolve(undefined));
  });
}
