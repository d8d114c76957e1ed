/**
 * IPv6 datagrams in: checked, and handed to the transport they are for, in place. As `input.ts`.
 *
 * Tests: network6.test.ts
 */
import { Flow, setArrival } from "../layer";
import { PROTOCOL_ICMP6 } from "../wire/icmpv6";
import { Ipv6Repr, Ipv6Result, isMulticast6, isUnicast6, parseIpv6 } from "../wire/ipv6";
import { acceptAny } from "./address";
import { isOurGroup, isOurs6 } from "./address6";
import { count, Counter } from "./counters";
import { joinFragment6 } from "./fragment-input6";
import { receiveIcmp6, sendPortUnreachable6 } from "./icmp6";
import { frameSegmentSize, isFrameChecked } from "./link";
import { transportOf } from "./transports";

const header = changetype<Ipv6Repr>(memory.data(64, 8));
const flow = changetype<Flow>(memory.data(48, 8));

/** The datagram that a transport is being given, while errors about it may be sent; else 0. */
export let answerable6: usize = 0;

export function receiveIpv6(packet: usize, length: u32, toGroup: bool): void {
  if (parseIpv6(packet, length, header) != Ipv6Result.Ok) {
    count(Counter.MalformedIp);
    return;
  }
  const group = isMulticast6(header.destinationHigh);
  if (!isPossibleSource()) {
    count(Counter.BadSource);
    return;
  }
  if (group != toGroup || !isForUs6(group)) {
    count(Counter.BadDestination);
    return;
  }
  const isPart = header.fragmented;
  if (isPart) {
    // No neighbour cuts discovery's messages in parts (RFC 6980 5): `receiveIcmp6` is told by the hop limit.
    packet = joinFragment6(packet, header);
    if (packet == 0) return;
    header.hopLimit = 0;
  }
  setArrival(!isPart && isFrameChecked(), isPart ? 0 : frameSegmentSize());
  answerable6 = group ? 0 : packet;
  deliver(packet + header.headerLength, header.payloadLength);
  answerable6 = 0;
}

/** The datagram that `Transport.receive` has been given is for a port nobody has: tells its sender, if it may. */
export function refusePort6(): void {
  if (answerable6 != 0) sendPortUnreachable6(flow, answerable6, answerableLength6());
}

/** Of the datagram at `answerable6`, headers included. */
export function answerableLength6(): u32 {
  return header.headerLength + header.payloadLength;
}

function deliver(payload: usize, length: u32): void {
  flow.localHigh = header.destinationHigh;
  flow.localLow = header.destinationLow;
  flow.remoteHigh = header.sourceHigh;
  flow.remoteLow = header.sourceLow;
  flow.localPort = 0;
  flow.remotePort = 0;
  if (header.protocol == PROTOCOL_ICMP6) {
    receiveIcmp6(flow, payload, length, header.hopLimit);
    return;
  }
  // To a group only discovery speaks here, and nobody without an address.
  const transport = transportOf(header.protocol);
  if (transport == null || isMulticast6(flow.localHigh) || (flow.remoteHigh | flow.remoteLow) == 0) {
    count(Counter.NoTransport);
    return;
  }
  transport.receive(flow, payload, length);
}

/** One other machine, or none yet: who probes for an address (RFC 4862 5.4.2). */
function isPossibleSource(): bool {
  const high = header.sourceHigh;
  const low = header.sourceLow;
  if ((high | low) == 0) return header.protocol == PROTOCOL_ICMP6;
  return isUnicast6(high, low) && !isOurs6(high, low);
}

function isForUs6(group: bool): bool {
  if (group) return isOurGroup(header.destinationHigh, header.destinationLow);
  const isOwn = isOurs6(header.destinationHigh, header.destinationLow);
  return isOwn || (acceptAny() && isUnicast6(header.destinationHigh, header.destinationLow));
}
