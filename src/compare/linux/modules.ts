/** Kernel modules in the order in which they can be loaded: each says in its `.modinfo` section what it depends on. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { NotHere } from "../not-here.ts";
import { unpack } from "./unpack.ts";

const FILE = /^(.*)\.ko(\.(gz|xz|zst))?$/;

export interface KernelModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Those of `names` that are not built into the kernel, and before each what it needs. */
export function modulesFor(folder: string, names: readonly string[]): KernelModule[] {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    // Files say `virtio-rng` where the kernel says `virtio_rng`.
    const name = FILE.exec(path.basename(entry))?.[1]?.replaceAll("-", "_");
    if (name !== undefined) files.set(name, path.join(folder, entry));
  }
  const found = new Map<string, KernelModule>();
  const add = (name: string): void => {
    const file = files.get(name);
    if (file === undefined || found.has(name)) return;
    const bytes = readModule(file);
    for (const needed of dependenciesOf(bytes)) add(needed);
    found.set(name, { name, bytes });
  };
  names.forEach(add);
  return [...found.values()];
}

function readModule(file: string): Uint8Array {
  const bytes = readFileSync(file);
  if (file.endsWith(".ko")) return bytes;
  const unpacked = unpack(bytes);
  if (unpacked === undefined)
    throw new NotHere(`${file} is packed, and there is no program here that unpacks it`);
  return unpacked;
}

function dependenciesOf(bytes: Uint8Array): string[] {
  const match = /\0depends=([^\0]*)\0/.exec(Buffer.from(bytes).toString("latin1"));
  return (match?.[1] ?? "").split(",").filter((name) => name !== "");
}
