/** What commands print: lines for people, or one JSON object a line. */
import type { Forward } from "../targets/target.ts";

export interface Output {
  /** The app's console. */
  console(stream: 1 | 2, text: string): void;
  /** Progress and news of the machine. */
  event(name: string, text: string, facts?: Readonly<Record<string, unknown>>): void;
}

export function createOutput(json: boolean): Output {
  return json ? jsonOutput : textOutput;
}

/** News goes to standard error, so that the app's output can be piped alone. */
const textOutput: Output = {
  console(stream, text) {
    (stream === 2 ? process.stderr : process.stdout).write(text);
  },
  event(_name, text) {
    process.stderr.write(`${text}\n`);
  },
};

const jsonOutput: Output = {
  console(stream, text) {
    print({ event: "console", stream: stream === 2 ? "error" : "output", text });
  },
  event(name, _text, facts) {
    print({ event: name, ...facts });
  },
};

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Where a browser finds the guest's HTTP port. */
export function urlOf(forward: Forward): string {
  const { hostAddress, hostPort } = forward;
  const host = hostAddress === "0.0.0.0" || hostAddress === "::" ? "127.0.0.1" : hostAddress;
  return `http://${host.includes(":") ? `[${host}]` : host}:${hostPort}`;
}
