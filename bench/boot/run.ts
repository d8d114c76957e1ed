/**
 * `npm run bench:boot`: the time from the launcher's start to the first HTTP response, of images of ours beside Node on
 * the host and Node in Linux. Options: --rounds N, --only PART of a row's name, --skip-memory.
 */
import os from "node:os";
import { parseArgs } from "node:util";
import { findQemu, qemuFacts, type QemuFacts } from "../../src/targets/qemu/probe.ts";
import { commandRows } from "./command-line.ts";
import { emptyGuestRows } from "./empty-guest.ts";
import { gatewayRows } from "./gateway-start.ts";
import { hostNodeRows } from "./host-node.ts";
import { linuxRows } from "./linux/rows.ts";
import { figuresOf, measure, smallestMemory, type Measured } from "./measure.ts";
import { joinRows, type Absent, type MemoryChoice, type Rows } from "./row.ts";
import { skerryRows } from "./skerry.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    only: { type: "string", default: "" },
    "skip-memory": { type: "boolean", default: false },
  },
});

const MIB = 1024 * 1024;
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

function printTable(measured: readonly Measured[]): void {
  const base = figuresOf(measured[0]?.samples ?? []).medianMs;
  const head = ["wall ms", "middle half", "ratio", "processor ms", "resident MB", "image KB", "rounds"];
  const widths = [10, 20, 8, 14, 13, 11, 8];
  const line = (name: string, cells: readonly string[]): void =>
    console.log(name.padEnd(34) + cells.map((cell, index) => cell.padStart(widths[index]!)).join(""));
  line("", head);
  for (const { row, samples } of measured) {
    const { count, medianMs, quartilesMs, cost } = figuresOf(samples);
    line(row.name, [
      medianMs.toFixed(1),
      quartilesMs.map((each) => each.toFixed(1)).join(" - "),
      (medianMs / base).toFixed(2),
      cost?.processorMs.toFixed(1) ?? "-",
      cost === undefined ? "-" : (cost.residentBytes / 1e6).toFixed(1),
      row.imageBytes === undefined ? "-" : (row.imageBytes / 1024).toFixed(1),
      String(count),
    ]);
  }
}

/** One row of each name is asked, and only one that was seen to answer. */
function memoryChoices(measured: readonly Measured[]): MemoryChoice[] {
  const choices = new Map<string, MemoryChoice>();
  for (const { row } of measured) {
    if (row.memory !== undefined && !choices.has(row.memory.name)) choices.set(row.memory.name, row.memory);
  }
  return [...choices.values()];
}

function printHost(facts: QemuFacts | undefined): void {
  const qemu = facts === undefined ? "no QEMU" : `QEMU ${facts.version.join(".")}`;
  const memory = `${Math.round(os.totalmem() / MIB)} MiB`;
  const load = `load ${os.loadavg()[0]!.toFixed(1)}`;
  const processors = `${os.cpus().length} processors (${os.cpus()[0]?.model.trim() ?? "unknown"})`;
  console.log(`${processors}, ${memory}, ${load}, Node ${process.version}, ${qemu}\n`);
}

const file = findQemu();
const facts = file === undefined ? undefined : await qemuFacts(file);
say("building images");
const { rows, absent: missing } = await allRows(facts);
const chosen = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  all.filter(({ name }) => name.includes(values.only));
const { measured, absent } = await measure(chosen(rows), Number(values.rounds), say);

printHost(facts);
printTable(measured);
const leftOut: readonly Absent[] = [...chosen(missing), ...absent];
if (leftOut.length > 0) console.log("\nleft out:");
for (const { name, why } of leftOut) console.log(`  ${name}: ${why}`);
if (!values["skip-memory"]) {
  console.log("\nsmallest -m that answers, MiB:");
  for (const choice of memoryChoices(measured)) {
    console.log(`  ${choice.name.padEnd(32)}${String(await smallestMemory(choice)).padStart(6)}`);
  }
}
// The bundler's service would keep this process.
process.exit();
