/**
 * What the Linux guest finds: this host's Node with the libraries that it is linked against, one server, drivers of its
 * devices, and a shell script as the first process. In two forms, of which each has its merit:
 *
 *   memory   all in the first file system, which the monitor puts into memory: the least that can be set up
 *   disk     Node on a disk, of which a page is read when it is used; the first file system mounts it
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GUEST_ADDRESS } from "../../../src/gateway/gateway.ts";
import { archive, type ArchiveFile } from "./cpio.ts";
import type { DebianFiles } from "./debian.ts";
import { modulesFor, type KernelModule } from "./modules.ts";

export const GUEST_PORT = 80;
const NETMASK = "255.255.255.0";
const BUSYBOX = "bin/busybox";
const NETWORK_MODULES = ["virtio_mmio", "virtio_net"];
const DISK_MODULES = ["virtio_mmio", "virtio_blk", "virtio_net"];
const DISK_TYPE = "ext4";
const DISK_SPARE_BYTES = 16 * 1024 * 1024;

/** Not packed: a guest that has nothing to unpack answers soonest. */
export function memoryForm(debian: DebianFiles, serverFile: string): Uint8Array {
  const modules = modulesFor(debian.modulesFolder, NETWORK_MODULES);
  const server = hostFiles(serverFile).map(({ to, from }) => program(to, from));
  const run = `exec /bin/node /server.mjs ${GUEST_PORT} ${GUEST_ADDRESS}`;
  return archive([...base(debian, modules), ...server, init(modules, [], run)]);
}

/** The first file system of a guest whose server lies on the disk that `writeDisk` makes. */
export function diskForm(debian: DebianFiles): Uint8Array {
  const modules = modulesFor(debian.modulesFolder, DISK_MODULES);
  const mounts = [
    "/bin/busybox mount -t devtmpfs dev /dev",
    `/bin/busybox mount -t ${DISK_TYPE} -o ro,noload /dev/vda /disk`,
    "/bin/busybox mount --move /proc /disk/proc",
    "/bin/busybox mount --move /dev /disk/dev",
  ];
  const run = `exec /bin/busybox chroot /disk /bin/node /server.mjs ${GUEST_PORT} ${GUEST_ADDRESS}`;
  return archive([...base(debian, modules), { path: "disk" }, { path: "dev" }, init(modules, mounts, run)]);
}

/** Throws where the host has no `mke2fs`. */
export function writeDisk(file: string, serverFile: string): void {
  const folder = `${file}.files`;
  try {
    for (const name of ["proc", "dev"]) mkdirSync(path.join(folder, name), { recursive: true });
    let sizeBytes = DISK_SPARE_BYTES;
    for (const { from, to } of hostFiles(serverFile)) {
      const target = path.join(folder, to);
      mkdirSync(path.dirname(target), { recursive: true });
      cpSync(realpathSync(from), target);
      sizeBytes += statSync(target).size;
    }
    // The journal is for writers, and this disk has none.
    const words = ["-q", "-F", "-t", DISK_TYPE, "-O", "^has_journal", "-m", "0", "-d", folder, file];
    const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
    writeFileSync(file, "");
    execFileSync("mke2fs", [...words, `${Math.ceil(sizeBytes / 1024)}k`], { env, stdio: "pipe" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function base(debian: DebianFiles, modules: readonly KernelModule[]): ArchiveFile[] {
  return [
    { path: "proc" },
    program(BUSYBOX, debian.busybox),
    ...modules.map(({ name, bytes }) => ({ path: modulePath(name), bytes })),
  ];
}

function init(modules: readonly KernelModule[], mounts: readonly string[], run: string): ArchiveFile {
  const lines = [
    "#!/bin/busybox sh",
    "/bin/busybox mount -t proc proc /proc",
    ...modules.map(({ name }) => `/bin/busybox insmod /${modulePath(name)}`),
    ...mounts,
    `/bin/busybox ifconfig eth0 ${GUEST_ADDRESS} netmask ${NETMASK} up`,
    run,
    "",
  ];
  return { path: "init", bytes: Buffer.from(lines.join("\n")), isExecutable: true };
}

const modulePath = (name: string): string => `modules/${name}.ko`;

function program(to: string, from: string): ArchiveFile {
  return { path: to, bytes: readFileSync(realpathSync(from)), isExecutable: true };
}

/** Node, its libraries (the loader among them) and the server, as they lie in the guest. */
function hostFiles(serverFile: string): { readonly from: string; readonly to: string }[] {
  const text = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = [...text.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library!);
  return [
    { from: process.execPath, to: "bin/node" },
    { from: serverFile, to: "server.mjs" },
    ...libraries.map((from) => ({ from, to: from.slice(1) })),
  ];
}
