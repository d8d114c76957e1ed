/**
 * Packets for tests, written independently of the kernel's own wire code: plain byte lists and a plain checksum.
 */
export type Bytes = Uint8Array;

export const bytes = (...parts: (number | readonly number[] | Uint8Array)[]): Bytes =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));

export const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
export const ip = (text: string): number[] => text.split(".").map(Number);
export const read16 = (from: Bytes, at: number): number => (from[at]! << 8) | from[at + 1]!;
export const read32 = (from: Bytes, at: number): number => read16(from, at) * 65536 + read16(from, at + 2);
export const ipText = (from: Bytes, at: number): string => [...from.slice(at, at + 4)].join(".");

export const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);
export const PEER = Uint8Array.of(0x02, 0, 0, 0, 0, 0x02);

/** RFC 1071, two bytes at a time. */
export function internetChecksum(data: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < data.length; index += 2) sum += (data[index]! << 8) | (data[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}

export function ethernet(to: Bytes, from: Bytes, type: number, payload: Bytes): Bytes {
  return bytes(to, from, u16(type), payload);
}

export interface ArpFields {
  readonly operation: number;
  readonly senderHardware: Bytes;
  readonly sender: string;
  readonly targetHardware?: Bytes;
  readonly target: string;
}

export function arp(fields: ArpFields): Bytes {
  const target = fields.targetHardware ?? new Uint8Array(6);
  const head = bytes(u16(1), u16(0x0800), 6, 4, u16(fields.operation));
  return bytes(head, fields.senderHardware, ip(fields.sender), target, ip(fields.target));
}

export interface Ipv4Fields {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly payload: Bytes;
  readonly timeToLive?: number;
  readonly fragment?: number;
  readonly options?: Bytes;
}

export function ipv4(fields: Ipv4Fields): Bytes {
  const options = fields.options ?? new Uint8Array(0);
  const size = 20 + options.length;
  const header = bytes(
    0x40 | (size / 4),
    0,
    u16(size + fields.payload.length),
    u16(0x1234),
    u16(fields.fragment ?? 0),
    fields.timeToLive ?? 64,
    fields.protocol,
    u16(0),
    ip(fields.source),
    ip(fields.destination),
    options,
  );
  header.set(u16(internetChecksum(header)), 10);
  return bytes(header, fields.payload);
}

export function icmp(type: number, code: number, rest: number, data: Bytes): Bytes {
  const message = bytes(type, code, u16(0), u32(rest), data);
  message.set(u16(internetChecksum(message)), 2);
  return message;
}

export interface UdpFields {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Bytes;
}

export function udp(fields: UdpFields): Bytes {
  const length = 8 + fields.payload.length;
  const ports = [...u16(fields.sourcePort), ...u16(fields.destinationPort)];
  const datagram = bytes(ports, u16(length), u16(0), fields.payload);
  const pseudo = bytes(ip(fields.source), ip(fields.destination), 0, 17, u16(length));
  datagram.set(u16(internetChecksum(bytes(pseudo, datagram)) || 0xffff), 6);
  return datagram;
}

/** A whole frame with a UDP datagram. */
export function udpFrame(to: Bytes, from: Bytes, fields: UdpFields): Bytes {
  const { source, destination } = fields;
  return ethernet(to, from, 0x0800, ipv4({ source, destination, protocol: 17, payload: udp(fields) }));
}

export interface Ipv4Parts {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly id: number;
  readonly payload: Bytes;
}

/** Reads an IPv4 frame that the kernel sent; throws when its header is wrong. */
export function readIpv4(frame: Bytes): Ipv4Parts {
  if (read16(frame, 12) !== 0x0800) throw new Error("not an IPv4 frame");
  const packet = frame.subarray(14);
  if (packet[0] !== 0x45) throw new Error("not a plain IPv4 header");
  if (internetChecksum(packet.subarray(0, 20)) !== 0) throw new Error("wrong IPv4 checksum");
  const length = read16(packet, 2);
  if (length !== packet.length) throw new Error(`total length ${length} in a packet of ${packet.length}`);
  return {
    source: ipText(packet, 12),
    destination: ipText(packet, 16),
    protocol: packet[9]!,
    id: read16(packet, 4),
    payload: packet.slice(20),
  };
}

/** Reads a UDP frame that the kernel sent; throws when a checksum is wrong. */
export function readUdp(frame: Bytes): UdpFields {
  const { source, destination, protocol, payload } = readIpv4(frame);
  if (protocol !== 17) throw new Error(`protocol ${protocol} is not UDP`);
  const pseudo = bytes(ip(source), ip(destination), 0, 17, u16(payload.length));
  if (internetChecksum(bytes(pseudo, payload)) !== 0) throw new Error("wrong UDP checksum");
  return {
    source,
    destination,
    sourcePort: read16(payload, 0),
    destinationPort: read16(payload, 2),
    payload: payload.slice(8),
  };
}

export const isArp = (frame: Bytes): boolean => read16(frame, 12) === 0x0806;
