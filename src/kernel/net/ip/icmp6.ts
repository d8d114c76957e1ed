/**
 * ICMPv6 at the interface: answers echo, hands errors to the transport whose datagram they quote, neighbour discovery to
 * its own, and tells senders that a port is closed, within the limit that IPv4's errors share (RFC 4443).
 *
 * Tests: network6.test.ts
 */
import { Flow } from "../layer";
import {
  emitEchoReply6,
  emitError6,
  ICMP6_HEADER_SIZE,
  Icmp6Type,
  isIcmp6Error,
  isValidIcmp6,
  PROTOCOL_ICMP6,
  tooBigMtu,
  UnreachableCode6,
} from "../wire/icmpv6";
import { IPV6_MINIMUM_MTU, Ipv6Repr, Ipv6Result, IPV6_HEADER_SIZE, parseQuotedIpv6 } from "../wire/ipv6";
import { isOurs6 } from "./address6";
import { count, Counter } from "./counters";
import { takeErrorAllowance } from "./icmp";
import { receiveNdp } from "./ndp-input";
import { longestPayload6, openDatagram6, sendDatagram6 } from "./output6";
import { believableMtu } from "./path-mtu";
import { transportOf } from "./transports";

/** A transport can tell its conversation from so much. */
const QUOTED_BYTES: u32 = 8;
/** As much of the datagram as the smallest MTU carries (RFC 4443 2.4 c). */
export const LONGEST_QUOTATION: u32 = IPV6_MINIMUM_MTU - IPV6_HEADER_SIZE - ICMP6_HEADER_SIZE;
/** What no router has passed on. */
const NEIGHBOUR_HOP_LIMIT: u8 = 255;

const quoted = changetype<Ipv6Repr>(memory.data(64, 8));
const quotedFlow = changetype<Flow>(memory.data(48, 8));

/** A message for us or one of our groups. `flow` is its own, `pointer` its first byte. */
export function receiveIcmp6(flow: Flow, pointer: usize, length: u32, hopLimit: u8): void {
  if (!isValidIcmp6(flow, pointer, length)) {
    count(Counter.MalformedIcmp);
    return;
  }
  const type = load<u8>(pointer);
  if (type == Icmp6Type.Echo) answerEcho(flow, pointer, length);
  else if (isIcmp6Error(type)) receiveError(type, pointer, length);
  else if (hopLimit == NEIGHBOUR_HOP_LIMIT) receiveNdp(flow, pointer, length);
}

/** Not for groups: one question would make all machines answer. As much as one frame holds (RFC 4443 4.2). */
function answerEcho(flow: Flow, pointer: usize, length: u32): void {
  if (!isOurs6(flow.localHigh, flow.localLow)) return;
  length = min(length, longestPayload6());
  const reply = openDatagram6(flow, PROTOCOL_ICMP6);
  if (reply == 0) return;
  memory.copy(reply, pointer, length);
  emitEchoReply6(flow, reply, length);
  sendDatagram6(length);
}

function receiveError(type: u8, pointer: usize, length: u32): void {
  const start = pointer + ICMP6_HEADER_SIZE;
  const room = length - ICMP6_HEADER_SIZE;
  if (
    parseQuotedIpv6(start, room, quoted) != Ipv6Result.Ok ||
    quoted.fragmented ||
    room < quoted.headerLength + QUOTED_BYTES ||
    !isOurs6(quoted.sourceHigh, quoted.sourceLow)
  ) {
    count(Counter.MalformedIcmp);
    return;
  }
  const transport = transportOf(quoted.protocol);
  if (transport == null) return;
  let mtu: u32 = 0;
  if (type == Icmp6Type.TooBig) {
    mtu = believableMtu(tooBigMtu(pointer), quoted.headerLength + quoted.payloadLength, IPV6_MINIMUM_MTU);
    if (mtu == 0) return;
  }
  quotedFlow.localHigh = quoted.sourceHigh;
  quotedFlow.localLow = quoted.sourceLow;
  quotedFlow.remoteHigh = quoted.destinationHigh;
  quotedFlow.remoteLow = quoted.destinationLow;
  transport.unreachable(quotedFlow, start + quoted.headerLength, room - quoted.headerLength, mtu);
}

/** Tells the sender of the datagram at `datagram` that nobody listens on the port it chose. */
export function sendPortUnreachable6(flow: Flow, datagram: usize, length: u32): void {
  sendError6(flow, Icmp6Type.Unreachable, <u8>UnreachableCode6.Port, datagram, length);
}

/** Tells the sender of the datagram at `datagram`, `flow`'s remote end, what became of it. */
export function sendError6(flow: Flow, type: Icmp6Type, code: u8, datagram: usize, length: u32): void {
  if (!takeErrorAllowance()) {
    count(Counter.IcmpLimited);
    return;
  }
  const message = openDatagram6(flow, PROTOCOL_ICMP6);
  if (message == 0) return;
  const quotation = min(length, LONGEST_QUOTATION);
  memory.copy(message + ICMP6_HEADER_SIZE, datagram, quotation);
  emitError6(flow, message, type, code, ICMP6_HEADER_SIZE + quotation);
  sendDatagram6(ICMP6_HEADER_SIZE + quotation);
}
