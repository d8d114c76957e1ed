/**
 * IPv6 datagrams out: as `output.ts`, with a longer header.
 *
 *   buffer: | 2 spare | Ethernet 14 | IPv6 40 | transport header and payload ... |
 */
import { store16be } from "../../memory/bytes";
import { Flow } from "../layer";
import { checksum, finishChecksum, fold } from "../wire/checksum";
import { emitEthernet, ETHERNET_HEADER_SIZE, EtherType } from "../wire/ethernet";
import { emitAddress, emitIpv6, hardwareOfGroup6, IPV6_HEADER_SIZE, isMulticast6 } from "../wire/ipv6";
import { findHop, hopHigh, hopLow, isOurs6, sourceFor } from "./address6";
import { count, Counter } from "./counters";
import { hardwareAddress, linkMtu, makesChecksums, transmitFrame } from "./link";
import { holdFor, stationOf } from "./neighbour";

const frame: usize = memory.data(2048, 8) + 2;
const datagram: usize = frame + ETHERNET_HEADER_SIZE;
const payload: usize = datagram + IPV6_HEADER_SIZE;

let protocolNumber: u8 = 0;
let nextHigh: u64 = 0;
let nextLow: u64 = 0;

/** Starts a datagram: where its payload goes, 0 when nothing leads there. */
export function openDatagram6(flow: Flow, protocol: u8): usize {
  if (!findHop(flow.remoteHigh, flow.remoteLow) || !isOurs6(flow.localHigh, flow.localLow)) {
    count(Counter.NoRoute);
    return 0;
  }
  nextHigh = hopHigh;
  nextLow = hopLow;
  emitAddress(datagram + 8, flow.localHigh, flow.localLow);
  emitAddress(datagram + 24, flow.remoteHigh, flow.remoteLow);
  protocolNumber = protocol;
  return payload;
}

/** Sends the open datagram with `length` bytes of payload. */
export function sendDatagram6(length: u32): void {
  leave(length, 0);
}

/** As `sendDatagram6`; the payload's checksum, over `sum` and all of it, is still to be made, `at` bytes in. */
export function sendUnsummed6(length: u32, sum: u64, at: u32): void {
  const isLeft = makesChecksums();
  store16be(payload, isLeft ? fold(sum) : checksum(sum, payload, length), at);
  leave(length, isLeft ? at : 0);
}

/** `sumAt` not 0: the checksum that stands there is left to the device. */
function leave(length: u32, sumAt: u32): void {
  assert(length <= longestPayload6(), "ip: the payload fits one frame");
  emitIpv6(datagram, protocolNumber, length);
  const frameLength = ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE + length;
  const station = isMulticast6(nextHigh) ? hardwareOfGroup6(nextLow) : stationOf(nextHigh, nextLow);
  emitEthernet(frame, station, hardwareAddress(), EtherType.Ipv6);
  if (station != 0) {
    transmitFrame(frame, frameLength, sumAt == 0 ? 0 : ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE, sumAt);
    return;
  }
  if (sumAt != 0) finishChecksum(payload, length, sumAt);
  holdFor(nextHigh, nextLow, frame, frameLength);
}

export function longestPayload6(): u32 {
  return linkMtu() - IPV6_HEADER_SIZE;
}

/** Sets `flow`'s local address to the one that reaches its remote one: false without a route. */
export function localFor6(flow: Flow): bool {
  const source = sourceFor(flow.remoteHigh, flow.remoteLow);
  if (source == null || !findHop(flow.remoteHigh, flow.remoteLow)) return false;
  flow.localHigh = source.high;
  flow.localLow = source.low;
  return true;
}
