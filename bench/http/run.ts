/**
 * `npm run bench:http`: what a request costs the server's processor at a fixed rate, and how long it takes, of Skerry's
 * targets beside node:http, a C server and nginx. Side by side: in each round every server has its turn.
 *
 * How to read it: ../../README.md
 */
import { compileC } from "../network/c-program.ts";
import { printHost } from "../network/host.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { settleHarness } from "../network/processors.ts";
import { measure, type Asked, type Tools, type Turn } from "./measure.ts";
import { BASE, SERVERS, type Server } from "./servers.ts";
import { publishTurns } from "./table.ts";
import { scriptWords } from "../../tools/script-words.ts";

const words = scriptWords({
  name: "bench:http",
  about: [
    "Processor time for each request at a given rate, softirq included, and latencies: every target, node:http, nginx and " +
      "a C server, in namespaces of their own. Needs root. bench:js does the same with JavaScript handlers.",
  ],
  options: {
    rate: {
      value: "N,...",
      default: "50000,10000",
      help: "requests a second; says where a server does not keep up",
    },
    rounds: { value: "N", default: "5", help: "turns of each server" },
    seconds: { value: "N", default: "3", help: "measured in each turn" },
    only: {
      value: "TEXT,...",
      default: "",
      help: "node:http, and servers whose name contains one of these",
    },
    handler: { value: "NAME,...", default: "native", help: `some of: ${Object.keys(SERVERS).join(", ")}` },
    steer: { help: "each end's processor does the deferred work for what that end receives" },
    share: { help: "the client sleeps a twentieth of the time, for the sake of others on this machine" },
  },
  examples: ["--rounds 1 --rate 50000", "--only process --handler hono"],
});

const WARM_UP_MS = 1000;
const NAP_US = 55;
const GUEST_PORT = 80;
const LOOPBACK_PORT = 18_180;

const only = words.text("only").split(",");
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
  for (let round = 0; round < words.number("rounds"); round++) {
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

const rates = words.numbers("rate");
const names = words.text("handler").split(",");
const handlers = names.map((name) => {
  const all =
    SERVERS[name] ?? words.refuse(`--handler ${name}: there are ${Object.keys(SERVERS).join(", ")}`);
  return { name, servers: all.filter(possible) };
});
const tools = { client: compileC("http/client.c"), meter: compileC("network/meter.c") };
const where = whyNoNamespaces();
printHost();
settleHarness();
if (where !== undefined) console.log(`over loopback, without softirq: ${where}\n`);
for (const { name, servers } of handlers) {
  for (const rate of rates) {
    const asked: Asked = {
      perSecond: Number(rate),
      warmUpMs: WARM_UP_MS,
      countedMs: words.number("seconds") * 1000,
      steer: words.has("steer"),
      napUs: words.has("share") ? NAP_US : 0,
      port: where === undefined ? GUEST_PORT : LOOPBACK_PORT,
    };
    publishTurns(`${name}, ${rate} requests/s asked`, await rounds(servers, tools, asked), asked.perSecond);
  }
}
if (leftOut.size > 0) console.log("\nleft out:");
for (const [name, why] of leftOut) console.log(`  ${name}: ${why}`);
