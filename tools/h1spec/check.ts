/**
 * Asks a server over TCP, one connection a case, and says how it took each.
 */
import net from "node:net";
import type { SpecCase, Verdict } from "./cases.ts";

export interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  /** "waits", "closed", or the status of the first response. */
  readonly found: string;
}

/** For the requests that are to be waited for: a server that says nothing for so long waits. */
export const SILENCE_MS = 500;
/** For the others: a server that says nothing for so long is hung, however slow the machine is. */
const ANSWER_LIMIT_MS = 20_000;
const REQUEST_TIMEOUT = 408;

/** Checks all cases at once. */
export function checkServer(
  cases: readonly SpecCase[],
  host: string,
  port: number,
  silenceMs = SILENCE_MS,
  answerMs = ANSWER_LIMIT_MS,
): Promise<readonly Outcome[]> {
  return Promise.all(
    cases.map(async ({ name, request, expected }) => {
      const limitMs = expected === "waits" ? silenceMs : answerMs;
      const found = await firstAnswer(host, port, request, limitMs);
      return { name, found, passed: matches(found, expected) };
    }),
  );
}

function matches(found: string, expected: Verdict): boolean {
  if (expected === "waits") return found === "waits";
  const status = Number(found);
  if (status === REQUEST_TIMEOUT) return false; // it waited for more, and that is no answer to what it had
  return expected.some(([least, most]) => status >= least && status <= most);
}

function firstAnswer(host: string, port: number, request: string, limitMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host, () => socket.write(Buffer.from(request, "latin1")));
    const end = (found: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => end("waits"), limitMs);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (text.includes("\r\n")) end(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? "no HTTP/1.1");
    });
    socket.on("error", () => end("closed"));
    socket.on("close", () => end("closed"));
  });
}
