/** What every benchmark of the network says of the machine, and how it comes to one number. */
import os from "node:os";
import { spawnSync } from "node:child_process";

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

export interface HostFacts {
  readonly processors: string;
  readonly memory: string;
  readonly load: string;
  readonly system: string;
  readonly Node: string;
  readonly QEMU: string;
  readonly commit: string;
}

const MIB = 1024 * 1024;

/** What the machine is, what it does beside, and what of ours is measured. */
export function hostFacts(): Readonly<HostFacts & Record<string, string>> {
  const cpus = os.cpus();
  const ask = (file: string, ...words: readonly string[]): string | undefined =>
    spawnSync(file, words, { cwd: import.meta.dirname, encoding: "utf8" }).stdout?.split("\n", 1)[0];
  return {
    processors: `${cpus.length} (${cpus[0]?.model.trim() ?? "unknown"})`,
    memory: `${Math.round(os.totalmem() / MIB)} MiB`,
    load: os.loadavg()[0]!.toFixed(1),
    system: `${os.type()} ${os.release()}`,
    Node: process.version,
    QEMU: /[\d.]+\d/.exec(ask("qemu-system-x86_64", "--version") ?? "")?.[0] ?? "none",
    commit: ask("git", "log", "-1", "--format=%h of %cs") || "unknown",
  };
}

export function printHost(): void {
  console.log(
    Object.entries(hostFacts())
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
}
