/**
 * TCP below: how it sits on a `Network`, and how it starts.
 */
import { Flow, isIpv4, Network, PROTOCOL_TCP, Transport } from "../layer";
import { CloseReason } from "../../../abi/status";
import { startCookies } from "./cookie";
import { ConnectionTimers } from "./timers";
import { setSegmentSize, startEmission } from "./emission";
import { receiveSegment } from "./input";
import { startIsn } from "./isn";
import { end, startLifetime } from "./lifetime";
import { startListeners } from "./listener";
import { MINIMUM_SEGMENT_SIZE } from "./limits";
import { STAMP_OPTION } from "./options";
import { resendFlight } from "./retransmission";
import { after, before } from "./sequence";
import { startStamps } from "./stamp";
import { Event, State } from "./state";
import { findConnection, startTable } from "./table";
import { HEADER_SIZE, sequenceNumber, sourcePort, destinationPort } from "../wire/tcp";

const IPV4_HEADER_SIZE: u32 = 20;
const IPV6_HEADER_SIZE: u32 = 40;

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
      if (connection.state == State.SynSent) end(connection, Event.Reset, CloseReason.Unreachable);
      return;
    }
    const headers = ipHeaderSize(flow) + HEADER_SIZE + (connection.stamps ? STAMP_OPTION : 0);
    const size = max<u32>(mtu > headers ? mtu - headers : 0, MINIMUM_SEGMENT_SIZE);
    if (size >= connection.segmentSize || connection.state < State.Established) return;
    // Path MTU discovery (RFC 1191 6.5): smaller segments from the one that did not fit on.
    setSegmentSize(connection, size);
    resendFlight(connection);
  }
}

function ipHeaderSize(flow: Flow): u32 {
  return isIpv4(flow.remoteHigh, flow.remoteLow) ? IPV4_HEADER_SIZE : IPV6_HEADER_SIZE;
}

/** Starts TCP over `network` with at most `connections` connections. Draws its keys. */
export function startTcp(network: Network, connections: u32): void {
  startTable(connections);
  startListeners(connections);
  startIsn();
  startStamps();
  startCookies();
  startEmission(network);
  startLifetime(new ConnectionTimers(), connections);
  network.register(PROTOCOL_TCP, new TcpTransport());
}
