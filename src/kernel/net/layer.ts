/**
 * The border between IP and the transports above it: who talks to whom, and the two directions.
 *
 * Addresses are 128 bits, high and low half in host order; IPv4 stands in them as IPv4-mapped (RFC 4291
 * 2.5.5.2), so that transports are the same for both versions.
 *
 *   network ── receive, unreachable ──► transport
 *   network ◄── open, send ──────────── transport
 */
import { Pieces } from "../memory/pieces";

/** Low half of an IPv4-mapped address without the address: ::ffff:0:0. */
export const IPV4_MAPPED: u64 = 0x0000_ffff_0000_0000;

export const PROTOCOL_ICMP: u8 = 1;
export const PROTOCOL_TCP: u8 = 6;
export const PROTOCOL_UDP: u8 = 17;

/** Two ends of a conversation, seen from this machine. */
@final
@unmanaged
export class Flow {
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  localPort: u16;
  remotePort: u16;
}

export function isIpv4(high: u64, low: u64): bool {
  return high == 0 && low >> 32 == IPV4_MAPPED >> 32;
}

export function mapIpv4(address: u32): u64 {
  return IPV4_MAPPED | (<u64>address);
}

/** Of the datagram that a transport is being given. */
let checked: bool = false;

/** Whether that datagram's checksum was verified below, or left out because it never was on a wire. */
export function isChecked(): bool {
  return checked;
}

/** Of that datagram, where it was joined from segments of TCP below: bytes of text in each but the last; else 0. */
let joinedFrom: u32 = 0;

export function segmentSize(): u32 {
  return joinedFrom;
}

/** For the network, before it calls `receive`. */
export function setArrival(isChecked: bool, segmentSize: u32): void {
  checked = isChecked;
  joinedFrom = segmentSize;
}

export abstract class Transport {
  /**
   * A datagram for this protocol, its IP header checked. `flow` has the addresses; the transport reads the ports
   * from its own header. `flow` and the bytes live only during the call; the transport may write to `flow`'s ports.
   */
  abstract receive(flow: Flow, pointer: usize, length: u32): void;

  /**
   * An ICMP error says that the datagram whose first bytes (at least 8) stand at `pointer` did not arrive. `flow` is as for
   * `receive`, of the datagram that *we* sent. Not authenticated: the transport decides what to believe.
   * `mtu` is the next hop's, 0 where the error is not "fragmentation needed".
   */
  abstract unreachable(flow: Flow, pointer: usize, length: u32, mtu: u32): void;
}

export abstract class Network {
  /**
   * Starts a datagram for `flow` (the addresses are used): where its transport header goes, or 0 when there is
   * no route or no buffer. At most one is open at a time; `send` closes it.
   * `flow.localHigh`/`localLow` must be set; `localFor` gives the right one for a new flow.
   */
  abstract open(flow: Flow, protocol: u8): usize;

  /**
   * Sends the open datagram with `length` transport bytes, header included, at most `maximumPayload`.
   * The transport has filled its checksum.
   */
  abstract send(length: u32): void;

  /**
   * As `send`, for a transport that has not filled its checksum: the network does, or has the device do it. Its place
   * is `at` bytes from the header's start, zero until now; it covers `sum` and all `length` bytes.
   */
  abstract sendUnsummed(length: u32, sum: u64, at: u32): void;

  /**
   * The longest transport header and payload of a datagram that leaves as TCP's segments, cut below; 0: nobody cuts any.
   * `openLong` and `sendLong` are for those: as `open` and `sendUnsummed`, but the header alone is made in the datagram, and
   * `text` says what follows it; `segmentSize` bytes of that are in each segment but the last.
   */
  abstract longestSegmented(flow: Flow): u32;
  abstract openLong(flow: Flow, protocol: u8): usize;
  abstract sendLong(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void;

  /** The longest transport header and payload that leaves in one frame. */
  abstract maximumPayload(flow: Flow): u32;

  /** Sets `flow`'s local address to the one that reaches its remote one: false without a route. */
  abstract localFor(flow: Flow): bool;

  /** Whether this machine may begin a conversation with `flow`'s remote end, by its grants. Answers need no leave. */
  abstract mayBegin(flow: Flow, protocol: u8): bool;

  /** Lets `transport` have all datagrams of `protocol`. */
  abstract register(protocol: u8, transport: Transport): void;
}

/** The sum over the pseudo-header (RFC 9293 3.1, RFC 8200 8.1), not folded, to go on from with the segment. */
export function pseudoHeaderSum(flow: Flow, protocol: u8, length: u32): u64 {
  let sum = <u64>protocol + <u64>length;
  sum += (flow.localLow & 0xffff_ffff) + (flow.remoteLow & 0xffff_ffff);
  if (!isIpv4(flow.remoteHigh, flow.remoteLow)) {
    sum += (flow.localHigh >> 32) + (flow.localHigh & 0xffff_ffff) + (flow.localLow >> 32);
    sum += (flow.remoteHigh >> 32) + (flow.remoteHigh & 0xffff_ffff) + (flow.remoteLow >> 32);
  }
  return sum;
}
