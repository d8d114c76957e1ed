/**
 * The network as transports see it (`net/layer.ts`), for IPv4 on one Ethernet link.
 */
import { Flow, isIpv4, mapIpv4, Network, Transport } from "../layer";
import { localAddress, nextHop } from "./address";
import { longestPayload, openDatagram, sendDatagram, sendUnsummed } from "./output";
import { registerTransport } from "./transports";

@final
class IpNetwork extends Network {
  open(flow: Flow, protocol: u8): usize {
    return openDatagram(flow, protocol);
  }

  send(length: u32): void {
    sendDatagram(length);
  }

  sendUnsummed(length: u32, sum: u64, at: u32): void {
    sendUnsummed(length, sum, at);
  }

  maximumPayload(_flow: Flow): u32 {
    return longestPayload();
  }

  localFor(flow: Flow): bool {
    if (!isIpv4(flow.remoteHigh, flow.remoteLow)) return false;
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
