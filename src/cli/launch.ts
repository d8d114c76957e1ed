/** Starts an image for `run` and `dev`, and says where it listens. */
import { setTimeout as wait } from "node:timers/promises";
import { mayListen } from "../image/services.ts";
import { UserError } from "../image/user-error.ts";
import type { Choice } from "../library/choose-target.ts";
import { describeNetwork } from "../library/guest-network.ts";
import type { Settings } from "../library/settings.ts";
import { startMachine } from "../library/start.ts";
import type { Launchable, Machine } from "../targets/target.ts";
import { tellListening, warnOfUnusedPorts, whenListening } from "./listening.ts";
import { warnOfFewFiles } from "./open-files.ts";
import type { Output } from "./output.ts";
import { whenNpmIsGone } from "./waiting-npm.ts";

export async function launch(
  image: Launchable,
  choice: Choice,
  settings: Settings,
  output: Output,
): Promise<Machine> {
  warnOfUnusedPorts(image.manifest, settings, output);
  if (mayListen(image.manifest)) warnOfFewFiles(output);
  output.progress(`starting ${image.manifest.name}`);
  const machine = await startMachine(image, choice, settings, (stream, text) => output.console(stream, text));
  await whenListening(machine, machine.forwards, tellListening(settings, output));
  output.fact("started", {});
  const { tap, network } = settings;
  if (tap !== undefined) {
    output.event("attached", `on the network of ${tap}: ${describeNetwork(network)}`, { tap, ...network });
  }
  return machine;
}

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
/** As shells count. */
const SIGNALLED = 128;
export const CTRL_C_STATUS = SIGNALLED + SIGNALS.SIGINT;

/** Resolves at Ctrl-C, a request to end, or the end of npm that waits: with the status of a command that it ends. */
export function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, number] of Object.entries(SIGNALS)) {
      process.once(signal, () => resolve(SIGNALLED + number));
    }
    whenNpmIsGone(() => resolve(SIGNALLED + SIGNALS.SIGTERM));
  });
}

/** How long a failure waits for the signal that may have caused it. */
const SIGNAL_WAIT_MS = 200;

/**
 * What `work` gives, or the status of the signal that ends it. A terminal sends its signal to each of the processes there:
 * that one of ours ended by it may be heard before the signal itself, and is no failure.
 */
export async function untilSignal<Result>(
  work: Promise<Result>,
  signal: Promise<number>,
): Promise<Result | number> {
  try {
    return await Promise.race([work, signal]);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const status = await Promise.race([signal, wait(SIGNAL_WAIT_MS)]);
    if (status === undefined) throw error;
    return status;
  }
}
