/**
 * What a Linux guest finds: this host's Node with the libraries that it is linked against, one app, the drivers of its
 * devices, a first program. In two forms, of which each has its merit:
 *
 *   memory   all in the first file system, which the monitor puts into memory: the least that can be set up
 *   disk     Node on a disk, of which a page is read when it is used; the first file system mounts it
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GUEST_ADDRESS } from "../../gateway/gateway.ts";
import { APP_PLACE, contentOf, NODE_PLACE, nodeFiles, type PlacedFile } from "../node-files.ts";
import { messageOf, NotHere } from "../not-here.ts";
import { unpackBootFile } from "./boot-file.ts";
import { archive, type ArchiveFile } from "./cpio.ts";
import { Call, firstProgram, LAST_DESCRIPTOR, type Step } from "./first-program.ts";
import type { LinuxKernel } from "./kernel.ts";
import { modulesFor, type KernelModule } from "./modules.ts";

/** An ordinary user may listen there. */
export const GUEST_PORT = 8080;
const NETWORK_MODULES = ["virtio_mmio", "virtio_net"];
const DISK_MODULES = ["virtio_mmio", "virtio_blk", "ext4", "virtio_net"];
const DISK_TYPE = "ext4";
const DISK_SPARE_BYTES = 16 * 1024 * 1024;

export const FORMS = ["memory", "disk"] as const;
export type Form = (typeof FORMS)[number];

export interface GuestApp {
  readonly code: Uint8Array;
  readonly environment: Readonly<Record<string, string>>;
}

export interface LinuxFiles {
  /** Unpacked, where it can be: a monitor that loads it spares the guest from doing so. */
  readonly kernel: string;
  readonly initramfs: string;
  /** A file system for Node, if it does not lie in the first one. */
  readonly disk?: string;
  readonly modules: readonly KernelModule[];
  /** Of the kernel. */
  readonly release: string;
}

/** Throws `NotHere` where the host lacks what they are made with. */
export function writeGuest(folder: string, linux: LinuxKernel, app: GuestApp, form: Form): LinuxFiles {
  const place = (name: string): string => path.join(folder, name);
  const kernel = place("vmlinux");
  const boot = readFileSync(linux.bootFile);
  writeFileSync(kernel, unpackBootFile(boot) ?? boot);
  const initramfs = place(`${form}.cpio`);
  const modules = modulesFor(linux.modulesFolder, form === "memory" ? NETWORK_MODULES : DISK_MODULES);
  const drivers = modules.map(({ name, bytes }) => ({ path: modulePath(name), bytes }));
  const appFile = place(APP_PLACE);
  writeFileSync(appFile, app.code);
  const files = [...nodeFiles(), { from: appFile, to: APP_PLACE }];
  const programs = form === "memory" ? files.map(asArchiveFile) : [{ path: "disk" }, { path: "dev" }];
  const init = { path: "init", bytes: firstOf(modules, app, form), isExecutable: true };
  writeFileSync(initramfs, archive([{ path: "proc" }, ...drivers, ...programs, init]));
  const { release } = linux;
  if (form === "memory") return { kernel, initramfs, modules, release };
  const disk = place("disk.image");
  writeDisk(disk, files);
  return { kernel, initramfs, disk, modules, release };
}

const modulePath = (name: string): string => `modules/${name}.ko`;

function asArchiveFile(file: PlacedFile): ArchiveFile {
  return { path: file.to, bytes: contentOf(file), isExecutable: true };
}

