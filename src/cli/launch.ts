/** Starts an image for `run` and `dev`: console with mapped stacks, and the line that says where it listens. */
import type { Image } from "../image/image.ts";
import { mapStackText } from "../image/stack-map.ts";
import { nodeTarget } from "../targets/node/target.ts";
import type { Machine } from "../targets/target.ts";
import type { RunOptions } from "./options.ts";
import { urlOf, type Output } from "./output.ts";

export async function launch(image: Image, options: RunOptions, output: Output): Promise<Machine> {
  const map = image.manifest.face === "js" ? image.sourceMap : undefined;
  const networked = image.manifest.services.includes("ip");
  const machine = await nodeTarget.start(image, {
    forwards: networked ? options.forwards : [],
    environment: options.environment,
    outbound: options.outbound,
    ...(options.pcapFile === undefined ? {} : { pcapFile: options.pcapFile }),
    onConsole: (stream, text) => output.console(stream, map === undefined ? text : mapStackText(text, map)),
  });
  for (const forward of machine.forwards) {
    const url = urlOf(forward);
    output.event("listening", `listening on ${url}`, { url, guestPort: forward.guestPort });
  }
  return machine;
}

/** Resolves at Ctrl-C or a request to end. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}
