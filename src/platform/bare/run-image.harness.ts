/** Runs the image of a plan in a machine, for suites over every platform. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { boot, guestImage, type BootOptions } from "../../keel/guest.harness.ts";
import type { Ran } from "../compartment/compartment-suite.harness.ts";
import type { ImagePlan } from "../compartment/plan.ts";
import { linkForBare } from "./platform.ts";

/** Each plan is linked once. */
const elves = new Map<ImagePlan, Uint8Array>();

/** The faster one that runs guests here; undefined: there is no QEMU. */
export const accelerator = await findAccelerator();

async function findAccelerator(): Promise<"kvm" | "tcg" | undefined> {
  if (spawnSync("qemu-system-x86_64", ["--version"]).status !== 0) return undefined;
  const probe = guestImage((a) => a.exit(42));
  const { status } = await boot(probe, { accelerator: "kvm" });
  return status === 42 ? "kvm" : "tcg";
}

export async function runInMachine(plan: ImagePlan, lines: readonly string[]): Promise<Ran> {
  let elf = elves.get(plan);
  if (elf === undefined) elves.set(plan, (elf = linkForBare(plan).elf));
  return bootWith(elf, lines, { accelerator: accelerator! });
}

/** `options.more`: further words for QEMU. */
export async function bootWith(
  elf: Uint8Array,
  lines: readonly string[],
  options: BootOptions = {},
): Promise<Ran> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  const [configuration, control] = [path.join(folder, "configuration"), path.join(folder, "control")];
  writeFileSync(configuration, lines.map((line) => `${line}\n`).join(""));
  const more = ["-chardev", `file,id=control,path=${control}`, ...(options.more ?? [])];
  more.push("-device", "isa-debugcon,iobase=0xea,chardev=control", "-initrd", configuration);
  try {
    const { status, output } = await boot(elf, { ...options, more });
    const told = readFileSync(control, "latin1").split("\n");
    return { status: status ?? null, output, records: told.filter((line) => line !== "") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
