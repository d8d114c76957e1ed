/**
 * The guest's frames before anything else sees them: those in another's name are dropped. A guest that keeps its own
 * rules sends none; this is for the one that was taken over.
 *
 *   Ethernet   from the guest's station
 *   ARP        says nothing but who the guest is
 *   IPv4       from the guest's address; before it has one, only to ask for it (DHCP)
 *   IPv6       where the cable has it: from the guest's address; neighbour discovery also from its link's, and of nobody
 *              but the guest. It is no router
 *   else       nothing
 *
 * Never: looks at where a datagram goes; that is the border's (`outbound.ts`).
 * Tests: frame-guard.test.ts
 */
import type { Device } from "../link/device.ts";
import {
  formatAddress,
  formatIpv4,
  fromHalves,
  inNetwork6,
  parseIpv4,
  parseIpv6,
  type Address,
} from "./address.ts";

const ETHERNET_SIZE = 14;
const STATION_AT = 6;
const ARP_SIZE = 28;
const IPV4_SIZE = 20;
const UDP_PORTS = 4;
const TYPE_IPV4 = 0x0800;
const TYPE_ARP = 0x0806;
const TYPE_IPV6 = 0x86dd;
const IPV6_SIZE = 40;
const ADDRESS6_SIZE = 16;
const HOP_BY_HOP = 0;
const ICMP6 = 58;
const GROUP_REPORT = 143;
/** RFC 4861 4: types, where a target stands, options. */
const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOUR_ADVERTISEMENT = 136;
const REDIRECT = 137;
const DISCOVERY_TARGET = 8;
const SOURCE_STATION = 1;
const TARGET_STATION = 2;
const LINK_LOCAL = parseIpv6("fe80::")!;
const TCP = 6;
const UDP = 17;
const NEXT_HEADERS: ReadonlySet<number> = new Set([TCP, UDP, ICMP6]);
const DHCP_CLIENT_PORT = 68;
const DHCP_SERVER_PORT = 67;
const BROADCAST = parseIpv4("255.255.255.255")!;
const FRAGMENT = 0x3fff;

/** What a frame pretends, as counts and reports name it; undefined: it is the guest's own. */
type Verdict = string | undefined;

export interface FrameGuardOptions {
  readonly guestAddress: number;
  /** Undefined: there is no IPv6. */
  readonly guestAddress6?: bigint | undefined;
  readonly guestHardware: Uint8Array;
  /** Of what stands before each frame and is for the stack alone; 0: nothing does. */
  readonly headerBytes?: number;
  /** Hears of each frame that was dropped: what it pretended. */
  readonly dropped: (what: string) => void;
}

/** `device`, without the frames that are not the guest's own. */
export function guardFrames(device: Device, options: FrameGuardOptions): Device {
  const guard = new FrameGuard(options);
  const { headerBytes = 0 } = options;
  return {
    send: (frame) => device.send(frame),
    onArrival: (listener) => device.onArrival(listener),
    receive() {
      for (;;) {
        const frame = device.receive();
        if (frame === undefined) return undefined;
        const problem = guard.judge(headerBytes === 0 ? frame : frame.subarray(headerBytes));
        if (problem === undefined) return frame;
        options.dropped(problem);
      }
    },
  };
}

class FrameGuard {
  readonly #guest: number;
  readonly #guest6: bigint | undefined;
  readonly #stationHigh: number;
  readonly #stationLow: number;

  constructor({ guestAddress, guestAddress6, guestHardware }: FrameGuardOptions) {
    this.#guest = guestAddress;
    this.#guest6 = guestAddress6;
    this.#stationHigh = word(guestHardware, 0);
    this.#stationLow = double(guestHardware, 2);
  }

  judge(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE) return "a frame without a header";
    if (!this.#isOwnStation(frame, STATION_AT)) return `from station ${stationText(frame, STATION_AT)}`;
    const type = word(frame, 12);
    if (type === TYPE_IPV4) return this.#judgeIpv4(frame);
    if (type === TYPE_ARP) return this.#judgeArp(frame);
    // Neighbour discovery begins before a guest knows that nobody speaks IPv6 here.
    if (type === TYPE_IPV6) return this.#guest6 === undefined ? "IPv6" : this.#judgeIpv6(frame);
    return `Ethernet type ${type.toString(16)}`;
  }

  #judgeArp(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE + ARP_SIZE) return "ARP cut short";
    const station = ETHERNET_SIZE + 8;
    const address = double(frame, ETHERNET_SIZE + 14);
    if (!this.#isOwnStation(frame, station)) return `ARP of station ${stationText(frame, station)}`;
    return address === this.#guest || address === 0 ? undefined : `ARP of ${formatIpv4(address)}`;
  }

