/** The benchmark's client (`client.c`): requests at a fixed rate, and what became of them. */
import { spawn } from "node:child_process";

export interface Load {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly connections: number;
  /** Sent but not counted, before the measurement. */
  readonly warmUpMs: number;
  readonly countedMs: number;
  /** Slept each millisecond, for what else the machine has to do. */
  readonly napUs: number;
}

export interface Answers {
  readonly answered: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** What `beside` printed while the load was on, and what became of the load. */
export interface Heard {
  readonly answers: Answers;
  readonly beside: string;
}

/** `command` gives the words that run the client in its place; `beside` is run when the warm-up is over. */
export async function applyLoad(
  client: string,
  load: Load,
  command: (words: readonly string[]) => readonly string[],
  beside: readonly string[] = [],
): Promise<Heard> {
  const { address, port, path, perSecond, connections, warmUpMs, countedMs, napUs } = load;
  const numbers = [perSecond, connections, warmUpMs, countedMs, napUs].map(String);
  const [first, ...rest] = command([client, address, String(port), path, ...numbers, ...beside]);
  const child = spawn(first!, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let [text, complaint] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
  const status = await new Promise((resolve) => child.once("close", resolve));
  if (status !== 0) throw new Error(complaint.trim() || `the client ended with status ${String(status)}`);
  const lines = text.trim().split("\n");
  return { answers: JSON.parse(lines.at(-1)!) as Answers, beside: lines.slice(0, -1).join("\n") };
}
