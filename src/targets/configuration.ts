/** The boot configuration that every target gives its guest (`src/kernel/configuration.ts`), and the cable's pcap file. */
import { closeSync, openSync, writeSync } from "node:fs";
import {
  GATEWAY_ADDRESS,
  GATEWAY_ADDRESS6,
  GUEST_ADDRESS,
  GUEST_ADDRESS6,
  PREFIX_LENGTH6,
} from "../gateway/gateway.ts";
import { guestGrants, leadsToIpv6, parseGrant } from "../gateway/grant.ts";
import { UserError } from "../image/user-error.ts";
import type { Device } from "../link/device.ts";
import { pcap } from "../link/pcap.ts";
import type { MachineOptions } from "./target.ts";

/** What a kernel reads (`src/kernel/configuration.ts`), less a few words that a platform adds. */
const LIMIT_BYTES = 65_000;

type ConfigurationOptions = Pick<MachineOptions, "environment" | "outbound" | "tap" | "configuration">;

/** The lines of an image that starts by itself: its app's environment, and what else was said. Throws `UserError`. */
export function bootText({
  environment,
  configuration = [],
}: Pick<ConfigurationOptions, "environment" | "configuration">): string {
  return joinLines([...environmentLines(environment), ...configuration]);
}

/** `key=value` lines. Behind a TAP device the guest is told no address: it asks for one by DHCP. Throws `UserError`. */
export function configurationText(options: ConfigurationOptions): string {
  const lines = [
    ...(options.tap === undefined ? addressLines(options.outbound) : []),
    ...guestGrants(options.outbound, options.tap === undefined ? GATEWAY_HOSTS : undefined).map(
      (grant) => `net.allow=${grant}`,
    ),
    ...environmentLines(options.environment),
    ...(options.configuration ?? []),
  ];
  return joinLines(lines);
}

const GATEWAY_HOSTS = { four: GATEWAY_ADDRESS, six: `[${GATEWAY_ADDRESS6}]` };

/** Who the guest is behind the gateway; IPv6 is there where a grant leads to it. */
function addressLines(outbound: readonly string[]): string[] {
  return [
    `net.address=${GUEST_ADDRESS}/24`,
    `net.gateway=${GATEWAY_ADDRESS}`,
    `net.dns=${GATEWAY_ADDRESS}`,
    ...(leadsToIpv6(outbound.map(parseGrant))
      ? [`net.address6=${GUEST_ADDRESS6}/${PREFIX_LENGTH6}`, `net.gateway6=${GATEWAY_ADDRESS6}`]
      : []),
  ];
}

function environmentLines(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `env.${name}=${value}`);
}

function joinLines(lines: readonly string[]): string {
  // A value with a line's end in it would be a line of its own: any setting.
  const broken = lines.find((line) => /[\n\0]/.test(line));
  if (broken !== undefined) {
    const name = broken.split("=")[0]!.replace(/^env\./, "");
    throw new UserError("configuration", `${name}: a value is one line`, "encode its line ends");
  }
  const text = lines.map((line) => `${line}\n`).join("");
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= LIMIT_BYTES) return text;
  throw new UserError(
    "configuration",
    `environment and settings are ${sizeBytes} bytes, and a machine takes ${LIMIT_BYTES}`,
    "give the app fewer or shorter variables; what is larger fits into a file beside it, or into assets",
  );
}

/** Grants that an image is to hold, in the order given. Throws `UserError` for one that is malformed or too many. */
export function declaredGrants(texts: readonly string[]): readonly string[] {
  return guestGrants(texts, undefined);
}

export interface PcapFile {
  /** `device`, with each frame written to the file. */
  watch(device: Device): Device;
  close(): void;
}

/** Throws a `UserError` where the file cannot be opened; `report` hears when no more can be written. */
export function openPcap(file: string | undefined, report: (text: string) => void): PcapFile {
  if (file === undefined) return { watch: (device) => device, close: () => {} };
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "w");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      "pcap",
      `--pcap: the file cannot be written: ${reason}`,
      "give a file in a folder that exists",
    );
  }
  const now = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  const write = (bytes: Uint8Array): void => {
    if (descriptor === undefined) return;
    try {
      writeSync(descriptor, bytes);
    } catch (error) {
      closeSync(descriptor);
      descriptor = undefined;
      report(`--pcap: ${file} ends here, it cannot be written any more: ${(error as Error).message}\n`);
    }
  };
  return {
    watch: (device) => pcap(device, write, now),
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
