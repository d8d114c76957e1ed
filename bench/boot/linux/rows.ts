/** Rows of Node in Linux. What they need is made in the user's cache; where it cannot be had, they say why. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { FORMS, writeGuest, type Form, type LinuxFiles } from "../../../src/compare/linux/guest-files.ts";
import { findKernel, type LinuxKernel } from "../../../src/compare/linux/kernel.ts";
import { startLinux } from "../../../src/compare/linux/machine.ts";
import { firstSuccess } from "../../../src/compare/first-response.ts";
import { userCache } from "../../../src/image/cache.ts";
import type { QemuFacts } from "../../../src/targets/qemu/probe.ts";
import { ACCELERATORS, type Accelerator } from "../../../src/targets/target.ts";
import { ChildCost } from "../child-cost.ts";
import { SERVER_FILE } from "../host-node.ts";
import { joinRows, messageOf, type Row, type Rows, type Sample } from "../row.ts";

/** Enough for either form. */
const MEMORY_MIB = 512;
/** Even so long a boot is one. */
const LIMIT_MS = 40_000;
const NAME = "node in Linux";

export async function linuxRows(facts: QemuFacts): Promise<Rows> {
  try {
    const kernel = await findKernel({ mayFetch: true });
    return joinRows(FORMS.map((form) => rowsOf(facts, kernel, form)));
  } catch (error) {
    return { rows: [], absent: [{ name: NAME, why: messageOf(error) }] };
  }
}

function rowsOf(facts: QemuFacts, linux: LinuxKernel, form: Form): Rows {
  const name = `${NAME} (${form})`;
  const folder = path.join(userCache(), "linux-guest", form);
  let files: LinuxFiles;
  try {
    mkdirSync(folder, { recursive: true });
    files = writeGuest(folder, linux, { code: readFileSync(SERVER_FILE), environment: {} }, form);
  } catch (error) {
    return { rows: [], absent: [{ name, why: messageOf(error) }] };
  }
  const { kernel, initramfs, disk } = files;
  const bytes = [kernel, initramfs, ...(disk === undefined ? [] : [disk])].map((file) => statSync(file).size);
  const imageBytes = bytes.reduce((sum, size) => sum + size, 0);
  const rows: Row[] = [];
  for (const accelerator of ACCELERATORS) {
    if (facts.problems[accelerator] !== null) continue;
    const runWith = (memoryMiB: number): Promise<Sample> => run(facts, accelerator, files, memoryMiB);
    const memory = { name, enoughMiB: MEMORY_MIB, run: runWith };
    rows.push({
      name: `${name}, qemu ${accelerator}`,
      imageBytes,
      memory,
      run: () => runWith(MEMORY_MIB),
    });
  }
  return { rows, absent: [] };
}

async function run(
  facts: QemuFacts,
  accelerator: Accelerator,
  files: LinuxFiles,
  memoryMiB: number,
): Promise<Sample> {
  const startedAt = performance.now();
  const cost = new ChildCost();
  const machine = await startLinux(facts, accelerator, files, { memoryMiB, limitMs: LIMIT_MS });
  try {
    await firstSuccess(machine.port, LIMIT_MS);
    const wallMs = performance.now() - startedAt;
    const read = cost.read();
    return { wallMs, ...(read === undefined ? {} : { cost: read }) };
  } finally {
    await machine.stop();
  }
}
