/**
 * Two processors of the host: one for the server alone, one for the client, and the time that a server takes on its.
 *
 * With SKERRY_BENCH_REALTIME=1, the client and servers of one thread go before everything else there (SCHED_FIFO), so
 * that what else the machine does comes between as little as can be. It is for a machine that does nothing else: one
 * that is shared stands still meanwhile.
 */
import os from "node:os";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export const SERVER_PROCESSOR = os.availableParallelism() - 1;
export const CLIENT_PROCESSOR = 0;

/** Of SCHED_FIFO. */
const PRIORITY = 5;
const IS_REALTIME = process.env["SKERRY_BENCH_REALTIME"] === "1";

export const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * `words`, as a command that runs on the server's processor alone. Several threads share it fairly: with SCHED_FIFO one
 * that polls would starve another that it waits for.
 */
export function onServerProcessor(words: readonly string[], hasOneThread: boolean): string[] {
  return pinned(SERVER_PROCESSOR, hasOneThread ? first(words) : words);
}

/** On the client's, which has one thread. */
export function onClientProcessor(words: readonly string[]): string[] {
  return pinned(CLIENT_PROCESSOR, first(words));
}

function first(words: readonly string[]): readonly string[] {
  return IS_REALTIME ? ["chrt", "--fifo", String(PRIORITY), ...words] : words;
}

function pinned(processor: number, words: readonly string[]): string[] {
  return ["taskset", "--cpu-list", String(processor), ...words];
}

/** Keeps this process off the server's processor. */
export function settleHarness(): void {
  const words = ["--all-tasks", "--cpu-list", "--pid", String(CLIENT_PROCESSOR), String(process.pid)];
  execFileSync("taskset", words, { stdio: "ignore" });
}

/** Microseconds of the server's processor, each second. */
export interface Share {
  readonly userUs: number;
  readonly kernelUs: number;
  /** The network's deferred work, in whosever time it was done. */
  readonly softirqUs: number;
  /** Of processes that are not the server's. */
  readonly othersUs: number;
}

/** The command that samples the server's processor for so long; `program` is that of `meter.c`. */
export function meterCommand(program: string, pids: readonly number[], durationMs: number): string[] {
  return [program, String(SERVER_PROCESSOR), String(durationMs), ...pids.map(String)];
}

/** What that command has printed. */
export function parseShare(text: string): Share {
  const counts = JSON.parse(text) as Record<"samples" | "user" | "kernel" | "softirq" | "others", number>;
  const share = (count: number): number => (count / counts.samples) * 1e6;
  return {
    userUs: share(counts.user),
    kernelUs: share(counts.kernel),
    softirqUs: share(counts.softirq),
    othersUs: share(counts.others),
  };
}

/** A process and all that it started. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "latin1").split(") ").at(-1)!.split(" ");
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const found = [pid];
  for (let at = 0; at < found.length; at++) {
    for (const [child, parent] of parents) if (parent === found[at]) found.push(child);
  }
  return found;
}

/** CPU time of these processes so far as Linux adds it up, in microseconds: to the nearest tick of 10 ms. */
export function ownTimeUs(pids: readonly number[]): number {
  const clockTickUs = 10_000;
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)!.split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) * clockTickUs;
  }, 0);
}
