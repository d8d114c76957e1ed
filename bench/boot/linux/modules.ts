/** Kernel modules in the order in which they can be loaded: each says in its `.modinfo` section what it depends on. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const EXTENSION = ".ko";

export interface KernelModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Those of `names` that are not built into the kernel, and before each what it needs. */
export function modulesFor(folder: string, names: readonly string[]): KernelModule[] {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    // Files say `virtio-rng` where the kernel says `virtio_rng`.
    const name = path.basename(entry, EXTENSION).replaceAll("-", "_");
    if (entry.endsWith(EXTENSION)) files.set(name, path.join(folder, entry));
  }
  const found = new Map<string, KernelModule>();
  const add = (name: string): void => {
    const file = files.get(name);
    if (file === undefined || found.has(name)) return;
    const bytes = readFileSync(file);
    for (const needed of dependenciesOf(bytes)) add(needed);
    found.set(name, { name, bytes });
  };
  names.forEach(add);
  return [...found.values()];
}

function dependenciesOf(bytes: Buffer): string[] {
  const match = /\0depends=([^\0]*)\0/.exec(bytes.toString("latin1"));
  return (match?.[1] ?? "").split(",").filter((name) => name !== "");
}
