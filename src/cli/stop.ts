/** `skerry stop`: ends machines in the background. */
import { UserError } from "../image/user-error.ts";
import { isRunning, type ProcessIdentity } from "../machines/identity.ts";
import { listMachines, removeEnded, type KnownMachine } from "../machines/registry.ts";
import { defineCommand } from "./command.ts";
import { machineCalled } from "./known-machines.ts";
import { JSON_OPTION } from "./options.ts";
import { createOutput } from "./output.ts";

/** How long a machine may take to close; then it is killed. */
const STOP_LIMIT_MS = 5000;
const LOOK_MS = 20;

export const stop = defineCommand({
  name: "stop",
  usage: ["NAME...", "--all"],
  summary: "end machines in the background",
  about: [
    "Ends the machines and forgets them and their logs; of those that have already ended, it forgets what is left.",
  ],
  options: { all: { short: "a", help: "all machines of this user" }, ...JSON_OPTION },
  examples: ["skerry stop api", "skerry stop --all"],
  async run({ values, positionals }) {
    const machines = values.all === true ? listMachines() : positionals.map(machineCalled);
    if (machines.length === 0 && values.all !== true) {
      throw new UserError("usage", "skerry stop needs a NAME, or --all", "skerry ps lists them");
    }
    const output = createOutput(values.json);
    await Promise.all(
      machines.map(async (machine) => {
        const how = await end(machine);
        removeEnded(machine.name);
        output.event("stopped", `${machine.name} ${how}`, { name: machine.name, how });
      }),
    );
    return 0;
  },
});

async function end({ attendant, state, exitStatus }: KnownMachine): Promise<string> {
  if (state === "ended") return exitStatus === undefined ? "had been killed" : `had ended with ${exitStatus}`;
  send(attendant, "SIGTERM");
  if (await gone(attendant)) return "was stopped";
  send(attendant, "SIGKILL");
  await gone(attendant);
  return "did not end by itself and was killed";
}

async function gone(attendant: ProcessIdentity): Promise<boolean> {
  for (const limit = Date.now() + STOP_LIMIT_MS; isRunning(attendant);) {
    if (Date.now() > limit) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** To this process only, not to another that got its number. */
function send(attendant: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(attendant)) return;
  try {
    process.kill(attendant.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
