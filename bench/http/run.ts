/**
 * `npm run bench:http`: what a request costs the server's processor at a fixed rate, and how long it takes, of Skerry's
 * targets beside node:http, a C server and nginx. Side by side: in each round every server has its turn.
 *
 *   --rate N[,N...]    requests each second (50000,10000); a rate that a server does not hold is said
 *   --rounds N         (5)         --seconds N  counted in each turn (3)
 *   --only PART[,...]  of servers' names; the base is always there
 *   --handler NAME[,...]  native (default), or handlers in JavaScript: those of `npm run bench:js` and hello
 *   --steer            each end's processor does the deferred work for what that end receives
 *   --share            the client sleeps a twentieth, so that others on this machine get on
 *
 * How to read it: ../../README.md
 */
import { parseArgs } from "node:util";
import { compileC } from "../network/c-program.ts";
import { printHost } from "../network/host.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { settleHarness } from "../network/processors.ts";
import { measure, type Asked, type Tools, type Turn } from "./measure.ts";
import { BASE, SERVERS, type Server } from "./servers.ts";
import { publishTurns } from "./table.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "50000,10000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    handler: { type: "string", default: "native" },
    steer: { type: "boolean", default: false },
    share: { type: "boolean", default: false },
  },
});

const WARM_UP_MS = 1000;
const NAP_US = 55;
const GUEST_PORT = 80;
const LOOPBACK_PORT = 18_180;

const only = values.only.split(",");
const leftOut = new Map<string, string>();
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function possible(server: Server): boolean {
  if (server.name !== BASE && !only.some((part) => server.name.includes(part))) return false;
  const problem = (server.stands === "tap" ? whyNoNamespaces() : undefined) ?? server.problem?.();
  if (problem !== undefined) leftOut.set(server.name, problem);
  return problem === undefined;
}

async function rounds(servers: readonly Server[], tools: Tools, asked: Asked): Promise<Map<string, Turn[]>> {
  const turns = new Map<string, Turn[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const server of servers) {
      if (!turns.has(server.name)) continue;
      say(`${asked.perSecond}/s, round ${round + 1}: ${server.name}`);
      try {
        turns.get(server.name)!.push(await measure(server, tools, asked));
      } catch (error) {
        leftOut.set(server.name, error instanceof Error ? error.message : String(error));
        turns.delete(server.name);
      }
    }
  }
  return turns;
}

const handlers = values.handler.split(",").map((name) => {
  const all = SERVERS[name];
  if (all === undefined) throw new Error(`--handler ${name}: there are ${Object.keys(SERVERS).join(", ")}`);
  return { name, servers: all.filter(possible) };
});
const tools = { client: compileC("http/client.c"), meter: compileC("network/meter.c") };
const where = whyNoNamespaces();
printHost();
settleHarness();
if (where !== undefined) console.log(`over loopback, without softirq: ${where}\n`);
for (const { name, servers } of handlers) {
  for (const rate of values.rate.split(",")) {
    const asked: Asked = {
      perSecond: Number(rate),
      warmUpMs: WARM_UP_MS,
      countedMs: Number(values.seconds) * 1000,
      steer: values.steer,
      napUs: values.share ? NAP_US : 0,
      port: where === undefined ? GUEST_PORT : LOOPBACK_PORT,
    };
    publishTurns(`${name}, ${rate} requests/s asked`, await rounds(servers, tools, asked), asked.perSecond);
  }
}
if (leftOut.size > 0) console.log("\nleft out:");
for (const [name, why] of leftOut) console.log(`  ${name}: ${why}`);
