/**
 * `npm run bench:http`: CPU time per request at a fixed rate, hosted Skerry beside `node:http`, one after the other in
 * one run, several times. Options: --rate N (per second), --seconds N, --rounds N.
 */
import path from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { parseArgs } from "node:util";
import { once } from "node:events";
import { applyLoad, type LoadResult } from "./load.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "10000" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
  },
});

interface Server {
  readonly name: string;
  readonly command: (port: number) => string[];
}

const skerry = (entry: string) => (port: number) => [
  path.join(ROOT, "bin/skerry.js"),
  "run",
  path.join(ROOT, entry),
  "-p",
  `${port}:80`,
];
const SERVERS: Readonly<Record<string, readonly Server[]>> = {
  hello: [
    { name: "node:http", command: (port) => [path.join(ROOT, "bench/servers/hello.mjs"), String(port)] },
    { name: "skerry js (hosted)", command: skerry("bench/servers/hello.ts") },
    { name: "skerry native (hosted)", command: skerry("examples/http-native/main.ts") },
  ],
  json: [
    { name: "node:http", command: (port) => [path.join(ROOT, "bench/servers/json.mjs"), String(port)] },
    { name: "skerry js (hosted)", command: skerry("bench/servers/json.ts") },
  ],
};

let nextPort = 18_100;

async function measure(server: Server): Promise<LoadResult> {
  const port = nextPort++;
  const child = spawn(process.execPath, server.command(port), { stdio: ["ignore", "pipe", "pipe"] });
  try {
    await listening(child);
    return await applyLoad({
      port,
      path: "/users/42?verbose=1",
      perSecond: Number(values.rate),
      connections: 32,
      warmUpMs: 2000,
      durationMs: Number(values.seconds) * 1000,
      serverPid: child.pid!,
    });
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const look = (bytes: Buffer) => {
      text += bytes.toString();
      if (text.includes("listening on")) resolve();
    };
    child.stdout!.on("data", look);
    child.stderr!.on("data", look);
    child.once("exit", () => reject(new Error(`the server did not start:\n${text}`)));
  });
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

for (const [handler, servers] of Object.entries(SERVERS)) {
  const results = new Map<string, LoadResult[]>(servers.map((server) => [server.name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const server of servers) results.get(server.name)!.push(await measure(server));
  }
  const base = median(results.get("node:http")!.map((each) => each.cpuPerRequestUs));
  console.log(`\n${handler}, ${values.rate} requests/s asked, median of ${values.rounds} rounds`);
  console.log("server                     CPU us/request   ratio   answered/s   p50 us   p99 us   failed");
  for (const [name, rounds] of results) {
    const cpu = median(rounds.map((each) => each.cpuPerRequestUs));
    const cells = [
      name.padEnd(24),
      cpu.toFixed(1).padStart(16),
      (cpu / base).toFixed(2).padStart(7),
      median(rounds.map((each) => each.perSecond))
        .toFixed(0)
        .padStart(12),
      median(rounds.map((each) => each.p50Us))
        .toFixed(0)
        .padStart(8),
      median(rounds.map((each) => each.p99Us))
        .toFixed(0)
        .padStart(8),
      String(rounds.reduce((sum, each) => sum + each.failed, 0)).padStart(8),
    ];
    console.log(cells.join(" "));
  }
}
