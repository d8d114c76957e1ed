/**
 * `npm run bench:bulk`: one TCP connection that moves what it can, each way, between Linux and Skerry beside Linux and
 * Linux. Side by side: in each round every row has its turn.
 *
 * Linux to Linux is over veth, ours over TAP: a Linux process cannot stand behind a TAP device. Both carry up to 64 KiB
 * of TCP in a frame and leave checksums out; in the rows "without offloads" the devices do neither. Behind the gateway
 * there are two connections, of Linux's end to the gateway and of that to the machine.
 */
import { compileC } from "../network/c-program.ts";
import { prepareGround } from "../network/ground.ts";
import { median, printHost } from "../network/host.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { settleHarness } from "../network/processors.ts";
import { publish, type Column } from "../report/table.ts";
import { KVM, KVM_GATEWAY, LINUX, PROCESS, PROCESS_GATEWAY, type Peer } from "./peers.ts";
import { DIRECTIONS, transfer, type Direction } from "./transfer.ts";
import { scriptWords } from "../../tools/script-words.ts";

const words = scriptWords({
  name: "bench:bulk",
  about: [
    "Throughput of one TCP connection each way, compared with Linux to Linux, in namespaces of its own. Needs root.",
  ],
  options: {
    rounds: { value: "N", default: "5", help: "transfers of each, in turns" },
    seconds: { value: "N", default: "2", help: "measured of each" },
    only: { value: "TEXT", default: "", help: "Linux, and rows whose name contains it" },
  },
  examples: ["", "--only process --rounds 9"],
});
const rounds = words.number("rounds");

const WARM_UP_MS = 500;
const OFFLOADS = ["tso", "gso", "gro", "tx"];

interface Row {
  readonly name: string;
  readonly peer: Peer;
  readonly without: readonly string[];
  /** The row that it is compared with. */
  readonly base: string;
  readonly rates: Record<Direction, number[]>;
}

const row = (peer: Peer, hasOffloads: boolean): Row => {
  const suffix = hasOffloads ? "" : ", without offloads";
  return {
    name: peer.name + suffix,
    peer,
    without: hasOffloads ? [] : OFFLOADS,
    base: LINUX.name + suffix,
    rates: { send: [], receive: [] },
  };
};

const problem = whyNoNamespaces();
if (problem !== undefined) throw new Error(`bench:bulk ${problem}`);
const rows = [
  row(LINUX, true),
  row(PROCESS, true),
  row(PROCESS_GATEWAY, true),
  row(KVM, true),
  row(KVM_GATEWAY, true),
  row(LINUX, false),
  row(PROCESS, false),
].filter(({ name, base, peer }) => {
  const reason = peer.problem?.();
  if (reason !== undefined) console.log(`left out: ${name}: ${reason}`);
  return reason === undefined && (name === base || name.includes(words.text("only")));
});
printHost();
settleHarness();
const program = compileC("bulk/peer.c");
const span = { warmUpMs: WARM_UP_MS, countedMs: words.number("seconds") * 1000 };
for (let round = 0; round < rounds; round++) {
  for (const { name, peer, without, rates } of rows) {
    process.stderr.write(`round ${round + 1}: ${name}\n`);
    const ground = await prepareGround(peer.stands, { steer: false, without });
    const found = await transfer(peer, program, ground, DIRECTIONS, span);
    for (const [direction, rate] of found) rates[direction].push(rate);
  }
}

const gigabits = (rate: number): number => (rate * 8) / 1e9;
const direction = (head: string): readonly Column[] => [
  { head: `${head}, Gbit/s`, digits: 2 },
  { head: "/Linux", digits: 2 },
];
publish({
  title: `one connection, medians of ${rounds} rounds`,
  columns: [...direction("to it"), ...direction("from it")],
  rows: rows.map(({ name, base, rates }) => {
    const linux = rows.find((one) => one.name === base)!;
    return {
      name,
      cells: DIRECTIONS.flatMap((each) => {
        const rate = median(rates[each]);
        return [gigabits(rate), rate / median(linux.rates[each])];
      }),
    };
  }),
  chart: { columns: ["to it, Gbit/s", "from it, Gbit/s"], better: "more" },
});
