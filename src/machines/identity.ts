/**
 * Which process a number means: numbers are given again, so it is told by its start as well, and by the boot.
 *
 * Tests: registry.test.ts
 */
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after the boot (proc(5), `starttime`), and the boot; empty where the system does not tell. */
  readonly startedAt: string;
  readonly boot: string;
}

/** Of a process that runs. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startedAt: startTime(pid) ?? "", boot: bootId() };
}

export function isRunning({ pid, startedAt, boot }: ProcessIdentity): boolean {
  if (boot !== bootId()) return false;
  if (startedAt !== "") return startTime(pid) === startedAt;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Undefined where there is no such process, or it has ended and only waits for its parent to look. */
function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything; what follows it does not.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state] = fields;
    return state === "Z" || state === "X" ? undefined : fields[START_TIME];
  } catch {
    return undefined;
  }
}

/** Field 22 of the line, counted from field 3. */
const START_TIME = 19;

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
