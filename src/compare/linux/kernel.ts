/**
 * Which kernel a Linux guest boots: the one that was named, the newest installed one that this user may read, or one
 * that was fetched before.
 *
 * Tests: kernel.test.ts
 */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { userCache } from "../../image/cache.ts";
import { NotHere } from "../not-here.ts";
import { fetchKernel } from "./debian.ts";

const BOOT = "boot";
const MODULES = ["lib/modules", "usr/lib/modules"];
const FILE = /^vmlinuz-(.+)$/;

export interface LinuxKernel {
  /** `6.1.0-32-cloud-amd64`. */
  readonly release: string;
  readonly bootFile: string;
  readonly modulesFolder: string;
}

export interface KernelWish {
  readonly file?: string | undefined;
  /** Debian's may be downloaded. */
  readonly mayFetch: boolean;
}

/** Rejects with `NotHere` where there is none. */
export async function findKernel({ file, mayFetch }: KernelWish): Promise<LinuxKernel> {
  if (file !== undefined) return namedKernel(file);
  const cache = path.join(userCache(), "linux");
  const fetched = existsSync(cache) ? readdirSync(cache).map((name) => path.join(cache, name)) : [];
  const found = newestIn(["/", ...fetched]);
  if (found !== undefined) return found;
  if (mayFetch) {
    const kernel = newestIn([await fetchKernel(cache)]);
    if (kernel !== undefined) return kernel;
  }
  throw new NotHere(
    "no kernel in /boot that this user may read, with modules in /lib/modules: --kernel FILE names one, --fetch-kernel has apt fetch Debian's",
  );
}

function namedKernel(file: string): LinuxKernel {
  const release = FILE.exec(path.basename(file))?.[1];
  if (release === undefined) throw new NotHere(`--kernel ${file}: expected a file named vmlinuz-RELEASE`);
  const root = path.resolve(path.dirname(file), "..");
  const kernel = kernelsIn(root, path.dirname(path.resolve(file))).find((one) => one.release === release);
  if (kernel !== undefined) return kernel;
  throw new NotHere(`--kernel ${file}: it cannot be read, or no modules of ${release} are in /lib/modules`);
}

/** Of these roots, each with `boot` and `lib/modules`, the highest release. */
export function newestIn(roots: readonly string[]): LinuxKernel | undefined {
  const all = roots.flatMap((root) => kernelsIn(root, path.join(root, BOOT)));
  return all.toSorted((one, other) => compareReleases(other.release, one.release))[0];
}

function kernelsIn(root: string, folder: string): LinuxKernel[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name): LinuxKernel[] => {
    const release = FILE.exec(name)?.[1];
    if (release === undefined) return [];
    const bootFile = path.join(folder, name);
    const modulesFolder = [root, "/"]
      .flatMap((base) => MODULES.map((one) => path.join(base, one, release)))
      .find((one) => existsSync(one));
    return modulesFolder !== undefined && isReadable(bootFile) ? [{ release, bootFile, modulesFolder }] : [];
  });
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** By their numbers; where these are the same, as text. */
export function compareReleases(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
