/** The machine in the background that a word names. */
import { UserError } from "../image/user-error.ts";
import { findMachine, listMachines, type KnownMachine } from "../machines/registry.ts";

/** Throws a `UserError` with those that there are. */
export function machineCalled(name: string): KnownMachine {
  const found = findMachine(name);
  if (found !== undefined) return found;
  const names = listMachines().map((machine) => machine.name);
  throw new UserError(
    "name",
    `there is no machine called ${name} in the background`,
    names.length === 0 ? "there are none: start one with skerry run -d" : `there are: ${names.join(", ")}`,
  );
}

/** The only one, where no name is given. */
export function onlyMachine(command: string, word: string | undefined): KnownMachine {
  if (word !== undefined) return machineCalled(word);
  const machines = listMachines();
  const running = machines.filter(({ state }) => state === "running");
  const [only, ...more] = running.length > 0 ? running : machines;
  if (only !== undefined && more.length === 0) return only;
  throw new UserError(
    "name",
    only === undefined ? "there are no machines in the background" : `skerry ${command} needs a NAME`,
    only === undefined
      ? "start one with skerry run -d"
      : `there are: ${[only, ...more].map(({ name }) => name).join(", ")}`,
  );
}