function writeDisk(file: string, files: readonly PlacedFile[]): void {
  const folder = `${file}.files`;
  try {
    for (const name of ["proc", "dev"]) mkdirSync(path.join(folder, name), { recursive: true });
    let sizeBytes = DISK_SPARE_BYTES;
    for (const { from, to } of files) {
      const target = path.join(folder, to);
      mkdirSync(path.dirname(target), { recursive: true });
      cpSync(from, target);
      sizeBytes += statSync(target).size;
    }
    // The journal is for writers, and this disk has none.
    const words = ["-q", "-F", "-t", DISK_TYPE, "-O", "^has_journal", "-m", "0", "-d", folder, file];
    const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
    writeFileSync(file, "");
    execFileSync("mke2fs", [...words, `${Math.ceil(sizeBytes / 1024)}k`], { env, stdio: "pipe" });
  } catch (error) {
    throw new NotHere(`mke2fs makes no disk: ${messageOf(error)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of mount(2). */
const enum MountFlag {
  ReadOnly = 1,
  Move = 8192,
}

const NOBODY = 65534;

function firstOf(modules: readonly KernelModule[], app: GuestApp, form: Form): Uint8Array {
  const user: Step[] = [
    { call: Call.Setgid, arguments: [NOBODY], name: "leave the group of root" },
    { call: Call.Setuid, arguments: [NOBODY], name: "become an ordinary user" },
  ];
  const steps = [
    mount("proc", "/proc", "proc"),
    ...modules.flatMap(({ name }) => load(name)),
    ...(form === "disk" ? diskSteps() : []),
    ...networkSteps(),
    ...user,
  ];
  const environment = Object.entries({ ...app.environment, SKERRY_TELL: "1" });
  return firstProgram(
    steps,
    [`/${NODE_PLACE}`, `/${APP_PLACE}`, String(GUEST_PORT), GUEST_ADDRESS],
    environment.map(([name, value]) => `${name}=${value}`),
  );
}

function mount(what: string, where: string, type: string, flags = 0, data = ""): Step {
  return { call: Call.Mount, arguments: [what, where, type, flags, data], name: `mount ${where}` };
}

function load(name: string): Step[] {
  return [
    { call: Call.Open, arguments: [`/${modulePath(name)}`, 0, 0], name: `open ${name}` },
    { call: Call.FinitModule, arguments: [LAST_DESCRIPTOR, "", 0], name: `load ${name}` },
  ];
}

function diskSteps(): Step[] {
  return [
    mount("dev", "/dev", "devtmpfs"),
    mount("/dev/vda", "/disk", DISK_TYPE, MountFlag.ReadOnly, "noload"),
    mount("/proc", "/disk/proc", "", MountFlag.Move),
    mount("/dev", "/disk/dev", "", MountFlag.Move),
    { call: Call.Chroot, arguments: ["/disk"], name: "enter the disk" },
    { call: Call.Chdir, arguments: ["/"], name: "enter its root" },
  ];
}

/** Of netdevice(7). */
const enum DeviceRequest {
  SetFlags = 0x8914,
  SetAddress = 0x8916,
  SetNetmask = 0x891c,
}
const AF_INET = 2;
const SOCK_DGRAM = 2;
const UP_AND_RUNNING = 0x41;
const NAME_BYTES = 16;

function networkSteps(): Step[] {
  const configure = (device: string, request: DeviceRequest, fill: (view: DataView) => void): Step => {
    const bytes = new Uint8Array(40);
    bytes.set(Buffer.from(device));
    fill(new DataView(bytes.buffer, NAME_BYTES));
    return { call: Call.Ioctl, arguments: [LAST_DESCRIPTOR, request, bytes], name: `set up ${device}` };
  };
  const address = (text: string) => (view: DataView) => {
    view.setUint16(0, AF_INET, true);
    text.split(".").forEach((part, index) => view.setUint8(4 + index, Number(part)));
  };
  const up = (view: DataView): void => view.setUint16(0, UP_AND_RUNNING, true);
  return [
    { call: Call.Socket, arguments: [AF_INET, SOCK_DGRAM, 0], name: "open a socket" },
    configure("lo", DeviceRequest.SetFlags, up),
    configure("eth0", DeviceRequest.SetAddress, address(GUEST_ADDRESS)),
    configure("eth0", DeviceRequest.SetNetmask, address("255.255.255.0")),
    configure("eth0", DeviceRequest.SetFlags, up),
  ];
}
