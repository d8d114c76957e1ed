/**
 * Debian's kernel and busybox: fetched with apt, which checks their signatures, and unpacked into the user's cache.
 * Nothing is installed.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** The smaller kernel, without drivers of real machines, is the better rival. */
const KERNELS = ["linux-image-cloud-amd64", "linux-image-amd64"];
const BUSYBOX = "busybox-static";
const DOWNLOAD_LIMIT_MS = 120_000;

export interface DebianFiles {
  /** Where more may be written. */
  readonly folder: string;
  /** `6.1.0-32-cloud-amd64`. */
  readonly release: string;
  readonly bootFile: string;
  readonly modulesFolder: string;
  readonly busybox: string;
}

/** Throws where there is no apt, or no way to Debian. */
export async function debianFiles(): Promise<DebianFiles> {
  const folder = path.join(userCache(), "linux");
  mkdirSync(folder, { recursive: true });
  const kernelPackage = await newestKernel();
  const kernel = await unpacked(folder, kernelPackage);
  const busybox = await unpacked(folder, BUSYBOX);
  const bootFile = readdirSync(path.join(kernel, "boot")).find((name) => name.startsWith("vmlinuz-"));
  if (bootFile === undefined) throw new Error(`${kernelPackage} has no kernel in /boot`);
  const release = bootFile.slice("vmlinuz-".length);
  return {
    folder,
    release,
    bootFile: path.join(kernel, "boot", bootFile),
    modulesFolder: path.join(kernel, "lib/modules", release),
    busybox: path.join(busybox, "bin/busybox"),
  };
}

/** The package that the name without a version stands for now. */
async function newestKernel(): Promise<string> {
  for (const name of KERNELS) {
    const { stdout } = await run("apt-cache", ["depends", "--important", name]).catch(() => ({ stdout: "" }));
    const match = /Depends: (linux-image-\d\S*)/.exec(stdout);
    if (match !== null) return match[1]!;
  }
  throw new Error(`apt knows none of ${KERNELS.join(", ")}`);
}

/** The folder with the files of a package. */
async function unpacked(folder: string, name: string): Promise<string> {
  const there = path.join(folder, name);
  if (readdirSync(folder).includes(name)) return there;
  const scratch = mkdtempSync(path.join(folder, "unpack-"));
  try {
    await run("apt-get", ["download", name], { cwd: scratch, timeout: DOWNLOAD_LIMIT_MS });
    const file = readdirSync(scratch).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) throw new Error(`apt-get download ${name} gave no file`);
    await run("dpkg-deb", ["-x", path.join(scratch, file), path.join(scratch, "files")]);
    renameSync(path.join(scratch, "files"), there);
    return there;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function userCache(): string {
  const given = process.env["SKERRY_CACHE"];
  if (given !== undefined && given !== "") return given;
  return path.join(process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"), "skerry");
}
