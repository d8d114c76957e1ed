/**
 * Single segments onto the network: with a connection's data, its SYN, a bare acknowledgment, a reset.
 *
 * Payload goes from the send queue straight into the outgoing frame. False always means: the network had no room,
 * and a timer or a later turn tries again.
 *
 * Owns: the network below.
 */
import { Flow, Network, PROTOCOL_TCP, pseudoHeaderSum } from "../layer";
import { ACK, CHECKSUM_AT, emitHeader, HEADER_SIZE, RST, SYN } from "../wire/tcp";
import { Connection } from "./connection";
import { acknowledged } from "./delayed-ack";
import { RECEIVE_LIMIT } from "./limits";
import { emitOptions } from "./options";
import { Segment } from "./segment";
import { advertise } from "./window";

let network: Network = changetype<Network>(0);

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

/** Sends `length` bytes of the send queue from `offset` on, as `sequence`. */
export function emitData(connection: Connection, sequence: u32, flags: u8, offset: u32, length: u32): bool {
  const header = network.open(connection.flow, PROTOCOL_TCP);
  if (header == 0) return false;
  emitHeader(
    header,
    connection.localPort,
    connection.remotePort,
    sequence,
    connection.receiveNext,
    HEADER_SIZE,
    flags | ACK,
    advertise(connection),
  );
  if (length > 0) connection.sendQueue.copyTo(header + HEADER_SIZE, offset, length);
  finish(connection.flow, HEADER_SIZE + length);
  acknowledged(connection);
  return true;
}

/** A segment with nothing but an acknowledgment: of new data, a duplicate, or a challenge (RFC 5961). */
export function emitAcknowledgment(connection: Connection): bool {
  return emitData(connection, connection.sendMaximum, 0, 0, 0);
}

/** Our SYN, with an acknowledgment where the peer's SYN has come (`flags`). Windows here are not scaled. */
export function emitSyn(connection: Connection, flags: u8, scale: u8): bool {
  const header = network.open(connection.flow, PROTOCOL_TCP);
  if (header == 0) return false;
  const options = emitOptions(header + HEADER_SIZE, largestSegment(connection.flow), scale);
  emitHeader(
    header,
    connection.localPort,
    connection.remotePort,
    connection.initialSend,
    flags & ACK ? connection.receiveNext : 0,
    HEADER_SIZE + options,
    flags | SYN,
    <u16>min<u32>(RECEIVE_LIMIT, 0xffff),
  );
  finish(connection.flow, HEADER_SIZE + options);
  return true;
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

function finish(flow: Flow, length: u32): void {
  network.sendUnsummed(length, pseudoHeaderSum(flow, PROTOCOL_TCP, length), CHECKSUM_AT);
}
