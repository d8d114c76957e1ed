/** Rows of Node on the host: a server of `node:http`, and Node's own start, which precedes every `skerry run`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Rows, Sample } from "./row.ts";
import { runSpawned } from "./spawned-server.ts";

export const SERVER_FILE = path.join(import.meta.dirname, "server.mjs");

export const hostNodeRows: Rows = {
  rows: [
    { name: "node server.js (node:http)", run: server },
    { name: "node -e 0 (its start alone)", run: nothing },
  ],
  absent: [],
};

function server(): Promise<Sample> {
  return runSpawned([SERVER_FILE, "0", "127.0.0.1"], /listening (\d+)\n/);
}

async function nothing(): Promise<Sample> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return { wallMs: performance.now() - startedAt };
}
