/**
 * The guest's frames before anything else sees them: those in another's name are dropped. A guest that keeps its own
 * rules sends none; this is for the one that was taken over.
 *
 *   Ethernet   from the guest's station
 *   ARP        says nothing but who the guest is
 *   IPv4       from the guest's address; before it has one, only to ask for it (DHCP)
 *   else       nothing: this gateway speaks neither IPv6 nor anything else
 *
 * Never: looks at where a datagram goes; that is the border's (`outbound.ts`).
 * Tests: frame-guard.test.ts
 */
import type { Device } from "../link/device.ts";
import { formatIpv4, parseIpv4 } from "./address.ts";

const ETHERNET_SIZE = 14;
const ARP_SIZE = 28;
const IPV4_SIZE = 20;
const UDP_PORTS = 4;
const TYPE_IPV4 = 0x0800;
const TYPE_ARP = 0x0806;
const TYPE_IPV6 = 0x86dd;
const UDP = 17;
const DHCP_CLIENT_PORT = 68;
const DHCP_SERVER_PORT = 67;
const BROADCAST = parseIpv4("255.255.255.255")!;
const FRAGMENT = 0x3fff;

/** What a frame pretends, as counts and reports name it; undefined: it is the guest's own. */
type Verdict = string | undefined;

export interface FrameGuardOptions {
  readonly guestAddress: number;
  readonly guestHardware: Uint8Array;
  /** Hears of each frame that was dropped: what it pretended. */
  readonly dropped: (what: string) => void;
}

/** `device`, without the frames that are not the guest's own. */
export function guardFrames(device: Device, options: FrameGuardOptions): Device {
  const guard = new FrameGuard(options);
  return {
    send: (frame) => device.send(frame),
    onArrival: (listener) => device.onArrival(listener),
    receive() {
      for (;;) {
        const frame = device.receive();
        if (frame === undefined) return undefined;
        const problem = guard.judge(frame);
        if (problem === undefined) return frame;
        options.dropped(problem);
      }
    },
  };
}

class FrameGuard {
  readonly #guest: number;
  readonly #station: string;

  constructor({ guestAddress, guestHardware }: FrameGuardOptions) {
    this.#guest = guestAddress;
    this.#station = stationText(guestHardware, 0);
  }

  judge(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE) return "a frame without a header";
    const source = stationText(frame, 6);
    if (source !== this.#station) return `from station ${source}`;
    const type = word(frame, 12);
    if (type === TYPE_IPV4) return this.#judgeIpv4(frame);
    if (type === TYPE_ARP) return this.#judgeArp(frame);
    // Neighbour discovery begins before a guest knows that nobody speaks IPv6 here.
    return type === TYPE_IPV6 ? "IPv6" : `Ethernet type ${type.toString(16)}`;
  }

  #judgeArp(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE + ARP_SIZE) return "ARP cut short";
    const station = stationText(frame, ETHERNET_SIZE + 8);
    const address = double(frame, ETHERNET_SIZE + 14);
    if (station !== this.#station) return `ARP of station ${station}`;
    return address === this.#guest || address === 0 ? undefined : `ARP of ${formatIpv4(address)}`;
  }

  #judgeIpv4(frame: Uint8Array): Verdict {
    if (frame.length < ETHERNET_SIZE + IPV4_SIZE) return "IPv4 cut short";
    const source = double(frame, ETHERNET_SIZE + 12);
    if (source === this.#guest) return undefined;
    return source === 0 && asksForAddress(frame) ? undefined : `from ${formatIpv4(source)}`;
  }
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

function stationText(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, 6)
    .toString("hex")
    .replace(/(..)(?!$)/g, "$1:");
}
