/** A server that is a Node program: from the start of Node to the first response, at the port that it prints. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ChildCost } from "./child-cost.ts";
import { firstSuccess } from "../../src/compare/first-response.ts";
import type { Sample } from "./row.ts";

const LIMIT_MS = 20_000;

/** `port` finds it in what the program prints. */
export async function runSpawned(words: readonly string[], port: RegExp): Promise<Sample> {
  const startedAt = performance.now();
  const cost = new ChildCost();
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  try {
    const found = await new Promise<string>((resolve, reject) => {
      let text = "";
      const hear = (bytes: Buffer): void => {
        text += bytes.toString();
        const match = port.exec(text);
        if (match !== null) resolve(match[1]!);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("close", () => reject(new Error(`did not listen: ${text.trim()}`)));
    });
    await firstSuccess(Number(found), LIMIT_MS);
    const wallMs = performance.now() - startedAt;
    const read = cost.read();
    return { wallMs, ...(read === undefined ? {} : { cost: read }) };
  } finally {
    clearTimeout(timer);
    child.kill();
    await exited;
  }
}
