/**
 * Datagrams out: one frame buffer in which transports build in place, behind room for the headers.
 *
 *   buffer: | 2 spare | Ethernet 14 | IPv4 20 | transport header and payload ... |
 *
 * The two spare bytes put the IP header on a word boundary.
 */
import { randomU64 } from "../../entropy/random";
import { store16be } from "../../memory/bytes";
import { Flow, isIpv4 } from "../layer";
import { checksum, finishChecksum, fold } from "../wire/checksum";
import {
  BROADCAST_HARDWARE,
  emitEthernet,
  ETHERNET_HEADER_SIZE,
  EtherType,
  hardwareOfIpv4Group,
} from "../wire/ethernet";
import { emitIpv4, IPV4_HEADER_SIZE, isMulticast } from "../wire/ipv4";
import { isBroadcast, maySendFrom, nextHop } from "./address";
import { count, Counter } from "./counters";
import { hardwareAddress, linkMtu, makesChecksums, transmitFrame } from "./link";
import { hardwareOf, holdFrame } from "./neighbour";

const frame: usize = memory.data(2048, 8) + 2;
const datagram: usize = frame + ETHERNET_HEADER_SIZE;
const payload: usize = datagram + IPV4_HEADER_SIZE;

let source: u32 = 0;
let destination: u32 = 0;
let hop: u32 = 0;
let protocolNumber: u8 = 0;

/** Random bits for the next datagrams' ids, 16 each. */
let idBits: u64 = 0;
let idsLeft: u32 = 0;

/** Starts a datagram: where its payload goes, 0 when nothing leads there. */
export function openDatagram(flow: Flow, protocol: u8): usize {
  if (!isIpv4(flow.remoteHigh, flow.remoteLow)) return 0;
  source = <u32>flow.localLow;
  destination = <u32>flow.remoteLow;
  hop = nextHop(destination);
  if (hop == 0 || hardwareAddress() == 0 || !maySendFrom(source, destination)) {
    count(Counter.NoRoute);
    return 0;
  }
  protocolNumber = protocol;
  return payload;
}

/** Sends the open datagram with `length` bytes of payload. */
export function sendDatagram(length: u32): void {
  leave(length, 0);
}

/** As `sendDatagram`; the payload's checksum, over `sum` and all of it, is still to be made, `at` bytes in. */
export function sendUnsummed(length: u32, sum: u64, at: u32): void {
  const isLeft = makesChecksums();
  store16be(payload, isLeft ? fold(sum) : checksum(sum, payload, length), at);
  leave(length, isLeft ? at : 0);
}

/** `sumAt` not 0: the checksum that stands there is left to the device. */
function leave(length: u32, sumAt: u32): void {
  assert(length <= longestPayload(), "ip: the payload fits one frame");
  emitIpv4(datagram, source, destination, protocolNumber, length, nextId());
  const frameLength = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + length;
  const station = stationOf(hop);
  emitEthernet(frame, station, hardwareAddress(), EtherType.Ipv4);
  if (station != 0) {
    transmitFrame(frame, frameLength, sumAt == 0 ? 0 : ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE, sumAt);
    return;
  }
  if (sumAt != 0) finishChecksum(payload, length, sumAt);
  holdFrame(hop, frame, frameLength);
}

export function longestPayload(): u32 {
  return linkMtu() - IPV4_HEADER_SIZE;
}

function stationOf(neighbour: u32): u64 {
  if (isMulticast(neighbour)) return hardwareOfIpv4Group(neighbour);
  if (isBroadcast(neighbour)) return BROADCAST_HARDWARE;
  return hardwareOf(neighbour);
}

/** Random, so that ids tell nobody how much is sent (RFC 7739); they need not be unique, as DF is set (RFC 6864 4.1). */
function nextId(): u16 {
  if (idsLeft == 0) {
    idBits = randomU64();
    idsLeft = 4;
  }
  idsLeft--;
  const id = <u16>idBits;
  idBits >>= 16;
  return id;
}
