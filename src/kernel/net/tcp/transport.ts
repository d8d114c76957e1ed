/**
 * TCP below: how it sits on a `Network`, and how it starts.
 */
import { Flow, Network, PROTOCOL_TCP, Transport } from "../layer";
import { CloseReason } from "../../../abi/status";
import { ConnectionTimers } from "./timers";
import { startEmission } from "./emission";
import { receiveSegment } from "./input";
import { startIsn } from "./isn";
import { end, startLifetime } from "./lifetime";
import { MINIMUM_SEGMENT_SIZE } from "./limits";
import { after, before } from "./sequence";
import { State } from "./state";
import { findConnection, startTable } from "./table";
import { HEADER_SIZE, sequenceNumber, sourcePort, destinationPort } from "../wire/tcp";
import { markDirty } from "./work";

class TcpTransport extends Transport {
  receive(flow: Flow, pointer: usize, length: u32): void {
    receiveSegment(flow, pointer, length);
  }

  /** Believed only for sequence numbers in flight (RFC 5927 4.1), and only while opening does it end anything. */
  unreachable(flow: Flow, pointer: usize, length: u32, mtu: u32): void {
    if (length < 8) return;
    flow.localPort = sourcePort(pointer);
    flow.remotePort = destinationPort(pointer);
    const connection = findConnection(flow);
    if (connection == null || connection.state == State.TimeWait) return;
    const sequence = sequenceNumber(pointer);
    if (before(sequence, connection.sendUnacknowledged) || after(sequence, connection.sendMaximum)) return;
    if (mtu == 0) {
      if (connection.state == State.SynSent) end(connection, CloseReason.Unreachable);
      return;
    }
    const size = max<u32>(mtu > 2 * HEADER_SIZE ? mtu - 2 * HEADER_SIZE : 0, MINIMUM_SEGMENT_SIZE);
    if (size >= connection.segmentSize || connection.state < State.Established) return;
    // Path MTU discovery (RFC 1191 6.5): smaller segments from the one that did not fit on.
    connection.segmentSize = size;
    connection.sendNext = connection.sendUnacknowledged;
    markDirty(connection);
  }
}

/** Starts TCP over `network` with at most `connections` connections. Draws its keys. */
export function startTcp(network: Network, connections: u32): void {
  startTable(connections);
  startIsn();
  startEmission(network);
  startLifetime(new ConnectionTimers(), connections);
  network.register(PROTOCOL_TCP, new TcpTransport());
}
