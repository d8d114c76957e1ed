/** QEMU as a child of this process: its command line started, its descriptors as streams. */
import type { Duplex, Readable } from "node:stream";
import type { NativeChild } from "../native/machine.ts";
import { Descriptor } from "./command-line.ts";
import { spawnGuarded } from "./guard.ts";
import type { QemuFacts } from "./probe.ts";

/** `isJoined`: the words name a cable. `gone` is called when QEMU has ended, or did not start. */
export function spawnGuest(
  { guard, file }: QemuFacts,
  words: readonly string[],
  isJoined: boolean,
  gone: () => void,
): NativeChild {
  const cable = isJoined ? "pipe" : "ignore";
  const { child, kill } = spawnGuarded(guard, file, words, ["ignore", "pipe", cable, "pipe", "pipe", "pipe"]);
  child.once("error", gone);
  child.once("exit", gone);
  const streams: readonly unknown[] = child.stdio;
  const stream = (descriptor: Descriptor) => streams[descriptor] as Readable;
  return {
    name: "QEMU",
    child,
    output: stream(Descriptor.Output),
    errors: stream(Descriptor.Errors),
    control: stream(Descriptor.Control),
    complaints: stream(Descriptor.Complaints),
    ...(isJoined ? { cable: streams[Descriptor.Cable] as Duplex } : {}),
    kill,
  };
}
