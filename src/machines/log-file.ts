/**
 * The log of a machine in the background: JSON lines, in two files that take turns, so that it never grows without end.
 *
 * Tests: log-file.test.ts
 */
import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
} from "node:fs";
import path from "node:path";

export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly stream: "output" | "error";
  readonly text: string;
}

const CURRENT = "log";
const OLDER = "log.1";
const FILE_LIMIT = 2 * 1024 * 1024;
const FOLLOW_MS = 100;
const READ_BYTES = 64 * 1024;

/** Appends to the log in `folder`. One process writes. */
export class LogWriter {
  readonly #file: string;
  readonly #older: string;
  #sizeBytes: number;

  constructor(folder: string) {
    this.#file = path.join(folder, CURRENT);
    this.#older = path.join(folder, OLDER);
    this.#sizeBytes = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** A log that cannot be written (a full disk) must not end the machine. */
  write(entry: LogEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      if (this.#sizeBytes + line.length > FILE_LIMIT && this.#sizeBytes > 0) {
        renameSync(this.#file, this.#older);
        this.#sizeBytes = 0;
      }
      appendFileSync(this.#file, line, { mode: 0o600 });
      this.#sizeBytes += line.length;
    } catch {
      // Lost, and the machine goes on.
    }
  }
}

/** All that is kept, and then what is written until `isOver` says that nothing more will be. */
export async function* readLog(folder: string, isOver: () => boolean): AsyncGenerator<LogEntry, undefined> {
  const reader = new TailReader(path.join(folder, CURRENT));
  try {
    yield* readWhole(path.join(folder, OLDER));
    for (;;) {
      // Asked first: what was written before the end is still read.
      const over = isOver();
      yield* reader.read();
      if (over) return undefined;
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    }
  } finally {
    reader.close();
  }
}

function readWhole(file: string): LogEntry[] {
  try {
    return parseLines(readFileSync(file, "utf8"));
  } catch {
    return [];
  }
}

/** Reads on in a file, and in its successor when it was put aside. */
class TailReader {
  readonly #file: string;
  #descriptor: number | undefined;
  #at = 0;
  #rest = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
    this.#descriptor = this.#open();
  }

  *read(): Generator<LogEntry> {
    this.#descriptor ??= this.#open();
    if (this.#descriptor === undefined) return;
    yield* this.#readAll(this.#descriptor);
    const current = statSync(this.#file, { throwIfNoEntry: false });
    if (current === undefined || current.ino === fstatSync(this.#descriptor).ino) return;
    // Written to the end before it was put aside.
    yield* this.#readAll(this.#descriptor);
    this.close();
    this.#at = 0;
    this.#descriptor = this.#open();
    if (this.#descriptor !== undefined) yield* this.#readAll(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  *#readAll(descriptor: number): Generator<LogEntry> {
    const bytes = Buffer.alloc(READ_BYTES);
    for (let count = 1; count > 0;) {
      count = readSync(descriptor, bytes, 0, bytes.length, this.#at);
      this.#at += count;
      const all = Buffer.concat([this.#rest, bytes.subarray(0, count)]);
      const end = all.lastIndexOf(0x0a) + 1;
      this.#rest = Buffer.from(all.subarray(end));
      yield* parseLines(all.toString("utf8", 0, end));
    }
  }

  #open(): number | undefined {
    try {
      return openSync(this.#file, "r");
    } catch {
      return undefined;
    }
  }
}

function parseLines(text: string): LogEntry[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as LogEntry];
    } catch {
      // Cut off by a kill.
      return [];
    }
  });
}
