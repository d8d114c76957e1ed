/**
 * The `process` target: an image as a Linux process of its own, confined by its own system call filter.
 *
 *   descriptor 1, 2   the console
 *   3                 the cable: frames to the gateway (a TAP device it opens itself)
 *   4                 the configuration, until end of file; the other way, control records
 *
 * Tests: src/targets/conformance.test.ts
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { UserError } from "../../image/user-error.ts";
import { configurationText } from "../configuration.ts";
import { requireNative, runNative, type NativeChild } from "../native/machine.ts";
import { PrivateFiles } from "../native/private-files.ts";
import { requireTap, tapHint } from "../tap.ts";
import type { Launchable, Machine, MachineOptions, ResidentMemory, Target } from "../target.ts";

const CABLE = 3;
const CONTROL = 4;
const EXECUTABLE_MODE = 0o700;
const NO_PROGRAMS_HINT =
  "that folder may hold no programs (noexec): name another, TMPDIR=/somewhere skerry ..., or take --target qemu or node";

export const processTarget: Target<ResidentMemory> = { name: "process", platform: "process", start };

async function start(image: Launchable, options: MachineOptions): Promise<Machine<ResidentMemory>> {
  requireHost();
  const { elf } = requireNative(image);
  const configuration = configurationText({
    ...options,
    configuration: [...memoryLimit(options.memoryMiB), ...(options.configuration ?? [])],
  });
  const isNetworked = image.manifest.services.includes("ip");
  const { tap } = options;
  if (isNetworked && tap !== undefined) requireTap(tap);
  const hasCable = isNetworked && tap === undefined;
  // A file of frames is read by who wants to see them as they would be on a wire.
  const offloads = hasCable && options.pcapFile === undefined;
  const words = [...networkWords(isNetworked, tap), ...(offloads ? ["net.offload=1"] : []), `@${CONTROL}`];
  return runNative(image, options, () => {
    const child = spawnImage(elf, words, hasCable);
    const control = child.stdio[CONTROL] as Duplex;
    // Reading it to its end is how the image knows that the configuration is whole.
    control.end(configuration);
    let isRefused = false;
    child.once("error", ({ code }: NodeJS.ErrnoException) => (isRefused = code === "EACCES"));
    return {
      name: "the image",
      child,
      output: child.stdout!,
      errors: child.stderr!,
      control,
      ...(hasCable ? { cable: child.stdio[CABLE] as Duplex, offloads } : {}),
      hint: () => (isRefused ? NO_PROGRAMS_HINT : tap === undefined ? undefined : tapHint(tap)),
      kill: () => child.kill("SIGKILL"),
    } satisfies NativeChild;
  });
}

/** A process has no memory of its own to be given: its app is held to so much. */
function memoryLimit(memoryMiB: number | undefined): readonly string[] {
  return memoryMiB === undefined ? [] : [`app.memoryMiB=${memoryMiB}`];
}

function networkWords(isNetworked: boolean, tap: string | undefined): readonly string[] {
  if (!isNetworked) return [];
  return [tap === undefined ? `net.socket=${CABLE}` : `net.tap=${tap}`];
}

function spawnImage(elf: Uint8Array, words: readonly string[], hasCable: boolean): ChildProcess {
  const files = new PrivateFiles();
  try {
    const file = files.write("image", elf, EXECUTABLE_MODE);
    // Detached from the terminal, whose Ctrl-C is the launcher's to handle.
    return spawn(file, words, {
      env: {},
      detached: true,
      stdio: ["ignore", "pipe", "pipe", hasCable ? "pipe" : "ignore", "pipe"],
    });
  } finally {
    // Once the process runs, the file may go: the system keeps what is mapped.
    files.remove();
  }
}

function requireHost(): void {
  if (canRunProcesses()) return;
  throw new UserError(
    "host",
    `target process needs Linux on x86-64, found ${process.platform} on ${process.arch}`,
    "use --target qemu or --target node",
  );
}

/** Whether images can run beside this process at all. */
export function canRunProcesses(): boolean {
  return process.platform === "linux" && process.arch === "x64";
}
