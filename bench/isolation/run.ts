/**
 * `npm run bench:isolation`: what a fresh compartment for each request costs, and a thousand tenants, side by side with
 * one shared compartment.
 *
 * Processor time is that of the machine's process, over requests one after the other; the difference to `shared`,
 * measured in turn, is the fresh compartment. The rivals: what Node takes to begin a thread, or a process, that
 * evaluates the same handler.
 */
import path from "node:path";
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import { findQemu, qemuFacts } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import { ACCELERATORS, type MachineOptions, type Target } from "../../src/targets/target.ts";
import { publish, type TableRow } from "../report/table.ts";
import { MeasuredMachine } from "./measured-machine.ts";

const ENTRIES = ["examples/http-native/main.ts", "examples/hello/server.ts"];
const ROUNDS = 3;
const TENANTS = 1000;
const MACHINE_MIB = 512;
const MIB = 2 ** 20;

interface Place {
  readonly name: string;
  readonly target: Target;
  readonly more: Partial<MachineOptions>;
  readonly requests: number;
}

async function places(): Promise<Place[]> {
  const file = findQemu();
  const facts = file === undefined ? undefined : await qemuFacts(file);
  return [
    ...(canRunProcesses() ? [{ name: "process", target: processTarget, more: {}, requests: 2000 }] : []),
    ...ACCELERATORS.filter((accelerator) => facts?.problems[accelerator] === null).map((accelerator) => ({
      name: `qemu, ${accelerator}`,
      target: qemuTarget,
      more: { accelerator, memoryMiB: MACHINE_MIB },
      requests: 400,
    })),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function compareFresh(place: Place, entry: string): Promise<TableRow> {
  const { target, more, requests } = place;
  const file = path.join(PACKAGE_ROOT, entry);
  // Where the host is busy, the machine's clock counts what others ran, too.
  const ways = ["shared", { by: "request", cpuMs: 0 }] as const;
  const machines: MeasuredMachine[] = [];
  // One after the other: each has to find its own process.
  for (const way of ways) machines.push(await MeasuredMachine.start(file, way, target, more));
  const times: number[][] = [[], []];
  let faults = 0;
  for (const machine of machines) await machine.ask(20);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, machine] of machines.entries()) {
      const before = machine.counted();
      await machine.ask(requests);
      const after = machine.counted();
      times[index]!.push((after.cpuMs - before.cpuMs) / requests);
      if (index === 1) faults = (after.faults - before.faults) / requests;
    }
  }
  for (const machine of machines) await machine.stop();
  const [shared, fresh] = times.map(median) as [number, number];
  const pages = target.platform === "process" ? faults : undefined;
  return { name: `skerry ${place.name}, ${entry}`, cells: [shared, fresh, fresh - shared, pages] };
}

async function countTenants(place: Place, entry: string): Promise<TableRow> {
  const file = path.join(PACKAGE_ROOT, entry);
  const isolation = { by: "tenant", key: { header: "x-tenant" }, compartments: TENANTS, cpuMs: 0 } as const;
  const machine = await MeasuredMachine.start(file, isolation, place.target, place.more);
  await machine.ask(1, () => ({ "x-tenant": "first" }));
  const before = machine.counted().privateBytes;
  const begun = performance.now();
  await machine.ask(TENANTS - 1, (index) => ({ "x-tenant": `t${index}` }));
  const ms = (performance.now() - begun) / TENANTS;
  const after = machine.counted().privateBytes;
  await machine.stop();
  const each = (after - before) / (TENANTS - 1) / 1024;
  return { name: `skerry ${place.name}, ${entry}`, cells: [after / MIB, each, ms] };
}

/** What a server of Node would begin for each request, to have as much apart. */
async function rivals(): Promise<TableRow[]> {
  const source = `const handler = (path) => "hello from " + path; process.stdout.write(handler("/there"))`;
  const thread: number[] = [];
  const child: number[] = [];
  for (let count = 0; count < 10; count++) {
    let begun = process.cpuUsage();
    const worker = new Worker(source, { eval: true, stdout: true });
    await once(worker, "exit");
    const used = process.cpuUsage(begun);
    thread.push((used.user + used.system) / 1000);
    begun = process.cpuUsage();
    const wall = performance.now();
    spawnSync(process.execPath, ["-e", source]);
    child.push(performance.now() - wall);
  }
  return [
    { name: "node:worker_threads, a thread", cells: [undefined, undefined, median(thread)] },
    { name: "node, a process (on the wall)", cells: [undefined, undefined, median(child)] },
  ];
}

const [fresh, tenants]: [TableRow[], TableRow[]] = [[], []];
for (const place of await places()) {
  for (const entry of ENTRIES) fresh.push(await compareFresh(place, entry));
  if (place.name === "qemu, kvm") continue;
  for (const entry of ENTRIES) tenants.push(await countTenants(place, entry));
}
publish({
  title: "a request, in ms of processor time: in one shared compartment, and in a fresh one",
  columns: [
    { head: "shared", digits: 3 },
    { head: "request", digits: 3 },
    { head: "the fresh one", digits: 3 },
    { head: "pages" },
  ],
  rows: [...fresh, ...(await rivals())],
  chart: { columns: ["the fresh one"], better: "less" },
});
publish({
  title: `${TENANTS} tenants`,
  columns: [{ head: "MiB" }, { head: "KiB each" }, { head: "a new one, ms on the wall", digits: 2 }],
  rows: tenants,
  chart: { columns: ["KiB each"], better: "less" },
});
