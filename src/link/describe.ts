/**
 * A frame in a few words: Ethernet, ARP, IPv4 with ICMP, UDP and TCP. Reads whatever it is given, believes nothing,
 * and says "short" where bytes are missing.
 *
 * Tests: tracer.test.ts
 */

const ETHERNET_HEADER_SIZE = 14;
const ARP_SIZE = 28;
const IPV4_HEADER_SIZE = 20;
const UDP_HEADER_SIZE = 8;
const TCP_HEADER_SIZE = 20;

const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK"] as const;
const ACK = 0x10;

const ICMP_NAMES: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "unreachable",
  8: "echo request",
  11: "time exceeded",
};

type Describe = (bytes: DataView, from: string, to: string) => string;

const ETHER_TYPES: Readonly<Record<number, (bytes: DataView) => string>> = {
  0x0800: ipv4,
  0x0806: arp,
};

const PROTOCOLS: Readonly<Record<number, Describe>> = { 1: icmp, 6: tcp, 17: udp };

export function describeFrame(frame: Uint8Array): string {
  if (frame.length < ETHERNET_HEADER_SIZE) return `short frame of ${frame.length}`;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const type = view.getUint16(12);
  const describe = ETHER_TYPES[type];
  if (describe === undefined) return `type 0x${type.toString(16).padStart(4, "0")} of ${frame.length}`;
  return describe(rest(view, ETHERNET_HEADER_SIZE));
}

function arp(view: DataView): string {
  if (view.byteLength < ARP_SIZE) return "short arp";
  const sender = address(view, 14);
  const target = address(view, 24);
  return view.getUint16(6) === 1
    ? `arp ${sender} asks for ${target}`
    : `arp ${sender} is at ${hardware(view, 8)}`;
}

function ipv4(view: DataView): string {
  if (view.byteLength < IPV4_HEADER_SIZE) return "short ip";
  const header = (view.getUint8(0) & 15) * 4;
  const total = view.getUint16(2);
  const from = address(view, 12);
  const to = address(view, 16);
  if (header < IPV4_HEADER_SIZE || total < header || total > view.byteLength)
    return `bad ip ${from} -> ${to}`;
  const payload = new DataView(view.buffer, view.byteOffset + header, total - header);
  const protocol = view.getUint8(9);
  if ((view.getUint16(6) & 0x1fff) !== 0) return `fragment ${from} -> ${to} of ${payload.byteLength}`;
  const describe = PROTOCOLS[protocol];
  return describe?.(payload, from, to) ?? `ip ${protocol} ${from} -> ${to} of ${payload.byteLength}`;
}

function icmp(view: DataView, from: string, to: string): string {
  if (view.byteLength < 4) return `short icmp ${from} -> ${to}`;
  const type = view.getUint8(0);
  return `icmp ${from} -> ${to} ${ICMP_NAMES[type] ?? `type ${type}`}`;
}

function udp(view: DataView, from: string, to: string): string {
  if (view.byteLength < UDP_HEADER_SIZE) return `short udp ${from} -> ${to}`;
  const size = view.byteLength - UDP_HEADER_SIZE;
  return `udp ${from}:${view.getUint16(0)} -> ${to}:${view.getUint16(2)} of ${size}`;
}

function tcp(view: DataView, from: string, to: string): string {
  if (view.byteLength < TCP_HEADER_SIZE) return `short tcp ${from} -> ${to}`;
  const header = (view.getUint8(12) >> 4) * 4;
  const flags = view.getUint8(13);
  const size = view.byteLength - header;
  const words = [
    `tcp ${from}:${view.getUint16(0)} -> ${to}:${view.getUint16(2)}`,
    ...TCP_FLAGS.filter((_, bit) => flags & (1 << bit)),
    `seq ${view.getUint32(4)}`,
  ];
  if (flags & ACK) words.push(`ack ${view.getUint32(8)}`);
  words.push(`win ${view.getUint16(14)}`);
  if (size > 0) words.push(`of ${size}`);
  return words.join(" ");
}

function rest(view: DataView, offset: number): DataView {
  return new DataView(view.buffer, view.byteOffset + offset, view.byteLength - offset);
}

function address(view: DataView, at: number): string {
  return [0, 1, 2, 3].map((index) => view.getUint8(at + index)).join(".");
}

function hardware(view: DataView, at: number): string {
  return [0, 1, 2, 3, 4, 5]
    .map((index) =>
      view
        .getUint8(at + index)
        .toString(16)
        .padStart(2, "0"),
    )
    .join(":");
}
