/** `skerry ps`: the machines in the background. */
import { listMachines, type KnownMachine } from "../machines/registry.ts";
import { defineCommand, refuseMore } from "./command.ts";
import { JSON_OPTION } from "./options.ts";
import { printJson } from "./output.ts";
import { columnsOf, styled } from "./terminal.ts";

export const ps = defineCommand({
  name: "ps",
  usage: ["[options]"],
  summary: "list the machines in the background",
  about: [
    "Lists the machines that skerry run -d started: their names, where they run, where they listen, and since when. " +
      "With --all, those that have ended too, until skerry stop NAME forgets them or another takes their name.",
  ],
  options: { all: { short: "a", help: "include those that have ended" }, ...JSON_OPTION },
  examples: ["skerry ps", "skerry ps --all --json"],
  async run({ values, positionals }) {
    refuseMore("ps", "no arguments", positionals);
    const machines = listMachines().filter(({ state }) => values.all === true || state === "running");
    if (values.json === true) machines.forEach((machine) => printJson(factsOf(machine)));
    else process.stdout.write(table(machines));
    return 0;
  },
});

function factsOf({ name, state, target, urls = [], entry, startedAt, exitStatus, attendant }: KnownMachine) {
  return { name, state, target, urls, entry, startedAt, exitStatus, pid: attendant.pid };
}

const TITLES = ["NAME", "STATE", "TARGET", "LISTENS ON", "ENTRY"] as const;

function table(machines: readonly KnownMachine[]): string {
  if (machines.length === 0) return "no machines in the background; start one with skerry run -d\n";
  const rows = machines.map(({ name, target = "", urls = [], entry, ...machine }) => [
    name,
    describeState(machine),
    target,
    urls.join(" "),
    entry,
  ]);
  const all = [TITLES as readonly string[], ...rows];
  const widths = TITLES.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  // What does not fit on a terminal's line is left out, from the right.
  const columns = process.stdout.isTTY === true ? columnsOf(process.stdout) : Infinity;
  let shown = TITLES.length;
  const width = (count: number): number => widths.slice(0, count).reduce((sum, each) => sum + each + 2, -2);
  while (shown > 2 && width(shown) > columns) shown--;
  const lines = all.map((row) =>
    row
      .slice(0, shown)
      .map((text, column) => text.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  return `${[styled(process.stdout, "bold", lines[0]!), ...lines.slice(1)].join("\n")}\n`;
}

function describeState({
  state,
  startedAt,
  exitStatus,
}: Pick<KnownMachine, "state" | "startedAt" | "exitStatus">): string {
  if (state === "running") return `up ${duration(Date.now() - startedAt)}`;
  return exitStatus === undefined ? "was killed" : `ended with ${exitStatus}`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

/** Its largest unit. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [unit, size] = UNITS.find(([, unitSeconds]) => seconds >= unitSeconds) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
