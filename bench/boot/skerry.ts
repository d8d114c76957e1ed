/** Rows of our own images, on every target. They are built before any clock runs. */
import path from "node:path";
import { buildNative } from "../../src/library/native-images.ts";
import { buildImage } from "../../src/image/image.ts";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { canRunProcesses, processTarget } from "../../src/targets/process/target.ts";
import type { QemuFacts } from "../../src/targets/qemu/probe.ts";
import { DEFAULT_MEMORY_MIB, qemuTarget } from "../../src/targets/qemu/target.ts";
import {
  ACCELERATORS,
  type Accelerator,
  type Launchable,
  type MachineOptions,
  type Target,
} from "../../src/targets/target.ts";
import { ChildCost } from "./child-cost.ts";
import { firstSuccess } from "../../src/compare/first-response.ts";
import { joinRows, messageOf, type Rows, type Sample } from "./row.ts";

const ENTRIES = ["examples/http-native/main.ts", "examples/hello/server.ts"];
const LIMIT_MS = 20_000;
const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };

interface Way {
  readonly name: string;
  readonly target: Target;
  readonly accelerator?: Accelerator;
  readonly problem: string | null;
}

export async function skerryRows(facts: QemuFacts | undefined): Promise<Rows> {
  const all: Rows[] = [];
  for (const entry of ENTRIES) {
    for (const way of waysOf(facts)) all.push(await rowsOf(entry, way));
  }
  return joinRows(all);
}

function waysOf(facts: QemuFacts | undefined): readonly Way[] {
  const hasProcesses = canRunProcesses();
  return [
    {
      name: "process",
      target: processTarget,
      problem: hasProcesses ? null : "needs Linux on x86-64",
    },
    ...ACCELERATORS.map((accelerator) => ({
      name: `qemu ${accelerator}`,
      target: qemuTarget,
      accelerator,
      problem: facts === undefined ? "there is no QEMU" : facts.problems[accelerator],
    })),
    { name: "node", target: nodeTarget, problem: null },
  ];
}

async function rowsOf(entry: string, way: Way): Promise<Rows> {
  const { target, accelerator, problem } = way;
  const app = path.basename(path.dirname(entry));
  const name = `skerry ${app}, ${way.name}`;
  if (problem !== null) return { rows: [], absent: [{ name, why: problem }] };
  let image: Launchable;
  try {
    const built = await buildImage(path.join(PACKAGE_ROOT, entry));
    const { platform } = target;
    image = platform === undefined ? built : { ...built, native: await buildNative(built, platform) };
  } catch (error) {
    return { rows: [], absent: [{ name, why: `was not built: ${messageOf(error)}` }] };
  }
  const choice = accelerator === undefined ? {} : { accelerator };
  const row = { name, imageBytes: sizeBytes(image), run: () => run(target, image, choice) };
  if (accelerator === undefined) return { rows: [row], absent: [] };
  const memory = {
    name: `skerry ${app}`,
    enoughMiB: DEFAULT_MEMORY_MIB,
    run: (memoryMiB: number) => run(target, image, { ...choice, memoryMiB }),
  };
  return { rows: [{ ...row, memory }], absent: [] };
}

/** Of the file that boots; where modules are run as they are, of these and the script. */
function sizeBytes({ native, kernel, app, engine, script = "" }: Launchable): number {
  if (native !== undefined) return native.elf.length;
  const modules = [kernel, app, engine].map((bytes) => bytes?.length ?? 0);
  return modules.reduce((sum, bytes) => sum + bytes, 0) + Buffer.byteLength(script);
}

async function run(target: Target, image: Launchable, more: Partial<MachineOptions>): Promise<Sample> {
  let said = "";
  const onConsole = (_stream: 1 | 2, text: string): void => void (said += text);
  const startedAt = performance.now();
  const cost = new ChildCost();
  const options = { forwards: [FORWARD], environment: {}, outbound: [], onConsole, ...more };
  // A guest with too little memory may hang before it has said a word.
  const timer = setTimeout(() => cost.kill(), LIMIT_MS);
  const machine = await target.start(image, options).finally(() => clearTimeout(timer));
  try {
    const ended = machine.exited.then((status) => {
      throw new Error(`ended with ${status}: ${said.trim()}`);
    });
    await Promise.race([firstSuccess(machine.forwards[0]!.hostPort, LIMIT_MS), ended]);
    const wallMs = performance.now() - startedAt;
    const read = cost.read();
    return { wallMs, ...(read === undefined ? {} : { cost: read }) };
  } finally {
    await machine.stop();
  }
}
