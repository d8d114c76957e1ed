/**
 * Values as people write them, on the command line and in configurations: what each is, or that it is none.
 *
 * Tests: schema.test.ts
 */
import type { Forward } from "../targets/target.ts";

const LAST_PORT = 65535;
export const HTTP_PORT = 80;
const LOCAL_ADDRESS = "127.0.0.1";
/** Below, no image boots; above, no host of ours was tried. */
const MEMORY_LIMITS_MIB = { least: 8, most: 64 * 1024 } as const;

export const MEMORY_EXPECTED = `${MEMORY_LIMITS_MIB.least}M to ${MEMORY_LIMITS_MIB.most / 1024}G`;
export const FORWARD_EXPECTED = `[ADDRESS:]HOST:GUEST with ports up to ${LAST_PORT}`;

/** `32M`, `1G`; a number alone counts MiB. */
export function parseMemory(value: string | number): number | undefined {
  const match = /^(\d{1,6})([MG]?)(?:i?B)?$/.exec(String(value));
  const sizeMiB = match === null ? 0 : Number(match[1]) * (match[2] === "G" ? 1024 : 1);
  const { least, most } = MEMORY_LIMITS_MIB;
  return sizeMiB >= least && sizeMiB <= most ? sizeMiB : undefined;
}

/** `HOST:GUEST` or `ADDRESS:HOST:GUEST`; an IPv6 address stands in brackets. */
export function parseForward(text: string): Forward | undefined {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:]+):)?(\d{1,5}):(\d{1,5})$/.exec(text);
  const hostPort = Number(match?.[2]);
  const guestPort = Number(match?.[3]);
  if (match === null || hostPort > LAST_PORT || guestPort > LAST_PORT || guestPort === 0) return undefined;
  const hostAddress = match[1]?.replace(/^\[|\]$/g, "") ?? LOCAL_ADDRESS;
  return { hostAddress, hostPort, guestPort };
}

export function isVariableName(name: string): boolean {
  return /^[^=\s][^=\n]*$/.test(name);
}

/** Where a browser finds the guest's HTTP port. */
export function guestUrl(forward: Forward): string {
  const { hostAddress, hostPort } = forward;
  const host = hostAddress === "0.0.0.0" || hostAddress === "::" ? "127.0.0.1" : hostAddress;
  return `http://${host.includes(":") ? `[${host}]` : host}:${hostPort}`;
}
