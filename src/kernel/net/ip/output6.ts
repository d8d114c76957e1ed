/**
 * IPv6 datagrams out: as `output.ts`, with a longer header.
 *
 *   buffer: | 2 spare | Ethernet 14 | IPv6 40 | transport header and payload ... |
 */
import { store16be } from "../../memory/bytes";
import { Pieces } from "../../memory/pieces";
import { Flow } from "../layer";
import { finishChecksum, fold } from "../wire/checksum";
import { emitEthernet, ETHERNET_HEADER_SIZE, EtherType } from "../wire/ethernet";
import { emitAddress, emitIpv6, hardwareOfGroup6, IPV6_HEADER_SIZE, isMulticast6 } from "../wire/ipv6";
import { LONGEST_FRAME } from "../wire/offload";
import { acceptAny } from "./address";
import { findHop, hopHigh, hopLow, isOurs6, sourceFor } from "./address6";
import { count, Counter } from "./counters";
import {
  hardwareAddress,
  lendFrame,
  lendLongFrame,
  linkMtu,
  makesSegments,
  storeChecksum,
  transmitFrame,
  transmitLongFrame,
} from "./link";
import { holdFor, stationOf } from "./neighbour";

const ownFrame: usize = memory.data(2048, 8) + 2;
const DATAGRAM_AT: usize = ETHERNET_HEADER_SIZE;
const HEADERS: u32 = ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE;

/** The open datagram's. */
let frame: usize = 0;
let protocolNumber: u8 = 0;
let nextHigh: u64 = 0;
let nextLow: u64 = 0;

/** Starts a datagram: where its payload goes, 0 when nothing leads there. */
export function openDatagram6(flow: Flow, protocol: u8): usize {
  if (!findRoute(flow)) return 0;
  frame = lendFrame();
  if (frame == 0) frame = ownFrame;
  return begin(flow, protocol);
}

/** As `openDatagram6`, of a long one: 0 as well while the neighbour is not known, or the device lends nothing. */
export function openLongDatagram6(flow: Flow, protocol: u8): usize {
  if (!findRoute(flow) || isMulticast6(nextHigh) || stationOf(nextHigh, nextLow) == 0) return 0;
  frame = lendLongFrame();
  return frame == 0 ? 0 : begin(flow, protocol);
}

function findRoute(flow: Flow): bool {
  const maySend = acceptAny() || isOurs6(flow.localHigh, flow.localLow);
  if (!maySend || !findHop(flow.remoteHigh, flow.remoteLow)) {
    count(Counter.NoRoute);
    return false;
  }
  nextHigh = hopHigh;
  nextLow = hopLow;
  return true;
}

function begin(flow: Flow, protocol: u8): usize {
  const addresses = frame + DATAGRAM_AT + 8;
  emitAddress(addresses, flow.localHigh, flow.localLow);
  emitAddress(addresses + 16, flow.remoteHigh, flow.remoteLow);
  protocolNumber = protocol;
  return frame + HEADERS;
}

/** Sends the open datagram with `length` bytes of payload. */
export function sendDatagram6(length: u32): void {
  leave(length, 0);
}

/** As `sendDatagram6`; the payload's checksum, over `sum` and all of it, is still to be made, `at` bytes in. */
export function sendUnsummed6(length: u32, sum: u64, at: u32): void {
  leave(length, storeChecksum(frame + HEADERS, length, sum, at));
}

/** Sends the open long datagram with `text` behind its header, which the device cuts after every `segmentSize` bytes. */
export function sendLongDatagram6(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void {
  const length = header + text.bytes;
  assert(length <= longestSegmented6(), "ip: the payload fits a long frame");
  store16be(frame + HEADERS, fold(sum), at);
  emitIpv6(frame + DATAGRAM_AT, protocolNumber, length);
  emitEthernet(frame, stationOf(nextHigh, nextLow), hardwareAddress(), EtherType.Ipv6);
  transmitLongFrame(frame, HEADERS + header, text, HEADERS, at, segmentSize);
}

/** `sumAt` not 0: the checksum that stands there is left to the device. */
function leave(length: u32, sumAt: u32): void {
  assert(length <= longestPayload6(), "ip: the payload fits one frame");
  emitIpv6(frame + DATAGRAM_AT, protocolNumber, length);
  const station = isMulticast6(nextHigh) ? hardwareOfGroup6(nextLow) : stationOf(nextHigh, nextLow);
  emitEthernet(frame, station, hardwareAddress(), EtherType.Ipv6);
  if (station != 0) {
    transmitFrame(frame, HEADERS + length, sumAt == 0 ? 0 : HEADERS, sumAt);
    return;
  }
  if (sumAt != 0) finishChecksum(frame + HEADERS, length, sumAt);
  holdFor(nextHigh, nextLow, frame, HEADERS + length);
}

export function longestPayload6(): u32 {
  return linkMtu() - IPV6_HEADER_SIZE;
}

/** As `longestPayload6`, of a long datagram; 0: there are none. */
export function longestSegmented6(): u32 {
  return makesSegments(true) ? LONGEST_FRAME - HEADERS : 0;
}

/** Sets `flow`'s local address to the one that reaches its remote one: false without a route. */
export function localFor6(flow: Flow): bool {
  const source = sourceFor(flow.remoteHigh, flow.remoteLow);
  if (source == null || !findHop(flow.remoteHigh, flow.remoteLow)) return false;
  flow.localHigh = source.high;
  flow.localLow = source.low;
  return true;
}
