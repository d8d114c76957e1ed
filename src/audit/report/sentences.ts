/** Words that the reports for people share. */
import type { ManifestAssets, ManifestIsolation, ManifestWindow } from "../../abi/manifest.ts";
import type { Container, Inspection } from "../inspection.ts";
import { exact, plural } from "../words.ts";

export const PLATFORM_WORDS: Readonly<Record<Inspection["platform"], string>> = {
  bare: "a virtual machine's kernel",
  process: "a Linux executable",
};

const CONTAINER_WORDS: Readonly<Record<Container["format"], readonly [name: string, rest: string]>> = {
  raw: ["a disk", "its boot loader and configuration are not described here"],
  oci: ["an OCI archive", "what else it holds is not described here"],
};

export function whereFound({ format, sizeBytes, sha256 }: Container): string {
  const [name, rest] = CONTAINER_WORDS[format];
  return `found in ${name} of ${exact(sizeBytes)} bytes, sha256 ${sha256}; ${rest}`;
}

export function whoBy({ by, key, compartments, cpuMs, memoryMiB, outbound }: ManifestIsolation): string {
  const whose =
    by === "request" ? "each request" : `each ${key === "host" ? "host" : `value of ${key.header}`}`;
  const limits = `${cpuMs} ms of processor time, ${memoryMiB} MiB, ${outbound} connections out`;
  return `a compartment for ${whose}, up to ${compartments} at a time; each: ${limits}`;
}

const WINDOW_TITLES: Readonly<Record<ManifestWindow["what"], string>> = {
  keel: "keel",
  image: "image",
  information: "boot information",
  devices: "devices",
  memory: "memory",
  table: "table",
  stack: "stack",
};

export function windowTitle({ what, owner }: ManifestWindow): string {
  return what === "memory" || what === "stack" ? `${owner} ${WINDOW_TITLES[what]}` : WINDOW_TITLES[what];
}

/** `http.listen`, `http.read` as `http`: `listen read`. */
export function namesByService(granted: readonly string[]): { service: string; calls: string[] }[] {
  const found = new Map<string, string[]>();
  for (const name of granted) {
    const at = name.indexOf(".");
    const service = name.slice(0, at);
    found.set(service, [...(found.get(service) ?? []), name.slice(at + 1)]);
  }
  return [...found].map(([service, calls]) => ({ service, calls }));
}

export function sumOf(items: readonly { readonly sizeBytes: number }[]): number {
  return items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** What of files is in it. */
export function describeAssets({ files, contentBytes, sizeBytes, sha256 }: ManifestAssets): string {
  return `${plural(files, "file")} of ${exact(contentBytes)} bytes; ${exact(sizeBytes)} with compressed forms and index, sha256 ${sha256}`;
}
