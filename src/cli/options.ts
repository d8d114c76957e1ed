/**
 * Words of the command line into options, with a clear error for each that is wrong.
 *
 * Tests: options.test.ts
 */
import { parseArgs } from "node:util";
import { UserError } from "../image/user-error.ts";
import {
  ACCELERATORS,
  TARGET_NAMES,
  type Accelerator,
  type Forward,
  type TargetName,
} from "../targets/target.ts";
import type { TargetWish } from "./choose-target.ts";

export interface RunOptions extends TargetWish {
  readonly entry: string;
  readonly forwards: readonly Forward[];
  readonly environment: Readonly<Record<string, string>>;
  readonly outbound: readonly string[];
  readonly pcapFile: string | undefined;
  readonly memoryMiB: number | undefined;
  readonly tap: string | undefined;
  readonly json: boolean;
}

const DEFAULT_FORWARD: Forward = { hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 80 };
/** Below, no image boots; above, no host of ours was tried. */
const MEMORY_LIMITS_MIB = { least: 8, most: 64 * 1024 } as const;
/** IFNAMSIZ less its zero, as Linux names network devices. */
const TAP_NAME = /^[^\s/:,=]{1,15}$/;

/** The options of `run` and `dev`. */
export function parseRunOptions(command: string, words: string[]): RunOptions {
  const { values, positionals } = parseWords(command, words);
  const { publish, allow, pcap, tap } = values;
  if (tap !== undefined) requireNoGateway({ "-p": publish, "--allow": allow, "--pcap": pcap });
  return {
    entry: onlyEntry(command, positionals),
    forwards: publish === undefined ? [DEFAULT_FORWARD] : publish.map(parseForward),
    environment: Object.fromEntries((values.env ?? []).map(parseVariable)),
    outbound: allow ?? [],
    pcapFile: pcap,
    target: oneOf("target", ["auto", ...TARGET_NAMES], values.target ?? "auto"),
    accelerator: parseAccelerator(values.accelerator ?? "auto"),
    memoryMiB: values.memory === undefined ? undefined : parseMemory(values.memory),
    tap: tap === undefined ? undefined : parseTap(tap),
    json: values.json ?? false,
  };
}

/** Options that the target cannot keep are an error, never left out silently. */
export function requireFitting(command: string, options: RunOptions, target: TargetName): void {
  const given: readonly (readonly [option: string, isGiven: boolean, targets: readonly TargetName[]])[] = [
    ["--accelerator", options.accelerator !== undefined, ["qemu"]],
    ["--memory", options.memoryMiB !== undefined, ["qemu", "process"]],
    ["--tap", options.tap !== undefined, ["qemu", "process"]],
  ];
  for (const [option, isGiven, targets] of given) {
    if (!isGiven || targets.includes(target)) continue;
    throw new UserError(
      "usage",
      `${option} does not work with target ${target}`,
      `for instance: skerry ${command} ${options.entry} --target ${targets[0]}`,
    );
  }
}

export function onlyEntry(command: string, positionals: readonly string[]): string {
  const [entry, ...more] = positionals;
  if (entry === undefined || entry === "") {
    throw new UserError(
      "usage",
      `skerry ${command} needs an ENTRY`,
      `for instance: skerry ${command} ${command === "compile" ? "module.wasm" : "server.ts"}`,
    );
  }
  if (more.length > 0) {
    throw new UserError("usage", `skerry ${command} takes one ENTRY, found also "${more.join(" ")}"`);
  }
  return entry;
}

function parseWords(command: string, words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        publish: { type: "string", short: "p", multiple: true },
        env: { type: "string", multiple: true },
        allow: { type: "string", multiple: true },
        pcap: { type: "string" },
        target: { type: "string" },
        accelerator: { type: "string" },
        memory: { type: "string" },
        tap: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw usageError(command, error);
  }
}

/** Node's own words for a wrong option are clear; they get a hint. */
export function usageError(command: string, error: unknown): UserError {
  const message = error instanceof Error ? error.message.split(".")[0]! : String(error);
  return new UserError("usage", message, `see skerry ${command} --help`);
}

/** `text`, if it is one of `names`. */
export function oneOf<Name extends string>(kind: string, names: readonly Name[], text: string): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UserError("usage", `there is no ${kind} "${text}"`, `${kind}s are: ${names.join(", ")}`);
}

function parseAccelerator(text: string): Accelerator | undefined {
  const name = oneOf("accelerator", ["auto", ...ACCELERATORS], text);
  return name === "auto" ? undefined : name;
}

/** `32M`, `1G`; a number alone counts MiB. */
export function parseMemory(text: string): number {
  const match = /^(\d{1,6})([MG]?)(?:i?B)?$/.exec(text);
  const sizeMiB = match === null ? 0 : Number(match[1]) * (match[2] === "G" ? 1024 : 1);
  const { least, most } = MEMORY_LIMITS_MIB;
  if (sizeMiB >= least && sizeMiB <= most) return sizeMiB;
  throw new UserError(
    "usage",
    `--memory ${text}: expected ${least}M to ${most / 1024}G`,
    "for instance: --memory 64M",
  );
}

function parseTap(text: string): string {
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

/** `HOST:GUEST` or `ADDRESS:HOST:GUEST`; an IPv6 address stands in brackets. */
export function parseForward(text: string): Forward {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:]+):)?(\d{1,5}):(\d{1,5})$/.exec(text);
  const hostPort = Number(match?.[2]);
  const guestPort = Number(match?.[3]);
  if (match === null || hostPort > 65535 || guestPort > 65535 || guestPort === 0) {
    throw new UserError(
      "usage",
      `-p ${text}: expected [ADDRESS:]HOST:GUEST with ports up to 65535`,
      "for instance: -p 8080:80",
    );
  }
  const hostAddress = match[1]?.replace(/^\[|\]$/g, "") ?? "127.0.0.1";
  return { hostAddress, hostPort, guestPort };
}

function parseVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0)
    throw new UserError("usage", `--env ${text}: expected NAME=VALUE`, "for instance: --env MODE=test");
  if (text.includes("\n")) throw new UserError("usage", `--env ${text.slice(0, at)}: a value is one line`);
  return [text.slice(0, at), text.slice(at + 1)];
}
