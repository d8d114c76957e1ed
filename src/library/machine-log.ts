/** What a machine's console said, for who runs it: `kept-log.ts` keeps it. */

/** A line that the app wrote, without its end. */
export interface LogLine {
  readonly stream: "output" | "errors";
  readonly text: string;
}

export interface MachineLog extends AsyncIterable<LogLine> {
  /** All that was said so far, at most the last MiB of it. */
  readonly text: string;
  /** Lines from the first that is kept, until the machine has ended. */
  [Symbol.asyncIterator](): AsyncIterator<LogLine>;
}
