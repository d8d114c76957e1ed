/** Starts an image for `run` and `dev`: console with mapped stacks, and the line that says where it listens. */
import { mapStackText } from "../image/stack-map.ts";
import type { Launchable, Machine } from "../targets/target.ts";
import type { Choice } from "./choose-target.ts";
import type { RunOptions } from "./options.ts";
import { urlOf, type Output } from "./output.ts";

export async function launch(
  image: Launchable,
  { target, accelerator }: Choice,
  options: RunOptions,
  output: Output,
): Promise<Machine> {
  const map = image.manifest.face === "js" ? image.sourceMap : undefined;
  const isJoined = image.manifest.services.includes("ip") && options.tap === undefined;
  const { pcapFile, memoryMiB, tap } = options;
  const machine = await target.start(image, {
    forwards: isJoined ? options.forwards : [],
    environment: options.environment,
    outbound: options.outbound,
    ...(pcapFile === undefined ? {} : { pcapFile }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(accelerator === undefined ? {} : { accelerator }),
    ...(tap === undefined ? {} : { tap }),
    onConsole: (stream, text) => output.console(stream, map === undefined ? text : mapStackText(text, map)),
  });
  for (const forward of machine.forwards) {
    const url = urlOf(forward);
    output.event("listening", `listening on ${url}`, { url, guestPort: forward.guestPort });
  }
  if (tap !== undefined) {
    output.event("attached", `on the network of ${tap}; the guest asks there for its address by DHCP`, {
      tap,
    });
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
