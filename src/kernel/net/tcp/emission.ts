/**
 * Single segments onto the network: with a connection's data, its SYN, a bare acknowledgment, a reset.
 *
 * Payload goes from the send queue straight into the outgoing frame; that of a long frame only to who takes the frame. False always means: the network had no room,
 * and a timer or a later turn tries again.
 *
 * Owns: the network below.
 */
import { Pieces, PIECES_SIZE } from "../../memory/pieces";
import { Flow, Network, PROTOCOL_TCP, pseudoHeaderSum } from "../layer";
import { ACK, CHECKSUM_AT, emitHeader, HEADER_SIZE, HEADER_SIZE_LIMIT, RST, SYN } from "../wire/tcp";
import { Connection } from "./connection";
import { acknowledged } from "./delayed-ack";
import { RECEIVE_LIMIT, RECEIVE_SCALE } from "./limits";
import { emitOptions, emitStamps, NO_SCALE, STAMP_OPTION } from "./options";
import { emitSelective } from "./selective";
import { Segment } from "./segment";
import { stampNow } from "./stamp";
import { advertise } from "./window";

/** Bytes of options that a header holds. */
const OPTIONS_LIMIT: u32 = HEADER_SIZE_LIMIT - HEADER_SIZE;

let network: Network = changetype<Network>(0);
/** Where the text of a long frame stands. */
const text = changetype<Pieces>(memory.data(PIECES_SIZE, 8));
/** The stamps of the SYN that leaves next. */
let synClock: u32 = 0;
let synEcho: u32 = 0;

export function startEmission(below: Network): void {
  network = below;
}

/** The largest payload we can send and take on this flow: what our MSS option says. */
export function largestSegment(flow: Flow): u32 {
  return network.maximumPayload(flow) - HEADER_SIZE;
}

export function setLocalAddress(flow: Flow): bool {
  return network.localFor(flow);
}

/** Sets the largest payload of a segment, and of what the network cuts into such. */
export function setSegmentSize(connection: Connection, size: u32): void {
  connection.segmentSize = size;
  const longest = network.longestSegmented(connection.flow);
  const text = longest > HEADER_SIZE_LIMIT ? longest - HEADER_SIZE_LIMIT : 0;
  connection.burstSize = max(size, text - (text % size));
}

/** Whether a connection to the flow's other end may be asked for. */
export function mayBegin(flow: Flow): bool {
  return network.mayBegin(flow, PROTOCOL_TCP);
}

/** Sends `length` bytes of the send queue from `offset` on, as `sequence`: one segment, or several cut below. */
export function emitData(connection: Connection, sequence: u32, flags: u8, offset: u32, length: u32): bool {
  const isLong = length > connection.segmentSize;
  const header = isLong
    ? network.openLong(connection.flow, PROTOCOL_TCP)
    : network.open(connection.flow, PROTOCOL_TCP);
  if (header == 0) return false;
  const headerBytes = HEADER_SIZE + writeOptions(connection, header + HEADER_SIZE, length);
  emitHeader(
    header,
    connection.localPort,
    connection.remotePort,
    sequence,
    connection.receiveNext,
    headerBytes,
    flags | ACK,
    advertise(connection),
  );
  if (isLong) {
    finishLong(connection, headerBytes, offset, length);
  } else {
    connection.sendQueue.copyTo(header + headerBytes, offset, length);
    finish(connection.flow, headerBytes + length);
  }
  acknowledged(connection);
  return true;
}

/** Time stamps, and where data is missing, what is here beyond the gap, as far as `length` bytes leave room. */
function writeOptions(connection: Connection, pointer: usize, length: u32): u32 {
  let size: u32 = 0;
  if (connection.stamps) {
    emitStamps(pointer, stampNow(connection.stampOffset), connection.recentStamp);
    size = STAMP_OPTION;
  }
  if (connection.reassemblyHead == 0 && connection.duplicateFirst == connection.duplicateEnd) return size;
  if (!connection.selective) return size;
  const text = min(length, connection.segmentSize);
  const room = min(OPTIONS_LIMIT, largestSegment(connection.flow) - text) - size;
  return size + emitSelective(connection, pointer + size, room);
}

