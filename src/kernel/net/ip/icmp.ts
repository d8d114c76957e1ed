/**
 * ICMP at the interface: answers echo, hands errors to the transport whose datagram they quote, and tells senders
 * that a port is closed, within a limit (RFC 792, RFC 1122 3.2.2).
 *
 * Tests: icmp.test.ts
 */
import { randomU32 } from "../../entropy/random";
import { now, SECOND } from "../../time/clock";
import { Flow, mapIpv4, PROTOCOL_ICMP } from "../layer";
import {
  emitEchoReply,
  emitError,
  ICMP_HEADER_SIZE,
  IcmpMessage,
  IcmpType,
  isIcmpError,
  isValidIcmp,
  UnreachableCode,
} from "../wire/icmpv4";
import { Ipv4Repr, Ipv4Result, parseQuotedIpv4 } from "../wire/ipv4";
import { localAddress, maySendFrom } from "./address";
import { count, Counter } from "./counters";
import { believableMtu } from "./path-mtu";
import { longestPayload, openDatagram, sendDatagram } from "./output";
import { transportOf } from "./transports";

/** A transport can tell its conversation from 8 bytes (RFC 792). */
export const QUOTED_BYTES: u32 = 8;
const ERRORS_PER_SECOND: u32 = 16;
/** The least an IPv4 path is believed to carry: what everyone must take, 576, less 24 for tunnels; 68 is an attacker's. */
const SMALLEST_MTU: u32 = 552;

const quoted = changetype<Ipv4Repr>(memory.data(32, 8));
const quotedFlow = changetype<Flow>(memory.data(48, 8));

let windowStart: i64 = 0;
let errorsLeft: u32 = 0;

/** A message for us. `flow` is its own, `pointer` its first byte. */
export function receiveIcmp(flow: Flow, pointer: usize, length: u32): void {
  if (!isValidIcmp(pointer, length)) {
    count(Counter.MalformedIcmp);
    return;
  }
  const message = changetype<IcmpMessage>(pointer);
  const type = message.type;
  if (type == IcmpType.Echo) answerEcho(flow, pointer, length);
  else if (isIcmpError(type)) receiveError(message, length);
}

/**
 * Only for our own address: a gateway cannot know whether the others would answer. What came in fragments goes back as
 * far as one frame holds it (RFC 1122 3.2.2.6).
 */
function answerEcho(flow: Flow, pointer: usize, length: u32): void {
  if (<u32>flow.localLow != localAddress()) return;
  length = min(length, longestPayload());
  const reply = openDatagram(flow, PROTOCOL_ICMP);
  if (reply == 0) return;
  memory.copy(reply, pointer, length);
  emitEchoReply(reply, length);
  sendDatagram(length);
}

function receiveError(message: IcmpMessage, length: u32): void {
  const start = changetype<usize>(message) + ICMP_HEADER_SIZE;
  const room = length - ICMP_HEADER_SIZE;
  if (
    parseQuotedIpv4(start, room, quoted) != Ipv4Result.Ok ||
    quoted.fragmentOffset != 0 ||
    room - quoted.headerLength < QUOTED_BYTES ||
    quoted.source == 0 ||
    !maySendFrom(quoted.source, quoted.destination)
  ) {
    count(Counter.MalformedIcmp);
    return;
  }
  const transport = transportOf(quoted.protocol);
  if (transport == null) return;
  quotedFlow.localHigh = 0;
  quotedFlow.remoteHigh = 0;
  quotedFlow.localLow = mapIpv4(quoted.source);
  quotedFlow.remoteLow = mapIpv4(quoted.destination);
  const tooBig =
    message.type == IcmpType.DestinationUnreachable && message.code == UnreachableCode.FragmentationNeeded;
  const mtu = tooBig
    ? believableMtu(message.nextHopMtu, quoted.headerLength + quoted.payloadLength, SMALLEST_MTU)
    : 0;
  if (tooBig && mtu == 0) return;
  transport.unreachable(quotedFlow, start + quoted.headerLength, room - quoted.headerLength, mtu);
}

/** Tells the sender of the unicast datagram at `datagram` that nobody listens on the port it chose. */
export function sendPortUnreachable(flow: Flow, datagram: usize, headerLength: u32): void {
  sendError(flow, IcmpType.DestinationUnreachable, <u8>UnreachableCode.Port, datagram, headerLength);
}

/** Tells the sender of the unicast datagram at `datagram`, `flow`'s remote end, what became of it. */
export function sendError(flow: Flow, type: IcmpType, code: u8, datagram: usize, headerLength: u32): void {
  if (!takeErrorAllowance()) {
    count(Counter.IcmpLimited);
    return;
  }
  const message = openDatagram(flow, PROTOCOL_ICMP);
  if (message == 0) return;
  const quotation = headerLength + QUOTED_BYTES;
  memory.copy(message + ICMP_HEADER_SIZE, datagram, quotation);
  emitError(message, type, code, ICMP_HEADER_SIZE + quotation);
  sendDatagram(ICMP_HEADER_SIZE + quotation);
}

/**
 * Errors are limited (RFC 1812 4.3.2.8), and to a number nobody can know: against a fixed one an attacker counts
 * which of its probes used it up, and so finds the open ports behind it (the side channel of CVE-2020-25705).
 */
export function takeErrorAllowance(): bool {
  const time = now();
  if (time - windowStart >= SECOND || windowStart == 0) {
    windowStart = time;
    errorsLeft = ERRORS_PER_SECOND / 2 + (randomU32() % (ERRORS_PER_SECOND / 2));
  }
  if (errorsLeft == 0) return false;
  errorsLeft--;
  return true;
}
