/**
 * QEMU's command line for an image: as little of a machine as it needs.
 *
 *   serial port COM1              console output
 *   debug console, port 0xe9      console errors
 *   debug console, port 0xea      control records
 *   first boot module             the configuration, unless it is on the disk that the guest boots from
 *   port 0xf4                     the end (isa-debug-exit)
 *   virtio-net, virtio-rng        over MMIO on `microvm`, over PCI on `q35`
 *
 * Tests: command-line.test.ts
 */
import type { Accelerator } from "../target.ts";

/** Descriptors that QEMU inherits. */
export const enum Descriptor {
  Complaints = 2,
  Cable = 3,
  Output = 4,
  Errors = 5,
  Control = 6,
}

/** `q35` has a whole PC's chipset, and our devices on its PCI bus: as other VMMs have them. */
export type QemuMachine = "microvm" | "q35";

export interface GuestMachine {
  readonly machine: QemuMachine;
  readonly accelerator: Accelerator;
  /** Of QEMU: `[7, 2]`. */
  readonly version: readonly [major: number, minor: number];
  /** QEMU was built with its system call filter. */
  readonly hasSandbox: boolean;
  readonly memoryMiB: number;
  /** The image, which QEMU loads itself; or a disk, from which its firmware and the disk's own loader do. */
  readonly kernelFile: string;
  readonly isDisk?: true;
}

export interface GuestDevices {
  /** Of a guest whose disk does not hold it. */
  readonly configurationFile?: string;
  readonly network: GuestNetwork;
}

export type GuestNetwork =
  { readonly kind: "none" } | { readonly kind: "cable" } | { readonly kind: "tap"; readonly name: string };

const MACHINES: Readonly<Record<QemuMachine, string>> = {
  microvm: "microvm,acpi=off,pic=off,pit=off,rtc=on,isa-serial=on",
  q35: "q35",
};

/** Some nested hosts refuse the register behind this feature, at which QEMU aborts; no guest of ours reads it. */
const KVM_PROCESSOR = "host,-arch-capabilities";
export const SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
/** Before it, TCG for one processor left out memory barriers that device threads rely on. */
const TCG_BARRIERS_VERSION = [8, 1] as const;
/** As `GUEST_HARDWARE_ADDRESS` of the gateway. */
const HARDWARE_ADDRESS = "02:53:4b:00:00:0f";

/** What every start has, the probe's too. */
export function machineWords(guest: GuestMachine): string[] {
  const { machine, accelerator, hasSandbox, memoryMiB } = guest;
  return [
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...(hasSandbox ? ["-sandbox", SANDBOX] : []),
    ...["-M", MACHINES[machine], "-accel", accelerator],
    ...["-cpu", accelerator === "kvm" ? KVM_PROCESSOR : "max"],
    ...(needsSecondProcessor(guest) ? ["-smp", "2"] : []),
    ...["-m", `${memoryMiB}M`],
    ...["-global", "virtio-mmio.force-legacy=false"],
    ...imageWords(guest),
    ...["-device", "isa-debug-exit,iobase=0xf4,iosize=1"],
  ];
}

export function guestWords(guest: GuestMachine, { configurationFile, network }: GuestDevices): string[] {
  const words = [
    ...machineWords(guest),
    ...(configurationFile === undefined ? [] : ["-initrd", configurationFile]),
    ...channel("output", Descriptor.Output),
    ...["-serial", "chardev:output"],
    ...channel("errors", Descriptor.Errors),
    ...["-device", "isa-debugcon,iobase=0xe9,chardev=errors"],
    ...channel("control", Descriptor.Control),
    ...["-device", "isa-debugcon,iobase=0xea,chardev=control"],
  ];
  const bus = guest.machine === "q35" ? "pci" : "device";
  words.push("-device", `virtio-rng-${bus}`);
  if (network.kind === "none") return words;
  const source =
    network.kind === "cable"
      ? `socket,id=net,fd=${Descriptor.Cable}`
      : `tap,id=net,ifname=${escapeComma(network.name)},script=no,downscript=no`;
  return [...words, "-netdev", source, "-device", `virtio-net-${bus},netdev=net,mac=${HARDWARE_ADDRESS}`];
}

function imageWords({ kernelFile, isDisk }: GuestMachine): string[] {
  return isDisk ? ["-drive", `file=${escapeComma(kernelFile)},format=raw`] : ["-kernel", kernelFile];
}

function channel(id: string, descriptor: Descriptor): string[] {
  return ["-chardev", `socket,id=${id},fd=${descriptor}`];
}

function needsSecondProcessor({ accelerator, version: [major, minor] }: GuestMachine): boolean {
  const [fixedMajor, fixedMinor] = TCG_BARRIERS_VERSION;
  const isFixed = major > fixedMajor || (major === fixedMajor && minor >= fixedMinor);
  return accelerator === "tcg" && !isFixed;
}

/** Options of QEMU are separated by commas; a comma that is meant stands twice. */
function escapeComma(text: string): string {
  return text.replaceAll(",", ",,");
}
