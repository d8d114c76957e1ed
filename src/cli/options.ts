/**
 * Options that several commands have, and what their words mean, with a clear error for each that is wrong.
 *
 * Tests: options.test.ts
 */
import type { IsolationOption } from "../image/isolation.ts";
import { UserError } from "../image/user-error.ts";
import { requireNetwork, type GuestNetwork } from "../library/guest-network.ts";
import type { Given } from "../library/settings.ts";
import {
  FORWARD_EXPECTED,
  isVariableName,
  MEMORY_EXPECTED,
  parseForward,
  parseMemory,
} from "../library/values.ts";
import { ACCELERATORS, TARGET_NAMES, type Accelerator, type TargetName } from "../targets/target.ts";
import { oneOf, type Options, type Words } from "./command.ts";

export const JSON_OPTION = {
  json: { help: "one JSON object per line on standard output instead of text" },
} as const satisfies Options;

export const CONFIG_OPTION = {
  config: { value: "FILE", help: "the configuration, instead of this folder's skerry.config.ts" },
} as const satisfies Options;

export const ISOLATION_OPTION = {
  isolation: {
    value: "WAY",
    help:
      "how requests are kept apart: shared (default), request (a fresh compartment for each), tenant (one for each " +
      "host asked for) or tenant=HEADER (one for each value of that header)",
  },
} as const satisfies Options;

export const ASSETS_OPTION = {
  assets: { value: "FOLDER", help: "serve FOLDER's files from the machine: see docs/guide/assets.md" },
} as const satisfies Options;

/** Of commands that start a machine. */
export const MACHINE_OPTIONS = {
  publish: {
    value: "[ADDRESS:]HOST:GUEST",
    short: "p",
    repeats: true,
    help:
      "forward a port of this computer to one of the machine's; may be repeated. Without it 127.0.0.1:8080 leads " +
      "to the machine's port 80. HOST 0 takes any free port.",
  },
  target: {
    value: "NAME",
    help: "where to run: auto (the best that works here, and why), qemu, process, node",
  },
  env: { value: "NAME=VALUE", repeats: true, help: "the app's environment; may be repeated" },
  allow: {
    value: "[tcp:|udp:]HOST:PORTS",
    repeats: true,
    help:
      "let the app begin to talk to HOST: an address, a network (192.0.2.0/24, [2001:db8::/32]), a name, " +
      '*.example.com or "*"; PORTS: 443, 8000-8099 or "*"; may be repeated. Default: nothing',
  },
  memory: {
    value: "SIZE",
    help: "the virtual machine's memory (default 64M), or what a process's app may take",
  },
  accelerator: {
    value: "NAME",
    help: "QEMU's: kvm, tcg, or auto (default: the first under which a guest runs)",
  },
  tap: {
    value: "NAME",
    help:
      "a TAP device of this computer instead of the gateway: the guest joins that network itself; -p and " +
      "--pcap do not apply",
  },
  address: {
    value: "A.B.C.D/N",
    help: "with --tap: the guest's address there; without it the guest asks by DHCP",
  },
  gateway: { value: "A.B.C.D", help: "its router to other networks, for a fixed --address" },
  dns: { value: "A.B.C.D", help: "its name server, for a fixed --address" },
  address6: {
    value: "auto|X/N",
    help: "with --tap: IPv6 too, in each prefix that routers announce, or at this address",
  },
  gateway6: { value: "X", help: "its router, for a fixed --address6" },
  set: {
    value: "KEY=VALUE",
    repeats: true,
    help: "a line of the guest's boot configuration, for instance tcp.keepalive=60; may be repeated",
  },
  pcap: { value: "FILE", help: "write every frame on the guest's cable to FILE (for Wireshark)" },
  ...ASSETS_OPTION,
  ...ISOLATION_OPTION,
  ...CONFIG_OPTION,
  ...JSON_OPTION,
} as const satisfies Options;

export type MachineWords = Words<typeof MACHINE_OPTIONS>["values"];

/** IFNAMSIZ less its zero, as Linux names network devices. */
const TAP_NAME = /^[^\s/:,=]{1,15}$/;

