/** What commands print: lines for people, or one JSON object a line. */
import { ConsoleText } from "./console-text.ts";
import { StatusLine, styled, type Style } from "./terminal.ts";

export interface Output {
  /** The app's console. */
  console(stream: 1 | 2, text: string): void;
  /** News of the machine. */
  event(name: string, text: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What only a program wants to know. */
  fact(name: string, facts: Readonly<Record<string, unknown>>): void;
  /** What is being done; seen on a terminal only, until the next word. */
  progress(text: string): void;
}

export function createOutput(json: boolean | undefined): Output {
  return json === true ? jsonOutput : textOutput;
}

const status = new StatusLine(process.stderr);

const consoles = { 1: new ConsoleText(), 2: new ConsoleText() } as const;

const STYLES: Readonly<Record<string, Style>> = { listening: "green", warning: "yellow", error: "red" };

/** News goes to standard error, so that the app's output can be piped alone. */
const textOutput: Output = {
  console(stream, text) {
    status.clear();
    const sink = stream === 2 ? process.stderr : process.stdout;
    sink.write(sink.isTTY === true ? consoles[stream].next(text) : text);
  },
  event(name, text) {
    status.clear();
    const style = STYLES[name];
    process.stderr.write(`${style === undefined ? text : styled(process.stderr, style, text)}\n`);
  },
  fact() {},
  progress(text) {
    status.show(text);
  },
};

const jsonOutput: Output = {
  console(stream, text) {
    printJson({ event: "console", stream: stream === 2 ? "error" : "output", text });
  },
  event(name, _text, facts) {
    printJson({ event: name, ...facts });
  },
  fact(name, facts) {
    printJson({ event: name, ...facts });
  },
  progress() {},
};

/** Before an error ends a command. */
export function endProgress(): void {
  status.clear();
}

export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The app is evaluated at each start: why that is. */
export function warnOfSlowStart(why: string | undefined, output: Output): void {
  if (why === undefined) return;
  const text = `warning: the app is evaluated at each start, not when it is built: ${why}`;
  output.event("warning", text, { code: "snapshot", message: why });
}
