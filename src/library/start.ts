/** Starts an image with settings: what its console says has places in the user's own files. */
import { UserError } from "../image/user-error.ts";
import { mayListen } from "../image/services.ts";
import { MappedStream } from "../image/stack-map.ts";
import type { Launchable, Machine, MachineOptions } from "../targets/target.ts";
import type { Choice } from "./choose-target.ts";
import type { Settings } from "./settings.ts";

export async function startMachine(
  image: Launchable,
  { target, accelerator }: Choice,
  settings: Settings,
  onConsole: MachineOptions["onConsole"],
): Promise<Machine> {
  const map = image.manifest.face === "js" ? image.sourceMap : undefined;
  const mapped = new Map<number, MappedStream>();
  if (map !== undefined) {
    for (const stream of [1, 2] as const) {
      mapped.set(stream, new MappedStream(map, (text) => onConsole(stream, text)));
    }
  }
  const { pcapFile, memoryMiB, tap, environment, outbound, bootLines } = settings;
  const isNetworked = image.manifest.services.includes("ip");
  if (!isNetworked && tap !== undefined) {
    throw new UserError("usage", `--tap ${tap}: ${image.manifest.name} uses no network`, "run it without");
  }
  if (settings.network.address6 !== undefined && !image.manifest.services.includes("ip6")) {
    const said = `--address6: the image of ${image.manifest.name} was built without IPv6`;
    throw new UserError("usage", said, "build it again: skerry build ... --ipv6");
  }
  const isJoined = mayListen(image.manifest) && tap === undefined;
  const machine = await target.start(image, {
    forwards: isJoined ? settings.forwards : [],
    environment,
    outbound,
    configuration: bootLines,
    ...(pcapFile === undefined ? {} : { pcapFile }),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(accelerator === undefined ? {} : { accelerator }),
    ...(tap === undefined ? {} : { tap }),
    onConsole: (stream, text) => {
      const places = mapped.get(stream);
      if (places === undefined) onConsole(stream, text);
      else places.push(text);
    },
  });
  const exited = machine.exited.finally(() => mapped.forEach((places) => places.flush()));
  return { ...machine, exited };
}