/** What the words say of a machine. */
export function givenSettings(values: MachineWords): Given {
  const { publish, allow, pcap, tap, memory, target, accelerator, env, set, isolation, assets } = values;
  if (tap !== undefined) requireNoGateway({ "-p": publish, "--pcap": pcap });
  const { address, gateway, dns, address6, gateway6 } = values;
  const network: GuestNetwork = { address, gateway, dns, address6, gateway6 };
  requireNetwork(network, tap);
  return {
    forwards: publish?.map(readForward),
    environment: Object.fromEntries((env ?? []).map(readVariable)),
    outbound: allow,
    pcapFile: pcap,
    target:
      target === undefined
        ? undefined
        : oneOf<TargetName | "auto">("target", ["auto", ...TARGET_NAMES], target),
    accelerator: accelerator === undefined ? undefined : readAccelerator(accelerator),
    memoryMiB: memory === undefined ? undefined : readMemory(memory),
    tap: tap === undefined ? undefined : readTap(tap),
    network,
    bootLines: set?.map(readSetting),
    isolation: readIsolation(isolation),
    assets: assets === undefined ? undefined : { directory: assets },
  };
}

/** Options that the target cannot keep are an error, never left out silently. */
export function requireFitting(command: string, entry: string, given: Given, target: TargetName): void {
  const rules: readonly (readonly [option: string, isGiven: boolean, targets: readonly TargetName[]])[] = [
    ["--accelerator", given.accelerator !== undefined, ["qemu"]],
    ["--memory", given.memoryMiB !== undefined, ["qemu", "process"]],
    ["--tap", given.tap !== undefined, ["qemu", "process"]],
  ];
  for (const [option, isGiven, targets] of rules) {
    if (!isGiven || targets.includes(target)) continue;
    throw new UserError(
      "usage",
      `${option} does not work with target ${target}`,
      `for instance: skerry ${command} ${entry} --target ${targets[0]}`,
    );
  }
}

/** Undefined where nothing was said. */
export function readIsolation(text: string | undefined): IsolationOption | undefined {
  if (text === undefined) return undefined;
  const [way, header] = [text.replace(/=.*/s, ""), /=(.*)/s.exec(text)?.[1]];
  const by = oneOf("isolation", ["shared", "request", "tenant"] as const, way);
  if (header === undefined) return by;
  if (by === "tenant") return { by, key: { header } };
  throw new UserError(
    "usage",
    `--isolation ${text}: only tenants are told apart by a header`,
    `for instance: --isolation tenant=${header}`,
  );
}

function readAccelerator(text: string): Accelerator | undefined {
  const name = oneOf("accelerator", ["auto", ...ACCELERATORS], text);
  return name === "auto" ? undefined : name;
}

function readMemory(text: string): number {
  const sizeMiB = parseMemory(text);
  if (sizeMiB !== undefined) return sizeMiB;
  throw new UserError("usage", `--memory ${text}: expected ${MEMORY_EXPECTED}`, "for instance: --memory 64M");
}

function readTap(text: string): string {
  if (TAP_NAME.test(text)) return text;
  throw new UserError(
    "usage",
    `--tap ${text}: expected the NAME of a TAP device`,
    "make one: ip tuntap add tap0 mode tap user $USER",
  );
}

function requireNoGateway(options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).find((name) => options[name] !== undefined);
  if (given === undefined) return;
  throw new UserError(
    "usage",
    `${given} works through the gateway, and with --tap there is none`,
    "the guest is on the network of its TAP device: reach it by its own address",
  );
}

function readForward(text: string) {
  const forward = parseForward(text);
  if (forward !== undefined) return forward;
  throw new UserError("usage", `-p ${text}: expected ${FORWARD_EXPECTED}`, "for instance: -p 8080:80");
}

export function readSetting(text: string): string {
  if (/^[a-z][\w.]*=[^\n]*$/.test(text)) return text;
  throw new UserError("usage", `--set ${text}: expected KEY=VALUE`, "for instance: --set tcp.keepalive=60");
}

export function readVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(0, at));
  if (!isVariableName(name))
    throw new UserError("usage", `--env ${text}: expected NAME=VALUE`, "for instance: --env MODE=test");
  if (text.includes("\n"))
    throw new UserError("usage", `--env ${name}: a value is one line`, "encode its line ends");
  return [name, text.slice(at + 1)];
}
