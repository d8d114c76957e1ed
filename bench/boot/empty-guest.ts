/** Rows of a guest that only ends: what QEMU itself takes to start and stop, the floor of every machine in it. */
import { once } from "node:events";
import { PrivateFiles } from "../../src/targets/native/private-files.ts";
import { machineWords } from "../../src/targets/qemu/command-line.ts";
import { spawnGuarded } from "../../src/targets/qemu/guard.ts";
import { PROBE_STATUS, probeGuest } from "../../src/targets/qemu/probe-guest.ts";
import type { QemuFacts } from "../../src/targets/qemu/probe.ts";
import { ACCELERATORS, type Accelerator } from "../../src/targets/target.ts";
import type { Rows, Sample } from "./row.ts";

const MEMORY_MIB = 32;

export function emptyGuestRows(facts: QemuFacts): Rows {
  const elf = probeGuest();
  const rows = ACCELERATORS.map((accelerator) => ({
    name: `empty guest, qemu ${accelerator}`,
    imageBytes: elf.length,
    why: facts.problems[accelerator],
    run: () => run(facts, accelerator, elf),
  }));
  return {
    rows: rows.filter(({ why }) => why === null),
    absent: rows.flatMap(({ name, why }) => (why === null ? [] : [{ name, why }])),
  };
}

async function run(facts: QemuFacts, accelerator: Accelerator, elf: Uint8Array): Promise<Sample> {
  const startedAt = performance.now();
  const files = new PrivateFiles();
  try {
    const { version, hasSandbox } = facts;
    const kernelFile = files.write("guest", elf);
    const machine = { machine: "microvm", accelerator, version, hasSandbox, kernelFile } as const;
    const words = machineWords({ ...machine, memoryMiB: MEMORY_MIB });
    const { child } = spawnGuarded(facts.guard, facts.file, words, ["ignore", "ignore"]);
    const [status] = (await once(child, "exit")) as [number | null];
    if (status !== PROBE_STATUS) throw new Error(`QEMU ended with ${status}`);
    return { wallMs: performance.now() - startedAt };
  } finally {
    files.remove();
  }
}
