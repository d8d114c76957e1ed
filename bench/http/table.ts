/** The table of one rate: medians over rounds, ratios to the base and to the C server. */
import { median } from "../network/host.ts";
import { publish } from "../report/table.ts";
import type { Turn } from "./measure.ts";
import { BASE, C_SERVER } from "./servers.ts";

/** Answered less than this part: the server does not hold the rate. */
const HELD = 0.98;
const COLUMNS = [
  { head: "CPU us", digits: 2 },
  { head: "/node", digits: 2 },
  { head: "/C", digits: 2 },
  { head: "user", digits: 2 },
  { head: "kernel", digits: 2 },
  { head: "softirq", digits: 2 },
  { head: "answered/s" },
  { head: "p50 us" },
  { head: "p99 us" },
  { head: "failed" },
  { head: "others %" },
];

export const costOf = ({ cost }: Turn): number => cost.userUs + cost.kernelUs + cost.softirqUs;

export function publishTurns(
  title: string,
  turns: ReadonlyMap<string, readonly Turn[]>,
  asked: number,
): void {
  const cost = (name: string): number => median((turns.get(name) ?? []).map(costOf));
  const rows = [...turns].map(([name, rounds]) => {
    const of = (value: (turn: Turn) => number): number => median(rounds.map(value));
    const rate = of(({ perSecond }) => perSecond);
    return {
      name: `${name}${rate < asked * HELD ? " *" : ""}`,
      cells: [
        cost(name),
        cost(name) / cost(BASE),
        cost(name) / cost(C_SERVER),
        of((turn) => turn.cost.userUs),
        of((turn) => turn.cost.kernelUs),
        of((turn) => turn.cost.softirqUs),
        rate,
        of((turn) => turn.p50Us),
        of((turn) => turn.p99Us),
        rounds.reduce((sum, turn) => sum + turn.failed, 0),
        of((turn) => turn.cost.othersUs) * 100,
      ],
    };
  });
  publish({
    title: `${title}, medians of ${[...turns.values()][0]?.length ?? 0} rounds, for each request`,
    columns: COLUMNS,
    rows,
    chart: { columns: ["CPU us"], better: "less" },
    notes: ["* does not hold the rate: its figures are those of a busy processor"],
  });
}