/** A segment with nothing but an acknowledgment: of new data, a duplicate, or a challenge (RFC 5961). */
export function emitAcknowledgment(connection: Connection): bool {
  return emitData(connection, connection.sendMaximum, 0, 0, 0);
}

/** Our SYN, with an acknowledgment where the peer's SYN has come (`flags`). Windows here are not scaled. */
export function emitSyn(connection: Connection, flags: u8, scale: u8, selective: bool, stamps: bool): bool {
  const acknowledgment = flags & ACK ? connection.receiveNext : 0;
  synClock = stampNow(connection.stampOffset);
  synEcho = connection.recentStamp;
  return emitSynOf(
    connection.flow,
    connection.initialSend,
    acknowledgment,
    flags | SYN,
    scale,
    selective,
    stamps,
  );
}

function emitSynOf(
  flow: Flow,
  sequence: u32,
  acknowledgment: u32,
  flags: u8,
  scale: u8,
  selective: bool,
  stamps: bool,
): bool {
  const header = network.open(flow, PROTOCOL_TCP);
  if (header == 0) return false;
  let size = HEADER_SIZE + emitOptions(header + HEADER_SIZE, largestSegment(flow), scale, selective);
  if (stamps) {
    emitStamps(header + size, synClock, synEcho);
    size += STAMP_OPTION;
  }
  const window = <u16>min<u32>(RECEIVE_LIMIT, 0xffff);
  emitHeader(header, flow.localPort, flow.remotePort, sequence, acknowledgment, size, flags, window);
  finish(flow, size);
  return true;
}

/** The answer to a SYN that is not remembered: `sequence` and `clock` say it all. */
export function emitCookie(
  flow: Flow,
  segment: Segment,
  sequence: u32,
  scale: u8,
  selective: bool,
  stamps: bool,
  clock: u32,
  answer: u32,
): void {
  const ours = scale == NO_SCALE ? NO_SCALE : RECEIVE_SCALE;
  synClock = clock;
  synEcho = answer;
  emitSynOf(flow, sequence, segment.sequence + 1, SYN | ACK, ours, selective, stamps);
}

/** A question that only a living peer answers: nothing, one before what it expects (RFC 1122 4.2.3.6). */
export function emitProbe(connection: Connection): void {
  emitData(connection, connection.sendMaximum - 1, 0, 0, 0);
}

/** The reset of a connection that this side gives up. */
export function emitReset(connection: Connection): void {
  emitBare(connection.flow, connection.sendMaximum, connection.receiveNext, RST | ACK);
}

/** The answer to a segment that belongs to no connection (RFC 9293 3.10.7.1). */
export function refuse(flow: Flow, segment: Segment): void {
  if (segment.has(RST)) return;
  if (segment.has(ACK)) emitBare(flow, segment.acknowledgment, 0, RST);
  else emitBare(flow, 0, segment.sequence + segment.extent, RST | ACK);
}

function emitBare(flow: Flow, sequence: u32, acknowledgment: u32, flags: u8): void {
  const header = network.open(flow, PROTOCOL_TCP);
  if (header == 0) return;
  emitHeader(header, flow.localPort, flow.remotePort, sequence, acknowledgment, HEADER_SIZE, flags, 0);
  finish(flow, HEADER_SIZE);
}

function finishLong(connection: Connection, headerBytes: u32, offset: u32, length: u32): void {
  const sum = pseudoHeaderSum(connection.flow, PROTOCOL_TCP, headerBytes + length);
  text.clear();
  connection.sendQueue.list(text, offset, length);
  network.sendLong(headerBytes, text, sum, CHECKSUM_AT, connection.segmentSize);
}

function finish(flow: Flow, length: u32): void {
  network.sendUnsummed(length, pseudoHeaderSum(flow, PROTOCOL_TCP, length), CHECKSUM_AT);
}
