/** An image that no compiler made, and a script in its place: for tests of what launches images. */
import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import type { ServiceName } from "../../abi/services.ts";
import type { Launchable, MachineOptions } from "../target.ts";
import type { NativeChild } from "./machine.ts";

export function testImage(services: readonly ServiceName[], elf: Uint8Array | string = ""): Launchable {
  return {
    manifest: { format: 1, name: "test", face: "native", services, modules: [] },
    inputs: [],
    native: { elf: typeof elf === "string" ? Buffer.from(elf) : elf, linked: { instances: [], regions: [] } },
  };
}

export interface Heard {
  readonly options: MachineOptions;
  readonly text: { 1: string; 2: string };
}

/** Options that keep what the console says. */
export function listening(more: Partial<MachineOptions> = {}): Heard {
  const text = { 1: "", 2: "" };
  const onConsole = (stream: 1 | 2, piece: string): void => void (text[stream] += piece);
  return { options: { forwards: [], environment: {}, outbound: [], onConsole, ...more }, text };
}

/** Node runs `script`, whose descriptor 3 is the cable and 4 the control channel. */
export function scriptChild(script: string): NativeChild {
  const child = spawn(process.execPath, ["-e", script], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
  });
  return {
    name: "the script",
    child,
    output: child.stdout!,
    errors: child.stderr!,
    control: child.stdio[4] as Duplex,
    cable: child.stdio[3] as Duplex,
    kill: () => child.kill("SIGKILL"),
  };
}
