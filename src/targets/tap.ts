/**
 * A TAP device, looked at before a machine is started on it: what is wrong is said in words of the user's, where the
 * kernel has one error number for all of it.
 *
 * Source: Linux, Documentation/networking/tuntap.rst; drivers/net/tun.c for who may attach.
 * Tests:  tap.test.ts
 */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { UserError } from "../image/user-error.ts";

/** Where the system shows its devices; tests show others. */
export interface TapHost {
  readonly deviceFile: string;
  readonly classFolder: string;
  readonly userId: number;
  /** CAP_NET_ADMIN: may make devices, and use those of others. */
  readonly mayAdminister: boolean;
}

const CAP_NET_ADMIN = 12n;
/** IFF_TUN, IFF_TAP. */
const KIND_MASK = 3;
const TAP_KIND = 2;
const NOBODY = -1;

/** Throws a `UserError` where the device cannot be had. */
export function requireTap(name: string, host: TapHost = thisHost()): void {
  requireDriver(host.deviceFile);
  const folder = path.join(host.classFolder, name);
  const making = `sudo ip tuntap add ${name} mode tap user $USER && sudo ip link set ${name} up`;
  if (!existsSync(folder)) {
    if (host.mayAdminister) return; // It is made, and is gone with the machine.
    throw new UserError(
      "tap",
      `there is no device ${name}, and only root can create one`,
      `make it: ${making}`,
    );
  }
  const flags = numberIn(path.join(folder, "tun_flags"));
  if (flags === undefined || (flags & KIND_MASK) !== TAP_KIND) {
    throw new UserError("tap", `${name} is not a TAP device`, `create one with another name: ${making}`);
  }
  const owner = numberIn(path.join(folder, "owner")) ?? NOBODY;
  if (owner !== NOBODY && owner !== host.userId && !host.mayAdminister) {
    throw new UserError("tap", `${name} belongs to user ${owner}, and you are ${host.userId}`, making);
  }
  if (numberIn(path.join(folder, "carrier")) === 1) {
    throw new UserError("tap", `${name} is in use: another machine is attached to it`, tapHint(name));
  }
}

/** What to look at where the system refused a device without saying why. */
export function tapHint(name: string): string {
  return `is another machine attached to ${name}? one TAP device is for one machine: ip -details link show ${name}`;
}

function requireDriver(deviceFile: string): void {
  if (!existsSync(deviceFile)) {
    throw new UserError(
      "tap",
      `there is no ${deviceFile} here`,
      "sudo modprobe tun; in a container: --device",
    );
  }
  try {
    accessSync(deviceFile, constants.R_OK | constants.W_OK);
  } catch {
    throw new UserError(
      "tap",
      `you may not open ${deviceFile}`,
      `sudo chmod a+rw ${deviceFile}, or run as root`,
    );
  }
}

function thisHost(): TapHost {
  return {
    deviceFile: "/dev/net/tun",
    classFolder: "/sys/class/net",
    userId: process.getuid?.() ?? NOBODY,
    mayAdminister: hasCapability(CAP_NET_ADMIN),
  };
}

function hasCapability(bit: bigint): boolean {
  const set = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return set !== null && ((BigInt(`0x${set[1]}`) >> bit) & 1n) === 1n;
}

/** A file's number, decimal or hexadecimal; undefined where it cannot be read: `carrier` of a device that is down. */
function numberIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
