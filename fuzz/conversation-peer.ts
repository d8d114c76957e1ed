/**
 * The rest of the network, for the fuzzer of conversations: hosts, a name server, a DHCP server and a router, as frames that
 * a machine under test would believe. It follows what the machine says, so that its next words fit.
 */
import { STATION } from "../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  internetChecksum,
  ip,
  ipText,
  ipv4,
  PEER,
  read16,
  read32,
  u16,
  u32,
  udp,
  type Bytes,
} from "../tools/frames.ts";
import { checksum6, group6, icmp6, ip6, ip6Text, ipv6, solicited6, udp6 } from "../tools/frames6.ts";

export const HOST = "10.0.2.2";
export const HOST6 = "fe80:0:0:0:0:0:0:1";
const FAR6 = "2001:db8:0:0:0:0:0:2";
const MACHINE = "10.0.2.15";
const UDP = 17;
const TCP = 6;
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
/** Conversations that are remembered; the oldest is forgotten first. */
const FLOWS = 32;

export interface Flow {
  readonly six: boolean;
  readonly port: number;
  readonly machinePort: number;
  seq: number;
  ack: number;
}

/** A question of DNS or DHCP that came last. */
interface Question {
  readonly port: number;
  readonly payload: Bytes;
}

export class Peer {
  readonly flows: Flow[] = [];
  /** The machine's address of IPv6, as it told. */
  address6 = "2001:db8:0:0:0:0:0:15";
  #names: Question | undefined;
  #lease: Question | undefined;

  /** Looks at a frame that the machine sent. */
  hear(frame: Bytes): void {
    const type = read16(frame, 12);
    if (type === 0x0800) this.#hearPayload(false, frame[23]!, frame.subarray(34));
    if (type !== 0x86dd) return;
    if (frame[22] === 0x20) this.address6 = ip6Text(frame, 22);
    this.#hearPayload(true, frame[20]!, frame.subarray(54));
  }

