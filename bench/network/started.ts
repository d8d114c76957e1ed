/** A program beside the benchmark that says when it listens, and ends with the benchmark. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const START_LIMIT_MS = 60_000;
const WORDS_LIMIT = 4096;
/** What our images say by themselves is the latter. */
const READY = /listening on|skerry: started/;

export interface Started {
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startListening(command: readonly string[]): Promise<Started> {
  const words = ["--pdeathsig", "KILL", ...command];
  // A group of its own, so that what it starts ends with it.
  const child = spawn("setpriv", words, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await exited;
  };
  let text = "";
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it never listened")), START_LIMIT_MS);
      const hear = (bytes: Buffer): void => {
        text = (text + bytes.toString()).slice(-WORDS_LIMIT);
        if (!READY.test(text)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("exit", () => {
        clearTimeout(timer);
        reject(new Error(`it ended before it listened: ${text.trim()}`));
      });
    });
    return { pid: child.pid!, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
