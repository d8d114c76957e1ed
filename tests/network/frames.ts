/**
 * The frames of a capture, and their transport checksums.
 *
 * A guest that leaves checksums to the device writes the sum of the pseudo-header in their place, and what is captured
 * at the device is not finished yet (virtio 1.2 5.1.6.2). Wireshark cannot know and calls it wrong; here it is either.
 */
import { readFileSync } from "node:fs";

const PCAP_HEADER_BYTES = 24;
/** Seconds, fraction, bytes kept, bytes there were; u32 each. */
const PCAP_RECORD_BYTES = 16;
const ETHERNET_BYTES = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** Where each protocol has its checksum. */
const CHECKSUM_OFFSET: Readonly<Record<number, number>> = { 6: 16, 17: 6 };

export function* framesOf(file: string): Generator<Buffer> {
  const bytes = readFileSync(file);
  for (let at = PCAP_HEADER_BYTES; at + PCAP_RECORD_BYTES <= bytes.length;) {
    const start = at + PCAP_RECORD_BYTES;
    at = start + bytes.readUInt32LE(at + 8);
    if (at <= bytes.length) yield bytes.subarray(start, at);
  }
}

export type Checksum = "right" | "left to the device" | "wrong" | "none";

/** Of a TCP segment or UDP datagram in one piece. */
export function transportChecksum(frame: Buffer): Checksum {
  const datagram = datagramOf(frame);
  if (datagram === undefined) return "none";
  const { protocol, addresses, payload } = datagram;
  const place = CHECKSUM_OFFSET[protocol];
  if (place === undefined || payload.length < place + 2) return "none";
  const pseudo = sum(addresses) + protocol + payload.length;
  if (fold(pseudo + sum(payload)) === 0xffff) return "right";
  const written = payload.readUInt16BE(place);
  // Of a segment that the device cuts into several, the length may be left to it, too.
  const isPartial = written === fold(pseudo) || written === fold(pseudo - payload.length);
  return isPartial ? "left to the device" : "wrong";
}

interface Datagram {
  readonly protocol: number;
  readonly addresses: Buffer;
  readonly payload: Buffer;
}

function datagramOf(frame: Buffer): Datagram | undefined {
  const type = frame.readUInt16BE(12);
  const packet = frame.subarray(ETHERNET_BYTES);
  if (type === IPV4 && (packet.readUInt16BE(6) & 0x3fff) === 0) {
    const headerBytes = (packet[0]! & 15) * 4;
    const payload = packet.subarray(headerBytes, packet.readUInt16BE(2));
    return { protocol: packet[9]!, addresses: packet.subarray(12, 20), payload };
  }
  if (type !== IPV6) return undefined;
  const payload = packet.subarray(40, 40 + packet.readUInt16BE(4));
  return { protocol: packet[6]!, addresses: packet.subarray(8, 40), payload };
}

function sum(bytes: Buffer): number {
  let total = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) total += bytes.readUInt16BE(at);
  return bytes.length % 2 === 1 ? total + (bytes[bytes.length - 1]! << 8) : total;
}

function fold(total: number): number {
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}
