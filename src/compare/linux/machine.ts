/**
 * Node in a Linux microVM: the same QEMU machine, cable and gateway as an image of ours has, and in it a distribution's
 * kernel, loaded unpacked as Firecracker does, with Node as the only program.
 */
import { readFileSync } from "node:fs";
import type { Duplex, Readable } from "node:stream";
import { Gateway, GUEST_HARDWARE_ADDRESS } from "../../gateway/gateway.ts";
import { streamDevice } from "../../link/stream.ts";
import { endWithThisProcess } from "../../targets/native/children.ts";
import { SANDBOX } from "../../targets/qemu/command-line.ts";
import { spawnGuarded } from "../../targets/qemu/guard.ts";
import type { QemuFacts } from "../../targets/qemu/probe.ts";
import type { Accelerator } from "../../targets/target.ts";
import { LISTENING } from "../kinds/kind.ts";
import { Spoken } from "../kinds/spoken.ts";
import { GUEST_PORT, type LinuxFiles } from "./guest-files.ts";

/** Linux wants what our guests do without: a timer to count ticks with, and ACPI to find its devices. */
const MACHINE = "microvm,acpi=on,pit=on,pic=on,rtc=on,isa-serial=on";
/** What a guest of this machine can address. */
export const DEVICES = [
  "virtio network",
  "virtio entropy",
  "serial port",
  "interrupt controllers",
  "interval timer",
  "real-time clock",
  "ACPI",
  "firmware configuration",
];
export const DISK_DEVICE = "virtio block";
/** What a kernel can be told that shortens its way, and what has it end where it cannot go on. */
const PARAMETERS = [
  "console=ttyS0 quiet panic=-1 reboot=t",
  "random.trust_cpu=on cryptomgr.notests audit=0 apparmor=0",
  "8250.nr_uarts=1 i8042.noaux i8042.nokbd",
];
const CABLE = 3;

export interface LinuxMachine {
  readonly pid: number;
  /** At 127.0.0.1. */
  readonly port: number;
  readonly spoken: Spoken;
  stop(): Promise<void>;
}

/** Resolves when the server listens. */
export async function startLinux(
  facts: QemuFacts,
  accelerator: Accelerator,
  files: LinuxFiles,
  { memoryMiB, limitMs }: { readonly memoryMiB: number; readonly limitMs: number },
): Promise<LinuxMachine> {
  const words = [
    ...(facts.hasSandbox ? ["-sandbox", SANDBOX] : []),
    ...wordsFor(accelerator, files, memoryMiB),
  ];
  const { child, kill } = spawnGuarded(facts.guard, facts.file, words, ["pipe", "pipe", "pipe"]);
  endWithThisProcess(child);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const streams: readonly unknown[] = child.stdio;
  const device = streamDevice(streams[CABLE] as Duplex, () => {});
  const forward = {
    hostAddress: "127.0.0.1",
    hostPort: 0,
    guestPort: GUEST_PORT,
    protocol: "tcp" as const,
  };
  const gateway = new Gateway({ device, forwards: [forward] });
  const stop = async (): Promise<void> => {
    gateway.stop();
    kill();
    await ended;
  };
  try {
    const spoken = new Spoken(child, [child.stdout as Readable, child.stderr as Readable]);
    const listening = spoken.match(LISTENING, limitMs);
    const [[bound]] = await Promise.all([gateway.start(), listening]);
    return { pid: child.pid!, port: bound!.hostPort, spoken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function wordsFor(accelerator: Accelerator, files: LinuxFiles, memoryMiB: number): string[] {
  const mac = Buffer.from(GUEST_HARDWARE_ADDRESS).toString("hex").match(/../g)!.join(":");
  const { kernel, initramfs, disk } = files;
  return [
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-M", MACHINE, "-accel", accelerator],
    ...["-cpu", accelerator === "kvm" ? "host,-arch-capabilities" : "max", "-m", `${memoryMiB}M`],
    ...["-kernel", kernel, "-initrd", initramfs, "-append", parameters(accelerator)],
    ...["-serial", "stdio", "-global", "virtio-mmio.force-legacy=false", "-device", "virtio-rng-device"],
    ...["-netdev", `socket,id=net,fd=${CABLE}`, "-device", `virtio-net-device,netdev=net,mac=${mac}`],
    ...(disk === undefined ? [] : diskWords(disk)),
  ];
}

function diskWords(file: string): string[] {
  return [
    "-drive",
    `file=${file},format=raw,if=none,id=disk,readonly=on`,
    "-device",
    "virtio-blk-device,drive=disk",
  ];
}

/** TCG shows the host's own counter: a guest that measures it against an emulated timer on a busy host fails. */
function parameters(accelerator: Accelerator): string {
  const khz = accelerator === "tcg" ? hostCounterKhz() : undefined;
  return [...PARAMETERS, ...(khz === undefined ? [] : [`tsc_early_khz=${khz}`])].join(" ");
}

function hostCounterKhz(): number | undefined {
  const match = /^cpu MHz\s*: ([\d.]+)$/m.exec(readFileSync("/proc/cpuinfo", "latin1"));
  return match === null ? undefined : Math.round(Number(match[1]) * 1000);
}
