/**
 * The `qemu` target: an image as a virtual machine, under KVM where a guest really runs there, else under TCG.
 *
 * Tests: target.test.ts, src/targets/conformance.test.ts
 */
import { loadedEnd } from "../../image/elf-file.ts";
import { UserError } from "../../image/user-error.ts";
import { configurationText } from "../configuration.ts";
import { requireNative, runNative, type NativeChild } from "../native/machine.ts";
import { PrivateFiles } from "../native/private-files.ts";
import { requireTap, tapHint } from "../tap.ts";
import type { Launchable, Machine, MachineOptions, ResidentMemory, Target } from "../target.ts";
import {
  guestWords,
  type GuestDevices,
  type GuestMachine,
  type GuestNetwork,
  type QemuMachine,
} from "./command-line.ts";
import { spawnGuest } from "./child.ts";
import { chooseAccelerator, qemuFacts, requireQemu, type QemuFacts } from "./probe.ts";

export const DEFAULT_MEMORY_MIB = 64;
/** Beside an image, unless another size is asked for. */
const LEAST_BESIDE_MIB = 48;
const MIB = 1024 * 1024;

export const qemuTarget: Target<ResidentMemory> = createQemuTarget("microvm");

export function createQemuTarget(machine: QemuMachine): Target<ResidentMemory> {
  return { name: "qemu", platform: "bare", start: (image, options) => start(image, options, machine) };
}

async function start(
  image: Launchable,
  options: MachineOptions,
  machine: QemuMachine,
): Promise<Machine<ResidentMemory>> {
  const { elf, disk } = requireNative(image);
  const memoryMiB = options.memoryMiB ?? usualMemoryMiB(elf);
  requireRoom(image.manifest.name, elf, memoryMiB);
  const configuration = configurationText(options);
  const facts = await qemuFacts(requireQemu());
  const accelerator = chooseAccelerator(facts, options.accelerator);
  const isNetworked = image.manifest.services.includes("ip");
  if (isNetworked && options.tap !== undefined) requireTap(options.tap);
  return runNative(image, options, () => {
    const files = new PrivateFiles();
    try {
      const network = networkOf(isNetworked, options.tap);
      const guest = {
        machine,
        accelerator,
        version: facts.version,
        hasSandbox: facts.hasSandbox,
        memoryMiB,
      };
      if (disk !== undefined) {
        const kernelFile = files.write("disk", disk.configured(configuration));
        return launch(facts, { ...guest, machine: "q35", kernelFile, isDisk: true }, { network }, files);
      }
      const kernelFile = files.write("image", elf);
      const configurationFile = files.write("configuration", configuration);
      return launch(facts, { ...guest, kernelFile }, { network, configurationFile }, files);
    } catch (error) {
      files.remove();
      throw error;
    }
  });
}

/** What is left beside a large image is as much as beside a small one, nearly. */
function usualMemoryMiB(elf: Uint8Array): number {
  return Math.max(DEFAULT_MEMORY_MIB, Math.ceil(loadedEnd(elf) / MIB) + LEAST_BESIDE_MIB);
}

/** An image that does not fit would be loaded where there is no memory, and never be heard of. */
function requireRoom(name: string, elf: Uint8Array, memoryMiB: number): void {
  const needed = Math.ceil(loadedEnd(elf) / MIB);
  if (needed <= memoryMiB) return;
  const said = `the image of ${name} alone needs ${needed} MiB of memory, and the machine has ${memoryMiB}`;
  throw new UserError("memory", said, `give it more, for instance --memory ${needed * 2}M`);
}

function networkOf(isNetworked: boolean, tap: string | undefined): GuestNetwork {
  if (!isNetworked) return { kind: "none" };
  return tap === undefined ? { kind: "cable" } : { kind: "tap", name: tap };
}

function launch(
  facts: QemuFacts,
  machine: GuestMachine,
  devices: GuestDevices,
  files: PrivateFiles,
): NativeChild {
  const isJoined = devices.network.kind === "cable";
  const guest = spawnGuest(facts, guestWords(machine, devices), isJoined, () => files.remove());
  return { ...guest, hint: (complaints) => hintFor(complaints, devices), started: () => files.remove() };
}

/** What QEMU's own words mean for the user. */
function hintFor(complaints: string, { network }: GuestDevices): string | undefined {
  if (/cannot set up guest memory|Cannot allocate memory/i.test(complaints)) return "give it less --memory";
  if (network.kind === "tap" && /tun|tap|ioctl/i.test(complaints)) {
    return tapHint(network.name);
  }
  return undefined;
}
