/** Starts an image for `run` and `dev`, and says where it listens. */
import type { Choice } from "../library/choose-target.ts";
import { describeNetwork } from "../library/guest-network.ts";
import type { Settings } from "../library/settings.ts";
import { startMachine } from "../library/start.ts";
import { guestUrl } from "../library/values.ts";
import type { Launchable, Machine } from "../targets/target.ts";
import type { Output } from "./output.ts";

export async function launch(
  image: Launchable,
  choice: Choice,
  settings: Settings,
  output: Output,
): Promise<Machine> {
  output.progress(`starting ${image.manifest.name}`);
  const machine = await startMachine(image, choice, settings, (stream, text) => output.console(stream, text));
  for (const forward of machine.forwards) {
    const url = guestUrl(forward);
    output.event("listening", `listening on ${url}`, { url, guestPort: forward.guestPort });
  }
  output.fact("started", {});
  const { tap, network } = settings;
  if (tap !== undefined) {
    output.event("attached", `on the network of ${tap}: ${describeNetwork(network)}`, { tap, ...network });
  }
  return machine;
}

/** Resolves at Ctrl-C or a request to end. */
export function interrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => resolve(undefined));
    }
  });
}
