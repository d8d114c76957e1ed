/** IPv6 packets for tests, written independently of the kernel's own wire code. As `frames.ts`. */
import { bytes, ethernet, internetChecksum, read16, u16, u32, type Bytes } from "./frames.ts";

/** The 16 bytes of an address in writing; no IPv4 in it. */
export function ip6(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const front = groups(head);
  const back = groups(tail ?? "");
  const zeros = new Array<number>(8 - front.length - back.length).fill(0);
  return [...front, ...zeros, ...back].flatMap(u16);
}

export const ip6Text = (from: Bytes, at: number): string =>
  [...new Array(8).keys()].map((group) => read16(from, at + 2 * group).toString(16)).join(":");

/** Writing that `ip6Text` also gives. */
export const plain6 = (text: string): string => ip6Text(Uint8Array.from(ip6(text)), 0);

export interface Ipv6Fields {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly payload: Bytes;
  readonly hopLimit?: number;
}

export function ipv6(fields: Ipv6Fields): Bytes {
  const ends = [...ip6(fields.source), ...ip6(fields.destination)];
  const length = u16(fields.payload.length);
  return bytes(0x60, 0, 0, 0, length, fields.protocol, fields.hopLimit ?? 64, ends, fields.payload);
}

/** The checksum of `payload` between these ends (RFC 8200 8.1). */
export function checksum6(source: string, destination: string, protocol: number, payload: Bytes): number {
  const pseudo = bytes(ip6(source), ip6(destination), u32(payload.length), 0, 0, 0, protocol);
  return internetChecksum(bytes(pseudo, payload));
}

export function icmp6(source: string, destination: string, type: number, code: number, rest: Bytes): Bytes {
  const message = bytes(type, code, 0, 0, rest);
  message.set(u16(checksum6(source, destination, 58, message)), 2);
  return message;
}

export function udp6(
  source: string,
  destination: string,
  ports: readonly [number, number],
  data: Bytes,
): Bytes {
  const datagram = bytes(u16(ports[0]), u16(ports[1]), u16(8 + data.length), 0, 0, data);
  datagram.set(u16(checksum6(source, destination, 17, datagram) || 0xffff), 6);
  return datagram;
}

export function frame6(to: Bytes, from: Bytes, fields: Ipv6Fields): Bytes {
  return ethernet(to, from, 0x86dd, ipv6(fields));
}

/** Where multicast for the group goes (RFC 2464 7). */
export const group6 = (group: string): Bytes => bytes(0x33, 0x33, ip6(group).slice(12));

/** ff02::1:ffXX:XXXX of an address. */
export function solicited6(address: string): string {
  const [high, middle, low] = ip6(address).slice(13) as [number, number, number];
  return `ff02::1:${(0xff00 | high).toString(16)}:${((middle << 8) | low).toString(16)}`;
}

export interface Ipv6Parts extends Ipv6Fields {
  readonly hopLimit: number;
}

/** Reads an IPv6 frame that the kernel sent; throws when its lengths or checksums are wrong. */
export function readIpv6(frame: Bytes): Ipv6Parts {
  if (read16(frame, 12) !== 0x86dd || frame[14]! >> 4 !== 6) throw new Error("not an IPv6 frame");
  const packet = frame.subarray(14);
  if (read16(packet, 4) !== packet.length - 40) throw new Error("wrong payload length");
  const isReport = packet[6] === 0;
  const protocol = isReport ? packet[40]! : packet[6]!;
  const payload = packet.slice(isReport ? 48 : 40);
  const source = ip6Text(packet, 8);
  const destination = ip6Text(packet, 24);
  if (checksum6(source, destination, protocol, payload) !== 0) throw new Error("wrong checksum");
  return { source, destination, protocol, hopLimit: packet[7]!, payload };
}
