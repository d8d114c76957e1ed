/**
 * Node in a Linux microVM: the same QEMU machine, cable and gateway as an image of ours has, and in it Debian's kernel,
 * loaded unpacked as Firecracker does, with Node as the first process.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { Gateway, GUEST_HARDWARE_ADDRESS } from "../../../src/gateway/gateway.ts";
import { streamDevice } from "../../../src/link/stream.ts";
import { endWithThisProcess } from "../../../src/targets/native/children.ts";
import { spawnGuarded } from "../../../src/targets/qemu/guard.ts";
import type { QemuFacts } from "../../../src/targets/qemu/probe.ts";
import type { Accelerator } from "../../../src/targets/target.ts";
import { ChildCost } from "../child-cost.ts";
import { firstResponse } from "../first-response.ts";
import type { Sample } from "../row.ts";
import { GUEST_PORT } from "./init.ts";

/** Linux wants what our guests do without: a timer to count ticks with, and ACPI to find its devices. */
const MACHINE = "microvm,acpi=on,pit=on,pic=on,rtc=on,isa-serial=on";
/** What a kernel can be told that shortens its way, and what has it end where it cannot go on. */
const PARAMETERS = [
  "console=ttyS0 quiet panic=-1 reboot=t",
  "random.trust_cpu=on cryptomgr.notests audit=0 apparmor=0",
  "8250.nr_uarts=1 i8042.noaux i8042.nokbd",
];
const CABLE = 3;
/** Even so long a boot is one. */
export const LINUX_LIMIT_MS = 40_000;
const SAID_LIMIT = 65_536;

export interface LinuxFiles {
  readonly kernel: string;
  readonly initramfs: string;
  /** A file system for the server, if it does not lie in the first one. */
  readonly disk?: string;
}

export async function runLinux(
  facts: QemuFacts,
  accelerator: Accelerator,
  files: LinuxFiles,
  memoryMiB: number,
): Promise<Sample> {
  const startedAt = performance.now();
  const cost = new ChildCost();
  const { child, kill } = spawnGuarded(facts.guard, facts.file, words(facts, accelerator, files, memoryMiB), [
    "pipe",
    "pipe",
    "pipe",
  ]);
  endWithThisProcess(child);
  const ended = once(child, "exit");
  const timer = setTimeout(kill, LINUX_LIMIT_MS);
  const streams: readonly unknown[] = child.stdio;
  const device = streamDevice(streams[CABLE] as Duplex, () => {});
  const forward = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: GUEST_PORT, protocol: "tcp" as const };
  const gateway = new Gateway({ device, forwards: [forward] });
  try {
    const [bound] = await gateway.start();
    await listening(child);
    await firstResponse(bound!.hostPort, LINUX_LIMIT_MS);
    const wallMs = performance.now() - startedAt;
    const read = cost.read();
    return { wallMs, ...(read === undefined ? {} : { cost: read }) };
  } finally {
    clearTimeout(timer);
    gateway.stop();
    kill();
    await ended;
  }
}

function words(facts: QemuFacts, accelerator: Accelerator, files: LinuxFiles, memoryMiB: number): string[] {
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

/** Resolves when the server says so on the serial line. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (bytes: Buffer): void => {
      said = (said + bytes.toString("latin1")).slice(-SAID_LIMIT);
      if (said.includes("listening")) resolve();
    };
    (child.stdout as Readable).on("data", hear);
    (child.stderr as Readable).on("data", hear);
    child.once("error", reject);
    child.once("exit", (status, signal) => {
      const last = said.trim().split("\n").at(-1) ?? "";
      const limit = `did not answer within ${LINUX_LIMIT_MS / 1000} s`;
      reject(new Error(signal === "SIGKILL" ? limit : `QEMU ended with ${status}: ${last}`));
    });
  });
}
