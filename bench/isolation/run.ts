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
import { MeasuredMachine } from "./measured-machine.ts";

const ENTRIES = ["examples/http-native/main.ts", "examples/hello/server.ts"];
const ROUNDS = 3;
const TENANTS = 1000;
/** Of 512, a machine has room for some 880 tenants of JavaScript. */
const MACHINE_MIB = 640;
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
      requests: accelerator === "kvm" ? 20 : 400,
    })),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function compareFresh(place: Place, entry: string): Promise<void> {
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
  const more_ = target.platform === "process" ? `, ${faults.toFixed(0)} pages` : "";
  console.log(
    `${place.name.padEnd(12)} ${entry.padEnd(30)} shared ${shared.toFixed(3)} ms, request ${fresh.toFixed(3)} ms: ` +
      `a fresh compartment ${(fresh - shared).toFixed(3)} ms${more_}`,
  );
}

async function countTenants(place: Place, entry: string): Promise<void> {
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
  console.log(
    `${place.name.padEnd(12)} ${entry.padEnd(30)} ${TENANTS} tenants ${(after / MIB).toFixed(0)} MiB, ` +
      `${each.toFixed(0)} KiB each; a new one ${ms.toFixed(2)} ms, on the wall`,
  );
}

/** What a server of Node would begin for each request, to have as much apart. */
async function rivals(): Promise<void> {
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
  console.log(`node:worker_threads, a thread: ${median(thread).toFixed(1)} ms of processor time`);
  console.log(`node, a process: ${median(child).toFixed(1)} ms on the wall`);
}

for (const place of await places()) {
  for (const entry of ENTRIES) await compareFresh(place, entry);
  for (const entry of ENTRIES) if (place.name !== "qemu, kvm") await countTenants(place, entry);
}
await rivals();
