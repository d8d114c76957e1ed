/**
 * npm that started this command and waits for it, and when it is gone: `npx skerry run` that is ended by SIGTERM passes
 * the signal to its shell, whose end this command would not notice, and go on for nobody.
 *
 * Only where npm surely waits: a script that ends with `&` leaves its command running on purpose.
 *
 * Tests: waiting-npm.test.ts, tests/functional/npx.test.ts
 */
import { readFileSync } from "node:fs";

const LOOK_MS = 500;

/** What Linux tells of processes (proc(5)); of none that is gone. */
export interface Processes {
  /** The words it was started with, or what it calls itself. */
  command(pid: number): readonly string[];
  parent(pid: number): number | undefined;
}

/** npm, and the shell between it and this command. */
export interface Waiting {
  readonly parent: number;
  /** Where the parent is a shell: the npm above it. */
  readonly npm?: number;
}

/** Who waits for the child of `parent`; undefined: nobody, as far as can be seen. */
export function waitingNpm(parent: number, processes: Processes): Waiting | undefined {
  if (isNpm(parent, processes)) return { parent };
  const [, option, ...words] = processes.command(parent);
  if (option !== "-c" || words.join(" ").includes("&")) return undefined;
  const npm = processes.parent(parent);
  return npm !== undefined && isNpm(npm, processes) ? { parent, npm } : undefined;
}

/** npm writes its own words over those it was started with. */
function isNpm(pid: number, processes: Processes): boolean {
  return /^npm /.test(processes.command(pid)[0] ?? "");
}

/** Calls `gone` when npm, waiting for this command, has ended. Keeps no process from its end. */
export function whenNpmIsGone(gone: () => void): void {
  const waiting = waitingNpm(process.ppid, LINUX);
  if (waiting === undefined) return;
  const { parent, npm } = waiting;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || LINUX.parent(parent) === npm)) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  timer.unref();
}

const LINUX: Processes = {
  command: (pid) => (read(`/proc/${pid}/cmdline`) ?? "").split("\0"),
  // Behind the command's name, which may hold anything: state, then the parent.
  parent(pid) {
    const [, parent] = read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ") ?? [];
    return parent === undefined ? undefined : Number(parent);
  },
};

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
