/** What a program that is being started says, until it says what is waited for. */
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

const KEPT_CHARACTERS = 262_144;

export class Spoken {
  readonly #child: ChildProcess;
  #text = "";
  #hear: () => void = () => {};

  constructor(child: ChildProcess, streams: readonly (Readable | null)[]) {
    this.#child = child;
    for (const stream of streams) {
      stream?.on("data", (bytes: Buffer) => {
        this.#text = (this.#text + bytes.toString("latin1")).slice(-KEPT_CHARACTERS);
        this.#hear();
      });
      stream?.on("error", () => {});
    }
  }

  /** The first match. Rejects when the program ends before, or says nothing of the kind for so long. */
  match(pattern: RegExp, limitMs: number): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const fail = (how: string): void => reject(new Error(`${how}${this.#lastLine()}`));
      const timer = setTimeout(() => fail(`did not come up within ${limitMs / 1000} s`), limitMs);
      this.#hear = () => {
        const found = pattern.exec(this.#text);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found);
      };
      this.#child.once("error", (error) => fail(error.message));
      this.#child.once("close", (status, signal) => {
        clearTimeout(timer);
        fail(`ended with ${signal ?? status}`);
      });
      this.#hear();
    });
  }

  /** The last line that sounds like a reason, or else the last: registers and code follow on an emulator's word. */
  #lastLine(): string {
    const lines = this.#text.split("\n").filter((line) => line.trim() !== "");
    const line = lines.findLast((one) => /error|panic|fault|cannot|could not/i.test(one)) ?? lines.at(-1);
    return line === undefined ? "" : `: ${line.trim()}`;
  }
}
