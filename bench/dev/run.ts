/**
 * `npm run bench:dev`: from the save of a source file to the first answer that shows it, of `skerry dev` beside
 * `node --watch`. Side by side: in each round every server has its turn.
 *
 * The client asks again every other millisecond, on a new connection each time.
 */
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { canRunProcesses } from "../../src/targets/process/target.ts";
import { figuresOf } from "../boot/measure.ts";
import type { Sample } from "../boot/row.ts";
import { printHost } from "../network/host.ts";
import { publish } from "../report/table.ts";
import { WatchedServer, type WatchedProgram } from "./watched-server.ts";
import { scriptWords } from "../../tools/script-words.ts";

const words = scriptWords({
  name: "bench:dev",
  about: ["The time from a save to its answer, under skerry dev and under node --watch."],
  options: {
    rounds: { value: "N", default: "15", help: "saves of each, in turns" },
    only: { value: "TEXT", default: "", help: "programs whose name contains it" },
  },
  examples: ["", "--only hello"],
});
const rounds = words.number("rounds");

/** Between two saves: a watcher that is still at the last one would be told of both. */
const PAUSE_MS = 300;
const WORD = "at first";

const SKERRY = path.join(PACKAGE_ROOT, "bin/skerry.js");
const HELLO = `export default { fetch: () => new Response("${WORD}") };\n`;
const HONO = `import { Hono } from "hono";
const app = new Hono();
app.get("/", (c) => c.text("${WORD}"));
export default app;
`;
const NODE = `import http from "node:http";
const server = http.createServer((_request, response) => response.end("${WORD}"));
server.listen(Number(process.env.PORT), "127.0.0.1");
`;

const dev = (target: string) => (file: string, port: number) => [
  SKERRY,
  "dev",
  file,
  "--target",
  target,
  "-p",
  `${port}:80`,
];

const PROGRAMS: readonly WatchedProgram[] = [
  { name: "node --watch (node:http)", file: "node.mjs", source: NODE, words: (file) => ["--watch", file] },
  { name: "skerry dev, hello", file: "hello.ts", source: HELLO, words: dev("node") },
  { name: "skerry dev, Hono", file: "hono.ts", source: HONO, words: dev("node") },
  { name: "skerry dev --target process, hello", file: "process.ts", source: HELLO, words: dev("process") },
];

const leftOut: string[] = [];
const possible = PROGRAMS.filter(({ name }) => {
  if (!name.includes(words.text("only"))) return false;
  if (!name.includes("process") || canRunProcesses()) return true;
  leftOut.push(`left out: ${name}: Linux on x86-64 only`);
  return false;
});

// In the repository, whose packages the programs import.
const folder = mkdtempSync(path.join(PACKAGE_ROOT, "bench/dev/.watched-"));
const servers = new Map<WatchedServer, Sample[]>();
try {
  for (const program of possible) servers.set(await WatchedServer.start(program, folder, WORD), []);
  for (let round = 0; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    for (const [server, samples] of servers) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const wallMs = await server.save(`save ${round}`);
      // The first one warms caches, and is not counted.
      if (round > 0) samples.push({ wallMs });
    }
  }
  printHost();
  publishRows();
} finally {
  for (const server of servers.keys()) await server.stop();
  rmSync(folder, { recursive: true });
}

function publishRows(): void {
  const rows = [...servers].map(([{ name }, samples]) => {
    const { medianMs, quartilesMs } = figuresOf(samples);
    const most = Math.max(...samples.map(({ wallMs }) => wallMs));
    return { name, cells: [medianMs, quartilesMs.map((each) => each.toFixed(0)).join(" - "), most] };
  });
  publish({
    title: "from a save to the first answer that shows it",
    columns: [{ head: "wall ms" }, { head: "middle half" }, { head: "longest" }],
    rows,
    chart: { columns: ["wall ms"], better: "less" },
    notes: leftOut,
  });
}
