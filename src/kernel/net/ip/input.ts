/**
 * Frames in: told apart, checked, and handed to the transport they are for, in place.
 *
 * Everything here is a stranger's. What is wrong is counted and dropped in silence; nothing is answered before
 * its source is known to be one possible machine (RFC 1122 3.2.1.3).
 *
 * Tests: network.test.ts
 */
import { Flow, mapIpv4, PROTOCOL_ICMP, PROTOCOL_UDP, setArrival } from "../layer";
import { ETHERNET_HEADER_SIZE, EthernetFrame, EtherType, isGroupHardware } from "../wire/ethernet";
import { Ipv4Repr, Ipv4Result, isUnicast, LIMITED_BROADCAST, parseIpv4 } from "../wire/ipv4";
import { acceptAny, isBroadcast, isPossiblePeer, localAddress } from "./address";
import { receiveArp } from "./arp-input";
import { count, Counter } from "./counters";
import { joinFragment } from "./fragment-input";
import { receiveIcmp, sendPortUnreachable } from "./icmp";
import { frameSegmentSize, hardwareAddress, isFrameChecked } from "./link";
import { isKnownPeer } from "./route";
import { transportOf } from "./transports";
import { version6 } from "./version6";

const header = changetype<Ipv4Repr>(memory.data(32, 8));
const flow = changetype<Flow>(memory.data(48, 8));

/** The datagram that a transport is being given, while `toOne` says that errors about it may be sent. */
let datagram: usize = 0;
let toOne: bool = false;

export function receiveEthernet(frame: usize, length: u32): void {
  count(Counter.FramesReceived);
  if (length < ETHERNET_HEADER_SIZE) {
    count(Counter.NotForUs);
    return;
  }
  const ethernet = changetype<EthernetFrame>(frame);
  const station = ethernet.destination;
  const toGroup = isGroupHardware(station);
  if (!toGroup && station != hardwareAddress()) {
    count(Counter.NotForUs);
    return;
  }
  const type = ethernet.type;
  const payload = frame + ETHERNET_HEADER_SIZE;
  const payloadLength = length - ETHERNET_HEADER_SIZE;
  if (type == EtherType.Ipv4) receiveIpv4(payload, payloadLength, toGroup);
  else if (type == EtherType.Arp) receiveArp(payload, payloadLength);
  else if (type == EtherType.Ipv6) receiveVersion6(payload, payloadLength, toGroup);
  else count(Counter.NotForUs);
}

/** The datagram that `Transport.receive` has been given is for a port nobody has: tells its sender, if it may. */
export function refusePort(): void {
  if (toOne) sendPortUnreachable(flow, datagram, header.headerLength);
  else {
    const six = version6();
    if (six != null) six.refusePort();
  }
}

/** The datagram that `Transport.receive` has been given, from its IP header on; 0: no error about it may be sent. */
export function answerable(): usize {
  if (toOne) return datagram;
  const six = version6();
  return six == null ? 0 : six.answerable();
}

/** Its length, headers included. */
export function answerableLength(): u32 {
  if (toOne) return header.headerLength + header.payloadLength;
  const six = version6();
  return six == null ? 0 : six.answerableLength();
}

function receiveVersion6(packet: usize, length: u32, toGroup: bool): void {
  const six = version6();
  if (six != null) six.receive(packet, length, toGroup);
  else count(Counter.NotForUs);
}

function receiveIpv4(packet: usize, length: u32, toGroup: bool): void {
  // A time to live of 0 or 1 is no reason to drop what has arrived (RFC 1122 3.2.1.7).
  if (parseIpv4(packet, length, header) != Ipv4Result.Ok) {
    count(Counter.MalformedIp);
    return;
  }
  const isKnown = !toGroup && isKnownPeer(header.source, header.destination);
  const broadcast = !isKnown && isBroadcast(header.destination);
  if (!isKnown && !mayArrive(toGroup, broadcast)) return;
  const isPart = header.fragmented;
  if (isPart) {
    packet = joinFragment(packet, header);
    if (packet == 0) return;
  }
  datagram = packet;
  toOne = !broadcast;
  // What a device verified is a part's sum, never the whole datagram's.
  setArrival(!isPart && isFrameChecked(), isPart ? 0 : frameSegmentSize());
  deliver(packet + header.headerLength, header.payloadLength);
  toOne = false;
}

function mayArrive(toGroup: bool, broadcast: bool): bool {
  if (!isPossiblePeer(header.source) && !isUnconfiguredPeer()) {
    count(Counter.BadSource);
    return false;
  }
  // A link broadcast of a unicast datagram is dropped (RFC 1122 3.3.6), broadcasts reach only UDP (4.2.3.10).
  if (broadcast ? header.protocol != PROTOCOL_UDP : toGroup || !isForUs(header.destination)) {
    count(Counter.BadDestination);
    return false;
  }
  return true;
}

function deliver(payload: usize, length: u32): void {
  flow.localHigh = 0;
  flow.remoteHigh = 0;
  flow.localLow = mapIpv4(header.destination);
  flow.remoteLow = mapIpv4(header.source);
  flow.localPort = 0;
  flow.remotePort = 0;
  const protocol = header.protocol;
  if (protocol == PROTOCOL_ICMP) {
    receiveIcmp(flow, payload, length);
    return;
  }
  const transport = transportOf(protocol);
  if (transport == null) {
    count(Counter.NoTransport);
    return;
  }
  transport.receive(flow, payload, length);
}

function isForUs(destination: u32): bool {
  if (destination == localAddress()) return destination != 0;
  return acceptAny() && isUnicast(destination);
}

/** A machine that asks for an address has none to be answered at (RFC 2131 4.1). */
function isUnconfiguredPeer(): bool {
  return header.source == 0 && header.destination == LIMITED_BROADCAST && header.protocol == PROTOCOL_UDP;
}
