/**
 * What Linux tells of a process that runs: its executable mappings, its memory, its filter. Text in, facts out, so that
 * a guest can send the same text over a serial line.
 *
 * Source: proc(5): maps, smaps_rollup, status.
 *
 * Tests: process-facts.test.ts
 */
import { readFileSync } from "node:fs";

export interface ExecutableMemory {
  /** Of files, each place once however often it is mapped; the system's own pages (vdso) among them. */
  readonly fileBytes: number;
  /** Of no file: code that is made while the process runs, as it is at this moment. */
  readonly generatedBytes: number;
  /** Of both, what can be written as well. */
  readonly writableBytes: number;
}

/** `55d0-55d4 r-xp 00002000 fe:00 123 /usr/bin/node` */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (....) ([0-9a-f]+) (\S+) (\d+)[ \t]*(.*)$/gm;

interface Stretch {
  readonly start: number;
  readonly end: number;
}

export function executableMemory(maps: string): ExecutableMemory {
  const stretches = new Map<string, Stretch[]>();
  let generatedBytes = 0;
  let writableBytes = 0;
  for (const [, from, to, access, offset, device, inode, name] of maps.matchAll(MAPPING)) {
    if (access![2] !== "x") continue;
    const sizeBytes = Number(BigInt(`0x${to!}`) - BigInt(`0x${from!}`));
    if (access![1] === "w") writableBytes += sizeBytes;
    if (inode === "0" && !name!.startsWith("[")) {
      generatedBytes += sizeBytes;
      continue;
    }
    const file = `${device} ${inode} ${inode === "0" ? name : ""}`;
    const start = Number(`0x${offset!}`);
    stretches.set(file, [...(stretches.get(file) ?? []), { start, end: start + sizeBytes }]);
  }
  const fileBytes = [...stretches.values()].reduce((sum, each) => sum + covered(each), 0);
  return { fileBytes, generatedBytes, writableBytes };
}

function covered(stretches: readonly Stretch[]): number {
  let sum = 0;
  let reached = 0;
  for (const { start, end } of stretches.toSorted((one, other) => one.start - other.start)) {
    sum += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return sum;
}

export interface HeldMemory {
  readonly residentBytes: number;
  readonly proportionalBytes: number;
}

/** `smaps_rollup` of each process, summed. */
export function heldMemory(rollups: readonly string[]): HeldMemory {
  const sumOf = (label: string): number =>
    rollups.reduce((sum, text) => sum + (fieldKib(text, label) ?? 0) * 1024, 0);
  return { residentBytes: sumOf("Rss"), proportionalBytes: sumOf("Pss") };
}

/** `Rss:   1234 kB` */
export function fieldKib(text: string, label: string): number | undefined {
  const match = new RegExp(`^${label}:\\s+(\\d+) kB$`, "m").exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** 0 none, 1 strict, 2 a filter; undefined where the kernel does not tell. */
export function filterMode(status: string): number | undefined {
  const match = /^Seccomp:\s+(\d)$/m.exec(status);
  return match === null ? undefined : Number(match[1]);
}

/** A process and all that came of it. */
export function familyOf(pid: number): number[] {
  const children = readProcess(pid, `task/${pid}/children`);
  const pids = (children ?? "").split(" ").filter((word) => word.trim() !== "");
  return [pid, ...pids.flatMap((word) => familyOf(Number(word)))];
}

/** Undefined: the process is gone, or this user may not look. */
export function readProcess(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
