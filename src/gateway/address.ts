/**
 * Addresses: IPv4 as 32-bit numbers, IPv6 as 128-bit ones, which the types tell apart; and the halves in which both
 * cross the border to the stack, IPv4 mapped (RFC 4291 2.5.5.2).
 *
 * Tests: grant.test.ts, src/kernel/net/policy/agreement.test.ts
 */
import { isIPv6 } from "node:net";

export type Address = number | bigint;

/** The number of a dotted address, or undefined when `text` is not one. Leading zeros are refused: readers differ on them. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

/** Without a zone: what `%eth0` means only this host knows. */
export function parseIpv6(text: string): bigint | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  // A URL's host is canonical (WHATWG URL 3.5): eight groups, or fewer around one "::".
  const [before, after] = canonical(text).split("::");
  const left = groupsOf(before!);
  const right = groupsOf(after ?? "");
  const zeros = new Array<bigint>(8 - left.length - right.length).fill(0n);
  return [...left, ...zeros, ...right].reduce((address, group) => (address << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  return text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`));
}

function canonical(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

export function formatIpv4(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");
}

export function formatAddress(address: Address): string {
  if (typeof address === "number") return formatIpv4(address);
  const digits = address.toString(16).padStart(32, "0");
  return canonical(digits.replace(/(.{4})(?!$)/g, "$1:"));
}

/** An end as people write it: `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function formatEnd(address: Address, port: number): string {
  const text = formatAddress(address);
  return typeof address === "number" ? `${text}:${port}` : `[${text}]:${port}`;
}

/** Whether `address` lies in the `prefixLength` bits of `network`. */
export function inNetwork(address: number, network: number, prefixLength: number): boolean {
  return prefixLength === 0 || (address ^ network) >>> (32 - prefixLength) === 0;
}

export function inNetwork6(address: bigint, network: bigint, prefixLength: number): boolean {
  return (address ^ network) >> BigInt(128 - prefixLength) === 0n;
}

const MAPPED = 0xffffn << 32n;
const HALF = 64n;

export function lowHalf(address: Address): bigint {
  return typeof address === "number" ? MAPPED | BigInt(address) : BigInt.asUintN(64, address);
}

export function highHalf(address: Address): bigint {
  return typeof address === "number" ? 0n : address >> HALF;
}

/** Of halves as the stack gives them, signed. */
export function fromHalves(high: bigint, low: bigint): Address {
  const whole = (BigInt.asUintN(64, high) << HALF) | BigInt.asUintN(64, low);
  return whole >> 32n === 0xffffn ? Number(whole & 0xffff_ffffn) : whole;
}
