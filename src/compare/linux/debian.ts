/**
 * Debian's kernel, fetched with apt, which checks its signature, and unpacked into the user's cache. Nothing is
 * installed.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { messageOf, NotHere } from "../not-here.ts";

const run = promisify(execFile);
/** The smaller kernel, without drivers of real machines, is the better rival. */
const KERNELS = ["linux-image-cloud-amd64", "linux-image-amd64"];
const DOWNLOAD_LIMIT_MS = 120_000;

/** The folder with the files of the newest kernel's package. Rejects with `NotHere` where there is no apt, or no way to Debian. */
export async function fetchKernel(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  return unpacked(folder, await newestKernel());
}

/** The package that the name without a version stands for now. */
async function newestKernel(): Promise<string> {
  for (const name of KERNELS) {
    const { stdout } = await run("apt-cache", ["depends", "--important", name]).catch(() => ({ stdout: "" }));
    const match = /Depends: (linux-image-\d\S*)/.exec(stdout);
    if (match !== null) return match[1]!;
  }
  throw new NotHere(`apt knows none of ${KERNELS.join(", ")}`);
}

async function unpacked(folder: string, name: string): Promise<string> {
  const there = path.join(folder, name);
  if (readdirSync(folder).includes(name)) return there;
  const scratch = mkdtempSync(path.join(folder, "unpack-"));
  try {
    await run("apt-get", ["download", name], { cwd: scratch, timeout: DOWNLOAD_LIMIT_MS });
    const file = readdirSync(scratch).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) throw new Error(`it gave no file`);
    await run("dpkg-deb", ["-x", path.join(scratch, file), path.join(scratch, "files")]);
    renameSync(path.join(scratch, "files"), there);
    return there;
  } catch (error) {
    throw new NotHere(`apt-get download ${name}: ${messageOf(error)}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
