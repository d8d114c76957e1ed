/** Images in QEMU as the `qemu` target starts them, under TCG and with the plugin that counts what they execute. */
import { buildNative } from "../../src/library/native-images.ts";
import { buildImage } from "../../src/image/image.ts";
import { runNative, requireNative } from "../../src/targets/native/machine.ts";
import { PrivateFiles } from "../../src/targets/native/private-files.ts";
import { spawnGuest } from "../../src/targets/qemu/child.ts";
import { guestWords } from "../../src/targets/qemu/command-line.ts";
import { qemuFacts, requireQemu } from "../../src/targets/qemu/probe.ts";
import type { Launchable, Machine, MachineOptions } from "../../src/targets/target.ts";
import type { InstructionCounter } from "./guest-instructions/count.ts";

const MEMORY_MIB = 32;

export async function bareImage(entry: string): Promise<Launchable> {
  const image = await buildImage(entry);
  return { ...image, native: await buildNative(image, "bare") };
}

export async function startCounted(
  image: Launchable,
  counter: InstructionCounter,
  options: MachineOptions,
): Promise<Machine> {
  const facts = await qemuFacts(requireQemu());
  const isNetworked = image.manifest.services.includes("ip");
  const files = new PrivateFiles();
  const { version, hasSandbox } = facts;
  const kernelFile = files.write("image", requireNative(image).elf);
  const configurationFile = files.write("configuration", "\n");
  const machine = { machine: "microvm", accelerator: "tcg", version, hasSandbox, kernelFile } as const;
  const network = { kind: isNetworked ? "cable" : "none" } as const;
  const words = guestWords({ ...machine, memoryMiB: MEMORY_MIB }, { configurationFile, network });
  return runNative(image, options, () =>
    spawnGuest(facts, [...words, ...counter.options], isNetworked, () => files.remove()),
  );
}
