/** Starts an image for `run` and `dev`, and says where it listens. */
import type { Choice } from "../library/choose-target.ts";
import { describeNetwork } from "../library/guest-network.ts";
import type { Settings } from "../library/settings.ts";
import { startMachine } from "../library/start.ts";
import type { Launchable, Machine } from "../targets/target.ts";
import { tellListening, whenListening } from "./listening.ts";
import type { Output } from "./output.ts";

export async function launch(
  image: Launchable,
  choice: Choice,
  settings: Settings,
  output: Output,
): Promise<Machine> {
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

/** Resolves at Ctrl-C or a request to end: with the status of a command that it ends. */
export function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, number] of Object.entries(SIGNALS)) {
      process.once(signal, () => resolve(SIGNALLED + number));
    }
  });
}
