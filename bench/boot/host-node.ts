/** Rows of Node on the host: a server of `node:http`, and Node's own start, which precedes every `skerry run`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { ChildCost } from "./child-cost.ts";
import { firstResponse } from "./first-response.ts";
import type { Rows, Sample } from "./row.ts";

export const SERVER_FILE = path.join(import.meta.dirname, "server.mjs");
const LIMIT_MS = 20_000;

export const hostNodeRows: Rows = {
  rows: [
    { name: "node server.js (node:http)", run: server },
    { name: "node -e 0 (its start alone)", run: nothing },
  ],
  absent: [],
};

async function server(): Promise<Sample> {
  const startedAt = performance.now();
  const cost = new ChildCost();
  const child = spawn(process.execPath, [SERVER_FILE, "0", "127.0.0.1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let text = "";
    for await (const bytes of child.stdout!.iterator({ destroyOnReturn: false })) {
      text += String(bytes);
      if (text.includes("\n")) break;
    }
    const port = Number(/listening (\d+)/.exec(text)?.[1]);
    await firstResponse(port, LIMIT_MS);
    const wallMs = performance.now() - startedAt;
    const read = cost.read();
    return { wallMs, ...(read === undefined ? {} : { cost: read }) };
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

async function nothing(): Promise<Sample> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return { wallMs: performance.now() - startedAt };
}
