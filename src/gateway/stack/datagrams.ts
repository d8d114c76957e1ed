/**
 * Datagrams between Node and the guest: all that the guest sends to ports nobody has bound, and back in any name.
 */
import { Status } from "../../abi/status";
import { Flow } from "../../kernel/net/layer";
import { bindAny, UdpOwner } from "../../kernel/net/udp/port-table";
import { maximumUdpPayload, openUdp, sendUdp } from "../../kernel/net/udp/transport";
import { isSpent, quotation, quotationLength } from "./errors";
import { datagram } from "./events";

const flow = changetype<Flow>(memory.data(48, 8));

@final
class GatewayDatagrams extends UdpOwner {
  received(_user: usize, from: Flow, pointer: usize, length: u32): void {
    if (isSpent()) return;
    datagram(
      from.remoteHigh,
      from.remoteLow,
      from.remotePort,
      from.localHigh,
      from.localLow,
      from.localPort,
      pointer,
      length,
      quotation(),
      quotationLength(),
    );
  }
}

const owner = new GatewayDatagrams();

export function startDatagrams(): void {
  bindAny(owner);
}

/** `Missing` without a route, `Invalid` for what does not fit one frame. */
export function sendTo(
  sourceHigh: u64,
  sourceLow: u64,
  sourcePort: u32,
  high: u64,
  low: u64,
  port: u32,
  pointer: usize,
  length: u32,
): i32 {
  flow.localHigh = sourceHigh;
  flow.localLow = sourceLow;
  flow.localPort = <u16>sourcePort;
  flow.remoteHigh = high;
  flow.remoteLow = low;
  flow.remotePort = <u16>port;
  if (length > maximumUdpPayload(flow)) return Status.Invalid;
  const payload = openUdp(flow);
  if (payload == 0) return Status.Missing;
  memory.copy(payload, pointer, length);
  sendUdp(flow, length);
  return Status.Ok;
}
