/**
 * The network as transports see it (`net/layer.ts`), for both versions of IP on one Ethernet link.
 */
import { Flow, isIpv4, mapIpv4, Network, Transport } from "../layer";
import { localAddress, nextHop } from "./address";
import { longestPayload, openDatagram, sendDatagram, sendUnsummed } from "./output";
import { localFor6, longestPayload6, openDatagram6, sendDatagram6, sendUnsummed6 } from "./output6";
import { registerTransport } from "./transports";

@final
class IpNetwork extends Network {
  /** Of the open datagram. */
  private six: bool = false;

  open(flow: Flow, protocol: u8): usize {
    this.six = !isIpv4(flow.remoteHigh, flow.remoteLow);
    return this.six ? openDatagram6(flow, protocol) : openDatagram(flow, protocol);
  }

  send(length: u32): void {
    if (this.six) sendDatagram6(length);
    else sendDatagram(length);
  }

  sendUnsummed(length: u32, sum: u64, at: u32): void {
    if (this.six) sendUnsummed6(length, sum, at);
    else sendUnsummed(length, sum, at);
  }

  maximumPayload(flow: Flow): u32 {
    return isIpv4(flow.remoteHigh, flow.remoteLow) ? longestPayload() : longestPayload6();
  }

  localFor(flow: Flow): bool {
    if (!isIpv4(flow.remoteHigh, flow.remoteLow)) return localFor6(flow);
    const local = localAddress();
    if (local == 0 || nextHop(<u32>flow.remoteLow) == 0) return false;
    flow.localHigh = 0;
    flow.localLow = mapIpv4(local);
    return true;
  }

  register(protocol: u8, transport: Transport): void {
    registerTransport(protocol, transport);
  }
}

const singleton: Network = new IpNetwork();

export function network(): Network {
  return singleton;
}
