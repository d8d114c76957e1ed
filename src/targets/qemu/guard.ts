/**
 * Starts QEMU so that it ends with this process, however that ends: QEMU itself would go on.
 *
 *   parent-death   `setpriv` (util-linux) has the system kill QEMU when its parent is gone, and becomes QEMU
 *   shell          a shell beside it holds a pipe to this process, and kills QEMU at the pipe's end
 *
 * Tests: target.test.ts kills a launcher
 */
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";

export type Guard = "parent-death" | "shell";

/** Our end of this pipe is closed when this process is gone. */
const WATCH = 0;

/**
 * `$0` is the program. The watcher holds no other descriptor of ours, so that their other ends see QEMU's end.
 * `exec 9<&0`: a job in the background would have its input taken away.
 */
const SHELL_SCRIPT = `exec 9<&0
"$0" "$@" </dev/null 9<&- &
child=$!
{ read -r line <&9; kill -9 $child; } >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- &
exec 9<&- 3>&- 4>&- 5>&- 6>&- </dev/null
wait $child`;

const SETPRIV_WORDS = ["--pdeathsig", "KILL", "--no-new-privs"];

/** The command with which `setpriv` shows that it can do this here. */
export const PARENT_DEATH_TEST = ["setpriv", ...SETPRIV_WORDS, "true"] as const;

export interface Guarded {
  readonly child: ChildProcess;
  kill(): void;
}

/** Descriptors from 1 on as `stdio` says; standard input is the guard's. */
export function spawnGuarded(
  guard: Guard,
  file: string,
  words: readonly string[],
  stdio: readonly ("ignore" | "pipe")[],
): Guarded {
  // Detached from the terminal, whose Ctrl-C is the launcher's to handle.
  const options = { detached: true } as const;
  if (guard === "parent-death") {
    const all: StdioOptions = ["ignore", ...stdio];
    const child = spawn("setpriv", [...SETPRIV_WORDS, file, ...words], { ...options, stdio: all });
    return { child, kill: () => child.kill("SIGKILL") };
  }
  const all: StdioOptions = ["pipe", ...stdio];
  const child = spawn("sh", ["-c", SHELL_SCRIPT, file, ...words], { ...options, stdio: all });
  const watch = child.stdio[WATCH]!;
  watch.on("error", () => {});
  child.once("exit", () => watch.destroy());
  return { child, kill: () => watch.destroy() };
}
