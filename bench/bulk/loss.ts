/**
 * `npm run bench:loss`: throughput of one TCP connection against the rate of loss, Skerry's end beside Linux's, over
 * the same cable: a relay that loses by chance with a seed, delays, and keeps to a line's rate.
 *
 * Both Linux ends use CUBIC. "to" tests the receiver under test, "from" its sender.
 */
import { compileC } from "../network/c-program.ts";
import { median, printHost } from "../network/host.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { settleHarness } from "../network/processors.ts";
import { prepareLossyGround, type Cable } from "./lossy-ground.ts";
import { publish, type TableRow } from "../report/table.ts";
import { LINUX, PROCESS } from "./peers.ts";
import { DIRECTIONS, transfer, type Direction } from "./transfer.ts";
import { scriptWords } from "../../tools/script-words.ts";

const words = scriptWords({
  name: "bench:loss",
  about: [
    "Throughput of one TCP connection over a path that loses packets, compared with Linux's own. Needs root.",
  ],
  options: {
    rounds: { value: "N", default: "3", help: "transfers of each, in turns" },
    seconds: { value: "N", default: "5", help: "measured of each" },
    loss: { value: "N,...", default: "0,0.1,1,3,5", help: "per cent of packets lost" },
    delay: { value: "MS", default: "5", help: "each way" },
    rate: { value: "MBIT", default: "100", help: "the line's rate, a second" },
  },
  examples: ["", "--loss 1 --rounds 10"],
});
const [rounds, delayMs, rateMbit] = [words.number("rounds"), words.number("delay"), words.number("rate")];

const WARM_UP_MS = 1000;
const PEERS = [LINUX, PROCESS];

const problem = whyNoNamespaces();
if (problem !== undefined) throw new Error(`bench:loss ${problem}`);
printHost();
settleHarness();
const program = compileC("bulk/peer.c");
const relay = compileC("bulk/relay.c");
const [delayUs, bitsPerSecond] = [delayMs * 1000, rateMbit * 1e6];
/** What fits the way there and back: a router's usual queue. */
const queueBytes = Math.round((bitsPerSecond / 8) * ((2 * delayUs) / 1e6));
const span = { warmUpMs: WARM_UP_MS, countedMs: words.number("seconds") * 1000 };

async function measure(percent: number): Promise<Map<string, Record<Direction, number[]>>> {
  const rates = new Map(PEERS.map(({ name }) => [name, { send: [] as number[], receive: [] as number[] }]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of PEERS) {
      for (const direction of DIRECTIONS) {
        process.stderr.write(`${percent} %, round ${round + 1}: ${peer.name}, ${direction}\n`);
        const cable: Cable = { lossPpm: percent * 1e4, delayUs, bitsPerSecond, queueBytes, seed: round + 1 };
        const ground = await prepareLossyGround(relay, peer.stands, cable);
        const found = await transfer(peer, program, ground, [direction], span);
        rates.get(peer.name)![direction].push(found.get(direction)!);
      }
    }
  }
  return rates;
}

const COLUMNS = ["to", "from"].flatMap((direction) => [
  { head: `${direction} Linux`, digits: 1 },
  { head: `${direction} Skerry`, digits: 1 },
  { head: "ratio", digits: 2 },
]);
const rows: TableRow[] = [];
for (const percent of words.numbers("loss")) {
  const rates = await measure(percent);
  const cells = DIRECTIONS.flatMap((direction) => {
    const [linux, skerry] = PEERS.map(({ name }) => (median(rates.get(name)![direction]) * 8) / 1e6);
    return [linux, skerry, skerry! / linux!];
  });
  rows.push({ name: `${percent} % lost`, cells });
}
publish({
  title: `Mbit/s at ${rateMbit} Mbit/s, ${delayMs} ms each way, medians of ${rounds} rounds`,
  columns: COLUMNS,
  rows,
  chart: { columns: ["to Linux", "to Skerry", "from Linux", "from Skerry"], better: "more" },
});
