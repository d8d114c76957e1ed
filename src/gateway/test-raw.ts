/**
 * A gateway whose guest is the test itself: frames in, frames out, as a guest that was taken over would have it. It only
 * says who it is when it is asked.
 */
import {
  arp,
  bytes,
  ethernet,
  internetChecksum,
  ip,
  ipText,
  ipv4,
  read16,
  u16,
  u32,
  udp,
  type Bytes,
} from "../../tools/frames.ts";
import { checksum6, icmp6, ip6, ip6Text, ipv6, plain6, udp6 } from "../../tools/frames6.ts";
import { createCable } from "../link/cable.ts";
import type { Device } from "../link/device.ts";
import { settled } from "./test-joined.ts";
import {
  Gateway,
  GATEWAY_ADDRESS,
  GATEWAY_ADDRESS6,
  GATEWAY_HARDWARE_ADDRESS,
  GUEST_ADDRESS,
  GUEST_ADDRESS6,
  GUEST_HARDWARE_ADDRESS,
  type GatewayOptions,
} from "./gateway.ts";

const [ICMP, TCP, UDP, ICMP6] = [1, 6, 17, 58];
const SOLICITATION = 135;
const ADVERTISEMENT = 136;

/** A datagram that the gateway sent to the guest. */
export interface Heard {
  readonly source: string;
  readonly protocol: number;
  readonly payload: Bytes;
}

export interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface Aim {
  readonly to: string;
  readonly port: number;
  readonly from?: number;
  /** Time to live, or hop limit. */
  readonly hops?: number;
}

const is6 = (address: string): boolean => address.includes(":");
const guestOf = (address: string): string => (is6(address) ? GUEST_ADDRESS6 : GUEST_ADDRESS);

export class RawGuest {
  readonly gateway: Gateway;
  readonly reports: string[] = [];
  readonly heard: Heard[] = [];
  readonly #device: Device;

  static async start(options: Omit<GatewayOptions, "device">): Promise<RawGuest> {
    const guest = new RawGuest(options);
    await guest.gateway.start();
    return guest;
  }

