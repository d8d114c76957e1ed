/**
 * Processes that are machines: none outlives this one. Each also has the system end it when this process is killed;
 * here is what an ordinary end needs.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

const running = new Set<ChildProcess>();

/** Has `child` killed when this process exits. */
export function endWithThisProcess(child: ChildProcess): void {
  if (running.size === 0) process.on("exit", killAll);
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", killAll);
  });
}

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** What the host's memory holds of a process, as Linux tells it (proc(5), VmRSS); undefined once it is gone. */
export function residentBytes(pid: number): number | undefined {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}
