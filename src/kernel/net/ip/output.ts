/**
 * Datagrams out: one frame in which transports build in place, behind room for the headers. Its bytes are the device's
 * where it has some to lend, so that nothing is copied.
 *
 *   buffer: | 2 spare | Ethernet 14 | IPv4 20 | transport header and payload ... |
 *
 * The two spare bytes put the IP header on a word boundary.
 */
import { store16be } from "../../memory/bytes";
import { Pieces } from "../../memory/pieces";
import { Flow, isIpv4 } from "../layer";
import { finishChecksum, fold } from "../wire/checksum";
import { emitEthernet, ETHERNET_HEADER_SIZE, EtherType } from "../wire/ethernet";
import { emitIpv4, IPV4_HEADER_SIZE } from "../wire/ipv4";
import { LONGEST_FRAME } from "../wire/offload";
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
import { holdFrame } from "./neighbour";
import { copyFront, isFresh, Route, routeTo, stationOf } from "./route";

const ownFrame: usize = memory.data(2048, 8) + 2;
const DATAGRAM_AT: usize = ETHERNET_HEADER_SIZE;
const PAYLOAD_AT: usize = DATAGRAM_AT + IPV4_HEADER_SIZE;
const HEADERS: u32 = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
/**
 * Of every datagram: with DF set the id is for nothing (RFC 6864 4.1), and one that is always the same tells nobody how
 * much is sent to others (RFC 7739), which no generator does as well.
 */
const ID: u16 = 0;

/** The open datagram's. */
let frame: usize = 0;
let route: Route = changetype<Route>(0);
let source: u32 = 0;
let destination: u32 = 0;
let protocolNumber: u8 = 0;

/** Starts a datagram: where its payload goes, 0 when nothing leads there. */
export function openDatagram(flow: Flow, protocol: u8): usize {
  if (!isIpv4(flow.remoteHigh, flow.remoteLow)) return 0;
  source = <u32>flow.localLow;
  destination = <u32>flow.remoteLow;
  route = routeTo(destination, source);
  if (route.hop == 0) {
    count(Counter.NoRoute);
    return 0;
  }
  protocolNumber = protocol;
  frame = lendFrame();
  if (frame == 0) frame = ownFrame;
  return frame + PAYLOAD_AT;
}

/** As `openDatagram`, of a long one: 0 as well while the neighbour is not known, or the device lends nothing. */
export function openLongDatagram(flow: Flow, protocol: u8): usize {
  if (openDatagram(flow, protocol) == 0 || (!isFresh(route) && stationOf(route) == 0)) return 0;
  frame = lendLongFrame();
  return frame == 0 ? 0 : frame + PAYLOAD_AT;
}

/** Sends the open datagram with `length` bytes of payload. */
export function sendDatagram(length: u32): void {
  leave(length, 0);
}

/** As `sendDatagram`; the payload's checksum, over `sum` and all of it, is still to be made, `at` bytes in. */
export function sendUnsummed(length: u32, sum: u64, at: u32): void {
  leave(length, storeChecksum(frame + PAYLOAD_AT, length, sum, at));
}

/** Sends the open long datagram with `text` behind its header, which the device cuts after every `segmentSize` bytes. */
export function sendLongDatagram(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void {
  const length = header + text.bytes;
  assert(length <= longestSegmented(), "ip: the payload fits a long frame");
  store16be(frame + PAYLOAD_AT, fold(sum), at);
  emitIpv4(frame + DATAGRAM_AT, source, destination, protocolNumber, length, ID);
  copyFront(route, frame);
  transmitLongFrame(frame, HEADERS + header, text, HEADERS, at, segmentSize);
}

/** `sumAt` not 0: the checksum that stands there is left to the device. */
function leave(length: u32, sumAt: u32): void {
  assert(length <= longestPayload(), "ip: the payload fits one frame");
  emitIpv4(frame + DATAGRAM_AT, source, destination, protocolNumber, length, ID);
  const station = isFresh(route) ? route.station : stationOf(route);
  if (station != 0) {
    copyFront(route, frame);
    transmitFrame(frame, HEADERS + length, sumAt == 0 ? 0 : HEADERS, sumAt);
    return;
  }
  emitEthernet(frame, 0, hardwareAddress(), EtherType.Ipv4);
  if (sumAt != 0) finishChecksum(frame + PAYLOAD_AT, length, sumAt);
  holdFrame(route.hop, frame, HEADERS + length);
}

export function longestPayload(): u32 {
  return linkMtu() - IPV4_HEADER_SIZE;
}

/** As `longestPayload`, of a long datagram; 0: there are none. */
export function longestSegmented(): u32 {
  return makesSegments(false) ? LONGEST_FRAME - HEADERS : 0;
}
