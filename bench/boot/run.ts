/**
 * `npm run bench:boot`: the time from the launcher's start to the first HTTP response, of images of ours beside Node on
 * the host and Node in Linux.
 */
import { findQemu, qemuFacts, type QemuFacts } from "../../src/targets/qemu/probe.ts";
import { commandRows } from "./command-line.ts";
import { emptyGuestRows } from "./empty-guest.ts";
import { gatewayRows } from "./gateway-start.ts";
import { hostNodeRows } from "./host-node.ts";
import { linuxRows } from "./linux/rows.ts";
import { figuresOf, measure, smallestMemory, type Measured } from "./measure.ts";
import { printHost } from "../network/host.ts";
import { publish } from "../report/table.ts";
import { joinRows, type Absent, type MemoryChoice, type Rows } from "./row.ts";
import { skerryRows } from "./skerry.ts";
import { scriptWords } from "../../tools/script-words.ts";

const words = scriptWords({
  name: "bench:boot",
  about: [
    "The time from the launcher's start to the first HTTP response: our images, Node on the host, and Node in a Linux virtual machine.",
  ],
  options: {
    rounds: { value: "N", default: "9", help: "starts of each, in turns" },
    only: { value: "TEXT", default: "", help: "rows whose name contains it" },
    "skip-memory": { help: "do not search for the smallest memory" },
  },
  examples: ["", "--rounds 3 --only hello"],
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function allRows(facts: QemuFacts | undefined): Promise<Rows> {
  if (facts === undefined) {
    const absent = ["empty guest", "node in Linux"].map((name) => ({ name, why: "there is no QEMU" }));
    return joinRows([
      { rows: [], absent },
      await skerryRows(undefined),
      gatewayRows,
      commandRows(),
      hostNodeRows,
    ]);
  }
  const ours = [emptyGuestRows(facts), await skerryRows(facts), gatewayRows, commandRows()];
  return joinRows([...ours, hostNodeRows, await linuxRows(facts)]);
}

const COLUMNS = [
  { head: "wall ms", digits: 1 },
  { head: "middle half" },
  { head: "ratio", digits: 2 },
  { head: "processor ms", digits: 1 },
  { head: "resident MB", digits: 1 },
  { head: "image KB", digits: 1 },
  { head: "rounds" },
];

function publishMeasured(measured: readonly Measured[], leftOut: readonly Absent[]): void {
  const base = figuresOf(measured[0]?.samples ?? []).medianMs;
  const rows = measured.map(({ row, samples }) => {
    const { count, medianMs, quartilesMs, cost } = figuresOf(samples);
    return {
      name: row.name,
      cells: [
        medianMs,
        quartilesMs.map((each) => each.toFixed(1)).join(" - "),
        medianMs / base,
        cost?.processorMs,
        cost && cost.residentBytes / 1e6,
        row.imageBytes && row.imageBytes / 1024,
        count,
      ],
    };
  });
  publish({
    title: "from the launcher's start to the first response",
    columns: COLUMNS,
    rows,
    chart: { columns: ["wall ms"], better: "less" },
    notes: leftOut.map(({ name, why }) => `left out: ${name}: ${why}`),
  });
}

async function publishMemory(measured: readonly Measured[]): Promise<void> {
  const rows = [];
  for (const choice of memoryChoices(measured)) {
    rows.push({ name: choice.name, cells: [await smallestMemory(choice)] });
  }
  publish({
    title: "the smallest memory that answers",
    columns: [{ head: "-m MiB" }],
    rows,
    chart: { columns: ["-m MiB"], better: "less" },
  });
}

/** One row of each name is asked, and only one that was seen to answer. */
function memoryChoices(measured: readonly Measured[]): MemoryChoice[] {
  const choices = new Map<string, MemoryChoice>();
  for (const { row } of measured) {
    if (row.memory !== undefined && !choices.has(row.memory.name)) choices.set(row.memory.name, row.memory);
  }
  return [...choices.values()];
}

const file = findQemu();
const facts = file === undefined ? undefined : await qemuFacts(file);
say("building images");
const { rows, absent: missing } = await allRows(facts);
const chosen = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  all.filter(({ name }) => name.includes(words.text("only")));
const { measured, absent } = await measure(chosen(rows), words.number("rounds"), say);

printHost();
publishMeasured(measured, [...chosen(missing), ...absent]);
if (!words.has("skip-memory")) await publishMemory(measured);
// The bundler's service would keep this process.
process.exit();
