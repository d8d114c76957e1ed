/** Rows of Node in Linux. What they need is made in the user's cache; where it cannot be had, they say why. */
import { statSync, writeFileSync, readFileSync } from "node:fs";
import path from "node:path";
import type { QemuFacts } from "../../../src/targets/qemu/probe.ts";
import { ACCELERATORS } from "../../../src/targets/target.ts";
import { SERVER_FILE } from "../host-node.ts";
import { joinRows, messageOf, type Row, type Rows } from "../row.ts";
import { unpackBootFile } from "./boot-file.ts";
import { debianFiles, type DebianFiles } from "./debian.ts";
import { diskForm, memoryForm, writeDisk } from "./init.ts";
import { runLinux, type LinuxFiles } from "./machine.ts";

/** Enough for either form. */
const MEMORY_MIB = 512;
const NAME = "node in Linux";

type Form = "memory" | "disk";
const FORMS: readonly Form[] = ["memory", "disk"];

export async function linuxRows(facts: QemuFacts): Promise<Rows> {
  let debian: DebianFiles;
  try {
    debian = await debianFiles();
  } catch (error) {
    return { rows: [], absent: [{ name: NAME, why: messageOf(error) }] };
  }
  return joinRows(FORMS.map((form) => rowsOf(facts, debian, form)));
}

function rowsOf(facts: QemuFacts, debian: DebianFiles, form: Form): Rows {
  const name = `${NAME} (${form})`;
  let files: LinuxFiles;
  try {
    files = write(debian, form);
  } catch (error) {
    return { rows: [], absent: [{ name, why: messageOf(error) }] };
  }
  const { kernel, initramfs, disk } = files;
  const bytes = [kernel, initramfs, ...(disk === undefined ? [] : [disk])].map((file) => statSync(file).size);
  const imageBytes = bytes.reduce((sum, size) => sum + size, 0);
  const rows: Row[] = [];
  for (const accelerator of ACCELERATORS) {
    if (facts.problems[accelerator] !== null) continue;
    const run = (memoryMiB: number): ReturnType<typeof runLinux> =>
      runLinux(facts, accelerator, files, memoryMiB);
    const memory = { name, enoughMiB: MEMORY_MIB, run };
    rows.push({ name: `${name}, qemu ${accelerator}`, imageBytes, memory, run: () => run(MEMORY_MIB) });
  }
  return { rows, absent: [] };
}

/** A kernel that cannot be unpacked here is left to unpack itself. */
function write(debian: DebianFiles, form: Form): LinuxFiles {
  const place = (name: string): string => path.join(debian.folder, name);
  const boot = readFileSync(debian.bootFile);
  const kernel = place("vmlinux");
  writeFileSync(kernel, unpackBootFile(boot) ?? boot);
  const initramfs = place(`${form}.cpio`);
  if (form === "memory") {
    writeFileSync(initramfs, memoryForm(debian, SERVER_FILE));
    return { kernel, initramfs };
  }
  const disk = place("disk.image");
  writeDisk(disk, SERVER_FILE);
  writeFileSync(initramfs, diskForm(debian));
  return { kernel, initramfs, disk };
}
