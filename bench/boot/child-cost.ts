/** What processes started by this one cost, as Linux tells it: proc(5), `children`, `schedstat`, `VmRSS`. */
import { readdirSync, readFileSync } from "node:fs";
import { residentBytes } from "../../src/targets/native/children.ts";
import type { Cost } from "./row.ts";

const NS_PER_MS = 1e6;

export class ChildCost {
  /** The bundler's service, and other children that are no machine. */
  readonly #before = new Set(descendants(process.pid));

  /** Of all children since, and theirs. Undefined where the system does not tell. */
  read(): Cost | undefined {
    const pids = this.#pids();
    if (pids.length === 0) return undefined;
    const sum = (of: (pid: number) => number): number => pids.reduce((total, pid) => total + of(pid), 0);
    return { processorMs: sum(processorMs), residentBytes: sum((pid) => residentBytes(pid) ?? 0) };
  }

  /** Ends them: of a machine that neither starts nor fails, nothing else is to be had. */
  kill(): void {
    for (const pid of this.#pids()) process.kill(pid, "SIGKILL");
  }

  #pids(): number[] {
    return descendants(process.pid).filter((pid) => !this.#before.has(pid));
  }
}

function descendants(pid: number): number[] {
  const children = words(`/proc/${pid}/task/${pid}/children`).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Of all its threads that live: hundredths of a second, which `stat` counts in, are too coarse. */
function processorMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const each = threads.map((thread) => Number(words(`/proc/${pid}/task/${thread}/schedstat`)[0] ?? 0));
    return each.reduce((sum, ns) => sum + ns, 0) / NS_PER_MS;
  } catch {
    return 0;
  }
}

function words(file: string): string[] {
  try {
    return readFileSync(file, "latin1")
      .split(" ")
      .filter((word) => word.trim() !== "");
  } catch {
    return [];
  }
}
