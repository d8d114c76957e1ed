/**
 * `npm run bench:loss`: throughput of one TCP connection against the rate of loss, Skerry's end beside Linux's, over
 * the same cable: a relay that loses by chance with a seed, delays, and keeps to a line's rate.
 *
 *   --rounds N (3)      --seconds N  counted for each direction (5)
 *   --loss P[,P...]     percent, each way (0,0.1,1,3,5)
 *   --delay MS          each way (5)       --rate MBIT  of the line (100)
 *
 * Both Linux ends use CUBIC. "to" tests the receiver under test, "from" its sender.
 */
import { parseArgs } from "node:util";
import { compileC } from "../network/c-program.ts";
import { median, printHost } from "../network/host.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { settleHarness } from "../network/processors.ts";
import { prepareLossyGround, type Cable } from "./lossy-ground.ts";
import { publish, type TableRow } from "../report/table.ts";
import { LINUX, PROCESS } from "./peers.ts";
import { DIRECTIONS, transfer, type Direction } from "./transfer.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    loss: { type: "string", default: "0,0.1,1,3,5" },
    delay: { type: "string", default: "5" },
    rate: { type: "string", default: "100" },
  },
});

const WARM_UP_MS = 1000;
const PEERS = [LINUX, PROCESS];

const problem = whyNoNamespaces();
if (problem !== undefined) throw new Error(`bench:loss ${problem}`);
printHost();
settleHarness();
const program = compileC("bulk/peer.c");
const relay = compileC("bulk/relay.c");
const [delayUs, bitsPerSecond] = [Number(values.delay) * 1000, Number(values.rate) * 1e6];
/** What fits the way there and back: a router's usual queue. */
const queueBytes = Math.round((bitsPerSecond / 8) * ((2 * delayUs) / 1e6));
const span = { warmUpMs: WARM_UP_MS, countedMs: Number(values.seconds) * 1000 };

async function measure(percent: number): Promise<Map<string, Record<Direction, number[]>>> {
  const rates = new Map(PEERS.map(({ name }) => [name, { send: [] as number[], receive: [] as number[] }]));
  for (let round = 0; round < Number(values.rounds); round++) {
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
for (const percent of values.loss.split(",").map(Number)) {
  const rates = await measure(percent);
  const cells = DIRECTIONS.flatMap((direction) => {
    const [linux, skerry] = PEERS.map(({ name }) => (median(rates.get(name)![direction]) * 8) / 1e6);
    return [linux, skerry, skerry! / linux!];
  });
  rows.push({ name: `${percent} % lost`, cells });
}
publish({
  title: `Mbit/s at ${values.rate} Mbit/s, ${values.delay} ms each way, medians of ${values.rounds} rounds`,
  columns: COLUMNS,
  rows,
  chart: { columns: ["to Linux", "to Skerry", "from Linux", "from Skerry"], better: "more" },
});
