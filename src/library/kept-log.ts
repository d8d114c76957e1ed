/**
 * What a machine's console said, kept to a bound, and heard as it comes.
 *
 * Tests: kept-log.test.ts
 */
import type { LogLine, MachineLog } from "./machine-log.ts";

const KEPT_LIMIT = 1024 * 1024;
const NAMES = { 1: "output", 2: "errors" } as const;

export class KeptLog implements MachineLog {
  #text = "";
  readonly #lines: LogLine[] = [];
  /** Lines that were let go, so that readers know where they are. */
  #gone = 0;
  #keptLength = 0;
  readonly #begun: { 1: string; 2: string } = { 1: "", 2: "" };
  #isEnded = false;
  #wake: (() => void)[] = [];

  get text(): string {
    return this.#text;
  }

  push(stream: 1 | 2, piece: string): void {
    this.#text = (this.#text + piece).slice(-KEPT_LIMIT);
    const [first, ...rest] = piece.split("\n");
    this.#begun[stream] += first!;
    for (const next of rest) {
      this.#add({ stream: NAMES[stream], text: this.#begun[stream] });
      this.#begun[stream] = next;
    }
    this.#begun[stream] = this.#begun[stream].slice(-KEPT_LIMIT);
    this.#rouse();
  }

  end(): void {
    for (const stream of [1, 2] as const) {
      if (this.#begun[stream] !== "") this.#add({ stream: NAMES[stream], text: this.#begun[stream] });
      this.#begun[stream] = "";
    }
    this.#isEnded = true;
    this.#rouse();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogLine, undefined> {
    for (let next = this.#gone; ; next++) {
      while (next >= this.#gone + this.#lines.length) {
        if (this.#isEnded) return undefined;
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
      next = Math.max(next, this.#gone);
      yield this.#lines[next - this.#gone]!;
    }
  }

  #add(line: LogLine): void {
    this.#lines.push(line);
    this.#keptLength += line.text.length + 1;
    while (this.#keptLength > KEPT_LIMIT && this.#lines.length > 1) {
      this.#keptLength -= this.#lines.shift()!.text.length + 1;
      this.#gone++;
    }
  }

  #rouse(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }
}
