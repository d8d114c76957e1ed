/** The table of one rate: medians over rounds, ratios to the base and to the C server. */
import { median } from "../network/host.ts";
import type { Turn } from "./measure.ts";
import { BASE, C_SERVER } from "./servers.ts";

/** Answered less than this part: the server does not hold the rate. */
const HELD = 0.98;
const HEADS = [
  "CPU us",
  "/node",
  "/C",
  "user",
  "kernel",
  "softirq",
  "answered/s",
  "p50 us",
  "p99 us",
  "failed",
  "others",
];
const [NAME_WIDTH, CELL_WIDTH] = [26, 10];

export const costOf = ({ cost }: Turn): number => cost.userUs + cost.kernelUs + cost.softirqUs;

export function printTable(title: string, turns: ReadonlyMap<string, readonly Turn[]>, asked: number): void {
  const line = (name: string, cells: readonly string[]): void =>
    console.log(name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join(""));
  const cost = (name: string): number => median((turns.get(name) ?? []).map(costOf));
  console.log(`\n${title}, medians of ${[...turns.values()][0]?.length ?? 0} rounds, for each request`);
  line("", HEADS);
  for (const [name, rounds] of turns) {
    const of = (value: (turn: Turn) => number): number => median(rounds.map(value));
    const rate = of(({ perSecond }) => perSecond);
    line(`${name}${rate < asked * HELD ? " *" : ""}`, [
      cost(name).toFixed(2),
      (cost(name) / cost(BASE)).toFixed(2),
      turns.has(C_SERVER) ? (cost(name) / cost(C_SERVER)).toFixed(2) : "-",
      of((turn) => turn.cost.userUs).toFixed(2),
      of((turn) => turn.cost.kernelUs).toFixed(2),
      of((turn) => turn.cost.softirqUs).toFixed(2),
      rate.toFixed(0),
      of((turn) => turn.p50Us).toFixed(0),
      of((turn) => turn.p99Us).toFixed(0),
      String(rounds.reduce((sum, turn) => sum + turn.failed, 0)),
      `${(of((turn) => turn.cost.othersUs) * 100).toFixed(0)}%`,
    ]);
  }
  console.log("* does not hold the rate: its figures are those of a busy processor");
}