  #judgeIpv4(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE + IPV4_SIZE) return "IPv4 cut short";
    const source = double(frame, ETHERNET_SIZE + 12);
    if (source === this.#guest) return undefined;
    return source === 0 && asksForAddress(frame) ? undefined : `from ${formatIpv4(source)}`;
  }

  #judgeIpv6(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE + IPV6_SIZE) return "IPv6 cut short";
    const source = address6(frame, ETHERNET_SIZE + 8);
    // The guest's kernel sends no others, and discovery could hide behind them.
    const next = frame[ETHERNET_SIZE + 6]!;
    if (saysItsGroups(frame)) return undefined;
    if (!NEXT_HEADERS.has(next)) return `IPv6 header ${next}`;
    const type = next === ICMP6 ? frame[ETHERNET_SIZE + IPV6_SIZE] : undefined;
    const isDiscovery = type !== undefined && type >= ROUTER_SOLICITATION && type <= REDIRECT;
    if (isDiscovery) return this.#judgeDiscovery(frame, source, type);
    return source === this.#guest6 ? undefined : `from ${formatAddress(source)}`;
  }

  /** RFC 4861 4: who the message is about stands in it, and the sender's station in an option. */
  #judgeDiscovery(frame: Uint8Array, source: Address, type: number): Verdict {
    if (type === ROUTER_ADVERTISEMENT || type === REDIRECT) return "a router's word";
    const isOwn = (address: Address): boolean =>
      address === this.#guest6 || (typeof address === "bigint" && inNetwork6(address, LINK_LOCAL, 10));
    if (source !== 0n && !isOwn(source)) return `discovery from ${formatAddress(source)}`;
    const target = ETHERNET_SIZE + IPV6_SIZE + DISCOVERY_TARGET;
    if (type === NEIGHBOUR_ADVERTISEMENT) {
      if (frame.length < target + ADDRESS6_SIZE) return "IPv6 cut short";
      const about = address6(frame, target);
      if (!isOwn(about)) return `discovery of ${formatAddress(about)}`;
    }
    // A solicitation of a router has no target: its options stand there.
    return this.#judgeStations(frame, type === ROUTER_SOLICITATION ? target : target + ADDRESS6_SIZE);
  }

  #judgeStations(frame: Uint8Array, first: number): Verdict {
    const end = Math.min(frame.length, ETHERNET_SIZE + IPV6_SIZE + word(frame, ETHERNET_SIZE + 4));
    for (let at = first; at + 8 <= end; at += frame[at + 1]! * 8) {
      if (frame[at + 1] === 0) return "an option of no length";
      if (frame[at] !== SOURCE_STATION && frame[at] !== TARGET_STATION) continue;
      if (!this.#isOwnStation(frame, at + 2)) return `discovery of station ${stationText(frame, at + 2)}`;
    }
    return undefined;
  }

  #isOwnStation(frame: Uint8Array, at: number): boolean {
    return double(frame, at + 2) === this.#stationLow && word(frame, at) === this.#stationHigh;
  }
}

/** RFC 3810 5.2: in which groups it listens, behind a header of eight bytes that routers look at. Nobody here does. */
function saysItsGroups(frame: Uint8Array): boolean {
  const header = ETHERNET_SIZE + IPV6_SIZE;
  const source = address6(frame, ETHERNET_SIZE + 8);
  const isNamed = source === 0n || (typeof source === "bigint" && inNetwork6(source, LINK_LOCAL, 10));
  return (
    isNamed &&
    frame[ETHERNET_SIZE + 6] === HOP_BY_HOP &&
    frame[header] === ICMP6 &&
    frame[header + 1] === 0 &&
    frame[header + 8] === GROUP_REPORT
  );
}

/** RFC 2131 4.1. */
function asksForAddress(frame: Uint8Array): boolean {
  const headerSize = (frame[ETHERNET_SIZE]! & 15) * 4;
  const ports = ETHERNET_SIZE + headerSize;
  return (
    frame[ETHERNET_SIZE + 9] === UDP &&
    (word(frame, ETHERNET_SIZE + 6) & FRAGMENT) === 0 &&
    double(frame, ETHERNET_SIZE + 16) === BROADCAST &&
    headerSize >= IPV4_SIZE &&
    frame.length >= ports + UDP_PORTS &&
    word(frame, ports) === DHCP_CLIENT_PORT &&
    word(frame, ports + 2) === DHCP_SERVER_PORT
  );
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}

function double(bytes: Uint8Array, at: number): number {
  return word(bytes, at) * 65536 + word(bytes, at + 2);
}

function address6(bytes: Uint8Array, at: number): Address {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, ADDRESS6_SIZE);
  return fromHalves(view.getBigUint64(0), view.getBigUint64(8));
}

function stationText(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, 6)
    .toString("hex")
    .replace(/(..)(?!$)/g, "$1:");
}