  private constructor(options: Omit<GatewayOptions, "device">) {
    const [outer, inner] = createCable();
    this.#device = inner;
    this.gateway = new Gateway({
      device: outer,
      report: (message) => this.reports.push(message),
      ...options,
    });
    inner.onArrival(() => setImmediate(() => this.#drain()));
  }

  stop(): void {
    this.gateway.stop();
  }

  /** Sends a frame as it stands. */
  send(frame: Bytes): void {
    this.#device.send(frame);
  }

  /** Sends a datagram to the gateway: what an error about it is to quote. */
  datagram(to: string, protocol: number, payload: Bytes, hops = 64, source = guestOf(to)): Bytes {
    const fields = { source, destination: to, protocol, payload };
    const packet = is6(to) ? ipv6({ ...fields, hopLimit: hops }) : ipv4({ ...fields, timeToLive: hops });
    this.send(ethernet(GATEWAY_HARDWARE_ADDRESS, GUEST_HARDWARE_ADDRESS, is6(to) ? 0x86dd : 0x0800, packet));
    return packet;
  }

  udp({ to, port, from = 5000, hops }: Aim, data: Bytes = bytes(1, 2, 3)): Bytes {
    const source = guestOf(to);
    const payload = is6(to)
      ? udp6(source, to, [from, port], data)
      : udp({ source, destination: to, sourcePort: from, destinationPort: port, payload: data });
    return this.datagram(to, UDP, payload, hops);
  }

  tcp({ to, port, from = 5000, hops }: Aim, flags: number, sequence = 1000, acknowledgment = 0): Bytes {
    const head = bytes(u16(from), u16(port), u32(sequence), u32(acknowledgment));
    const segment = bytes(head, 0x50, flags, u16(65535), 0, 0, 0, 0);
    const pseudo = bytes(ip(GUEST_ADDRESS), is6(to) ? [] : ip(to), 0, TCP, u16(segment.length));
    const sum = is6(to)
      ? checksum6(GUEST_ADDRESS6, to, TCP, segment)
      : internetChecksum(bytes(pseudo, segment));
    segment.set(u16(sum), 16);
    return this.datagram(to, TCP, segment, hops);
  }

  /** Errors of ICMP and answers to echo that have come. */
  get errors(): Heard[] {
    return this.heard.filter(({ protocol }) => protocol === ICMP || protocol === ICMP6);
  }

  get segments(): Segment[] {
    return this.heard
      .filter(({ protocol }) => protocol === TCP)
      .map(({ source, payload }) => ({
        source,
        sourcePort: read16(payload, 0),
        destinationPort: read16(payload, 2),
        sequence: read16(payload, 4) * 65536 + read16(payload, 6),
        acknowledgment: read16(payload, 8) * 65536 + read16(payload, 10),
        flags: payload[13]!,
      }));
  }

  /** Waits for so many errors, and gives the frames that may follow them a moment's work of the gateway's. */
  async errorsOf(count: number): Promise<Heard[]> {
    await settled(() => this.errors.length >= count);
    await this.answered();
    return this.errors;
  }

  /** Waits until all that was sent before has been looked at: an echo comes back. */
  async answered(): Promise<void> {
    const id = Math.floor(Math.random() * 65536);
    const message = bytes(8, 0, 0, 0, u16(id), 0, 1);
    message.set(u16(internetChecksum(message)), 2);
    this.datagram(GATEWAY_ADDRESS, ICMP, message);
    const isOurs = ({ payload }: Heard): boolean => payload[0] === 0 && read16(payload, 4) === id;
    await settled(() => this.errors.some(isOurs));
    this.heard.splice(
      this.heard.findIndex((each) => each.protocol === ICMP && isOurs(each)),
      1,
    );
  }

  #drain(): void {
    for (let frame = this.#device.receive(); frame !== undefined; frame = this.#device.receive()) {
      const type = read16(frame, 12);
      const packet = frame.subarray(14);
      if (type === 0x0806) this.#sayWho(packet);
      else if (type === 0x86dd) this.#hear6(packet);
      else if (type === 0x0800) {
        if (internetChecksum(packet.subarray(0, 20)) !== 0) throw new Error("wrong IPv4 checksum");
        const payload = packet.slice(20, read16(packet, 2));
        if (packet[9] === ICMP && internetChecksum(payload) !== 0) throw new Error("wrong ICMP checksum");
        this.heard.push({ source: ipText(packet, 12), protocol: packet[9]!, payload });
      }
    }
  }

  #sayWho(question: Bytes): void {
    if (read16(question, 6) !== 1 || ipText(question, 24) !== GUEST_ADDRESS) return;
    const answer = arp({
      operation: 2,
      senderHardware: GUEST_HARDWARE_ADDRESS,
      sender: GUEST_ADDRESS,
      targetHardware: GATEWAY_HARDWARE_ADDRESS,
      target: GATEWAY_ADDRESS,
    });
    this.send(ethernet(GATEWAY_HARDWARE_ADDRESS, GUEST_HARDWARE_ADDRESS, 0x0806, answer));
  }

  #hear6(packet: Bytes): void {
    const [source, payload] = [ip6Text(packet, 8), packet.slice(40)];
    const [protocol, destination] = [packet[6]!, ip6Text(packet, 24)];
    if (protocol === ICMP6 && checksum6(source, destination, ICMP6, payload) !== 0)
      throw new Error("wrong ICMPv6 checksum");
    if (protocol !== ICMP6 || payload[0]! < 133 || payload[0]! > 137) {
      this.heard.push({ source, protocol, payload });
    } else if (payload[0] === SOLICITATION && ip6Text(payload, 8) === plain6(GUEST_ADDRESS6)) {
      // Solicited, to override; with the station.
      const about = bytes(0x60, 0, 0, 0, ip6(GUEST_ADDRESS6), 2, 1, GUEST_HARDWARE_ADDRESS);
      const answer = icmp6(GUEST_ADDRESS6, source, ADVERTISEMENT, 0, about);
      const fields = { source: GUEST_ADDRESS6, destination: source, protocol: ICMP6, payload: answer };
      const reply = ipv6({ ...fields, hopLimit: 255 });
      this.send(ethernet(GATEWAY_HARDWARE_ADDRESS, GUEST_HARDWARE_ADDRESS, 0x86dd, reply));
    }
  }
}

export { GATEWAY_ADDRESS6 as GATEWAY6, GATEWAY_ADDRESS as GATEWAY };
export const six = plain6;