  #hearPayload(six: boolean, protocol: number, payload: Bytes): void {
    if (protocol === UDP) {
      const question = { port: read16(payload, 0), payload: payload.slice(8) };
      if (read16(payload, 2) === 53) this.#names = question;
      if (read16(payload, 2) === 67) this.#lease = question;
    }
    if (protocol !== TCP) return;
    const [machinePort, port, flags] = [read16(payload, 0), read16(payload, 2), payload[13]!];
    const length = payload.length - (payload[12]! >> 4) * 4 + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
    let flow = this.flows.find(
      (one) => one.six === six && one.port === port && one.machinePort === machinePort,
    );
    if (flow === undefined) {
      flow = { six, port, machinePort, seq: 1_000_000, ack: 0 };
      this.flows.push(flow);
      if (this.flows.length > FLOWS) this.flows.shift();
    }
    flow.ack = (read32(payload, 4) + length) >>> 0;
    if ((flags & ACK) !== 0) flow.seq = read32(payload, 8);
    if ((flags & RST) !== 0) this.flows.splice(this.flows.indexOf(flow), 1);
  }

  open(six: boolean, port: number): Bytes {
    const flow = { six, port, machinePort: 80, seq: 1000 * port, ack: 0 };
    return this.segment(flow, SYN, bytes(), [2, 4, 5, 0xb4, 4, 2, 1, 1, 3, 3, 7, 0]);
  }

  /** In the flow, from `offset` on. */
  segment(flow: Flow, flags: number, data: Bytes, options: readonly number[] = [], offset = 0): Bytes {
    const size = 20 + options.length;
    const seq = (flow.seq + offset) >>> 0;
    const ports = bytes(u16(flow.port), u16(flow.machinePort));
    const numbers = bytes(u32(seq), u32((flags & ACK) === 0 ? 0 : flow.ack));
    const segment = bytes(ports, numbers, size << 2, flags, u16(0x7fff), u32(0), options, data);
    const { source, destination } = this.#ends(flow.six);
    const sum = flow.six
      ? checksum6(source, destination, TCP, segment)
      : internetChecksum(bytes(ip(source), ip(destination), 0, TCP, u16(segment.length), segment));
    segment.set(u16(sum), 16);
    return this.packet(flow.six, TCP, segment);
  }

  packet(six: boolean, protocol: number, payload: Bytes): Bytes {
    const ends = { ...this.#ends(six), protocol, payload };
    return six ? ethernet(STATION, PEER, 0x86dd, ipv6(ends)) : ethernet(STATION, PEER, 0x0800, ipv4(ends));
  }

  datagram(six: boolean, ports: readonly [number, number], payload: Bytes): Bytes {
    const { source, destination } = this.#ends(six);
    const [sourcePort, destinationPort] = ports;
    const whole = six
      ? udp6(source, destination, ports, payload)
      : udp({ source, destination, sourcePort, destinationPort, payload });
    return this.packet(six, UDP, whole);
  }

  /** What the name server says to the last question: `count` addresses of the type that was asked for. */
  answerName(count: number, code: number): Bytes | undefined {
    const asked = this.#names;
    if (asked === undefined || asked.payload.length < 17) return undefined;
    const type = read16(asked.payload, asked.payload.length - 4);
    const data = type === 28 ? ip6(FAR6) : ip("10.0.2.80");
    const record = bytes(0xc0, 12, u16(type), u16(1), u32(60), u16(data.length), data);
    const alias = bytes(0xc0, 12, u16(5), u16(1), u32(60), u16(4), 1, 0x61, 0xc0, 12);
    const records = Array.from({ length: count }, (_, index) => (index === 1 ? alias : record));
    const head = bytes(asked.payload.slice(0, 2), u16(0x8180 | code), u16(1), u16(count), u32(0));
    return this.datagram(false, [53, asked.port], bytes(head, asked.payload.slice(12), ...records));
  }

  /** What the DHCP server says to the last message: an offer, an acknowledgment, a refusal. */
  answerLease(kind: number, seconds: number): Bytes | undefined {
    const asked = this.#lease;
    if (asked === undefined || asked.payload.length < 240) return undefined;
    const address = ip(MACHINE);
    const options = bytes(
      ...[53, 1, kind, 54, 4, ...ip(HOST), 51, 4, ...u32(seconds), 1, 4, 255, 255, 255, 0],
      ...[3, 4, ...ip(HOST), 6, 4, ...ip(HOST), 255],
    );
    const head = asked.payload.slice(0, 240);
    head[0] = 2;
    head.set(address, 16);
    const message = bytes(head, options);
    const fields = { source: HOST, destination: "255.255.255.255", sourcePort: 67, destinationPort: 68 };
    const payload = udp({ ...fields, payload: message });
    return ethernet(BROADCAST, PEER, 0x0800, ipv4({ ...fields, protocol: UDP, payload }));
  }

  arp(operation: number, sender: string): Bytes {
    const body = arp({ operation, senderHardware: PEER, sender, target: MACHINE });
    return ethernet(operation === 1 ? BROADCAST : STATION, PEER, 0x0806, body);
  }

  /** Neighbour discovery: a question for the machine (135), an answer to it (136), a router's words (134). */
  discovery(type: number): Bytes {
    const to = type === 135 ? solicited6(this.address6) : type === 134 ? "ff02::1" : this.address6;
    const option = (kind: number) => bytes(kind, 1, PEER);
    const prefix = bytes(3, 4, 64, 0xc0, u32(3600), u32(1800), u32(0), ip6("2001:db8::"));
    const bodies: Readonly<Record<number, Bytes>> = {
      134: bytes(64, 0, u16(1800), u32(0), u32(0), option(1), prefix),
      135: bytes(u32(0), ip6(this.address6), option(1)),
      136: bytes(u32(0x6000_0000), ip6(HOST6), option(2)),
    };
    const payload = icmp6(HOST6, to, type, 0, bodies[type]!);
    const station = to.startsWith("ff") ? group6(to) : STATION;
    const fields = { source: HOST6, destination: to, protocol: 58, hopLimit: 255, payload };
    return ethernet(station, PEER, 0x86dd, ipv6(fields));
  }

  /** An error or a question of ICMP; an error quotes `frame`, which the machine sent. */
  icmp(six: boolean, type: number, code: number, rest: number, quoted: Bytes): Bytes {
    if (six) return this.packet(true, 58, icmp6(FAR6, this.address6, type, code, bytes(u32(rest), quoted)));
    const message = bytes(type, code, u16(0), u32(rest), quoted);
    message.set(u16(internetChecksum(message)), 2);
    return this.packet(false, 1, message);
  }

  #ends(six: boolean): { source: string; destination: string } {
    return six ? { source: FAR6, destination: this.address6 } : { source: HOST, destination: MACHINE };
  }
}

/** Cuts an IPv4 frame's payload in parts of so many bytes, a multiple of 8. */
export function fragments(frame: Bytes, size: number, id: number): Bytes[] {
  const payload = frame.subarray(34);
  const parts: Bytes[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const more = at + size < payload.length ? 0x2000 : 0;
    const fields = { source: ipText(frame, 26), destination: ipText(frame, 30), protocol: frame[23]! };
    const packet = ipv4({ ...fields, payload: payload.slice(at, at + size), fragment: more | (at / 8) });
    packet.set(u16(id), 4);
    packet.set([0, 0], 10);
    packet.set(u16(internetChecksum(packet.subarray(0, 20))), 10);
    parts.push(ethernet(STATION, PEER, 0x0800, packet));
  }
  return parts;
}
