/**
 * Who listens on a port of this computer, as far as this user may know: Linux's table of sockets gives the socket's
 * number, and the descriptors of processes show who has it (proc(5)).
 *
 * Tests: port-holder.test.ts
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** `st` of a socket that listens. */
const LISTENING = "0A";
/** Columns of `/proc/net/tcp`. */
const enum Column {
  LocalAddress = 1,
  State = 3,
  Inode = 9,
}

export interface PortHolder {
  readonly pid: number;
  /** As the process calls itself. */
  readonly name: string;
}

/** Undefined where it cannot be told. */
export function findPortHolder(port: number): PortHolder | undefined {
  const inodes = new Set(["tcp", "tcp6"].flatMap((table) => listeners(`/proc/net/${table}`, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of entries("/proc").filter((name) => /^\d+$/.test(name))) {
    const holds = entries(`/proc/${pid}/fd`).some((descriptor) => {
      const target = attempt(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      return target !== undefined && inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "");
    });
    if (!holds) continue;
    const name = attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim());
    return { pid: Number(pid), name: name ?? "a program" };
  }
  return undefined;
}

function listeners(table: string, port: number): string[] {
  const lines = (attempt(() => readFileSync(table, "utf8")) ?? "").split("\n").slice(1);
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row[Column.State] === LISTENING && (row[Column.LocalAddress] ?? "").endsWith(wanted))
    .map((row) => row[Column.Inode] ?? "");
}

function entries(folder: string): string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

/** Processes end while they are looked at, and others' are closed to us. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
