/**
 * IPv4 addresses as 32-bit numbers, as the stack's exports take and give them.
 *
 * Tests: grant.test.ts
 */

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

export function formatIpv4(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");
}

/** Whether `address` lies in the `prefixLength` bits of `network`. */
export function inNetwork(address: number, network: number, prefixLength: number): boolean {
  return prefixLength === 0 || (address ^ network) >>> (32 - prefixLength) === 0;
}
