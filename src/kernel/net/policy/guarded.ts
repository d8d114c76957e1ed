/**
 * Addresses that no wider grant opens: this host, loopback, links, groups, and where clouds keep their machines'
 * credentials. Only a grant that lies within them does; neither `*` nor a name that is said to be there.
 *
 * IPv4 stands mapped, so its prefixes are 96 bits longer.
 *
 * Tests: policy.test.ts, agreement.test.ts
 */
import { isWithin } from "../wire/ipv6";

const MAPPED: u64 = 0x0000_ffff_0000_0000;
const ENTRY: usize = 24;

/** High half, low half, prefix length (RFC 6890, and what clouds document of their metadata services). */
// prettier-ignore
const GUARDED = memory.data<u64>([
  0, MAPPED,                            104, // 0.0.0.0/8
  0, MAPPED | 0x7f00_0000,              104, // 127.0.0.0/8
  0, MAPPED | 0xa9fe_0000,              112, // 169.254.0.0/16, with 169.254.169.254
  0, MAPPED | 0x6464_64c8,              128, // 100.100.100.200
  0, MAPPED | 0xa83f_8110,              128, // 168.63.129.16
  0, MAPPED | 0xc000_00c0,              128, // 192.0.0.192
  0, MAPPED | 0xe000_0000,               99, // 224.0.0.0/3: groups, reserved, broadcast
  0, 0,                                  96, // ::/96: none, loopback
  0xfe80_0000_0000_0000, 0,              10, // fe80::/10
  0xff00_0000_0000_0000, 0,               8, // ff00::/8
  0xfd00_0ec2_0000_0000, 0,              32, // fd00:ec2::/32: credentials at ::254 and ::23
  0xfd20_00ce_0000_0000, 0x254,         128, // fd20:ce::254
  0xfd00_0042_0000_0000, 0x42,          128, // fd00:42::42
  0xfd00_a9fe_a9fe_0000, 1,             128, // fd00:a9fe:a9fe::1
  0xfd00_00c1_0000_0000, 0xa9fe_a9fe,   128, // fd00:c1::a9fe:a9fe
  0xfd00_0100_0000_0000, 0x0100_0200,   128, // fd00:100::100:200
  0, 0xffff_0000_0000_0000,              96, // ::ffff:0:0:0/96: IPv4 for a translator of this host (RFC 2765)
  0x0064_ff9b_0001_0000, 0,              48, // 64:ff9b:1::/48: for one nearby, which alone knows where (RFC 8215)
  0x2001_0000_0000_0000, 0,              32, // 2001::/32: IPv4 and a port in disguise (RFC 4380)
  0x0064_ff9b_0000_0000, 0,             104, // 64:ff9b::/96 is IPv4 again: 0.0.0.0/8
  0x0064_ff9b_0000_0000, 0x7f00_0000,   104, // and 127.0.0.0/8
  0x0064_ff9b_0000_0000, 0xa9fe_0000,   112, // and 169.254.0.0/16
  0x0064_ff9b_0000_0000, 0x6464_64c8,   128, // and 100.100.100.200
  0x0064_ff9b_0000_0000, 0xa83f_8110,   128, // and 168.63.129.16
  0x0064_ff9b_0000_0000, 0xc000_00c0,   128, // and 192.0.0.192
  0x0064_ff9b_0000_0000, 0xe000_0000,    99, // and 224.0.0.0/3
  0x2002_0000_0000_0000, 0,              24, // 2002::/16 is IPv4 again, too: 0.0.0.0/8
  0x2002_7f00_0000_0000, 0,              24, // and 127.0.0.0/8
  0x2002_a9fe_0000_0000, 0,              32, // and 169.254.0.0/16
  0x2002_6464_64c8_0000, 0,              48, // and 100.100.100.200
  0x2002_a83f_8110_0000, 0,              48, // and 168.63.129.16
  0x2002_c000_00c0_0000, 0,              48, // and 192.0.0.192
  0x2002_e000_0000_0000, 0,              19, // and 224.0.0.0/3
]);
const ENTRIES: u32 = 33;

/** How long a grant's prefix must be at least to open this address: 0 where any does. */
export function leastPrefix(high: u64, low: u64): u32 {
  for (let index: u32 = 0; index < ENTRIES; index++) {
    const entry = GUARDED + <usize>index * ENTRY;
    const prefix = <u32>load<u64>(entry, 16);
    if (isWithin(high, low, load<u64>(entry), load<u64>(entry, 8), prefix)) return prefix;
  }
  return 0;
}
