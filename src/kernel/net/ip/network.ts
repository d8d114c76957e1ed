/**
 * The network as transports see it (`net/layer.ts`), for both versions of IP on one Ethernet link.
 */
import { Pieces } from "../../memory/pieces";
import { Flow, isIpv4, mapIpv4, Network, Transport } from "../layer";
import { mayReach } from "../policy/border";
import { localAddress, nextHop } from "./address";
import {
  longestPayload,
  longestSegmented,
  openDatagram,
  openLongDatagram,
  sendDatagram,
  sendLongDatagram,
  sendUnsummed,
} from "./output";
import { registerTransport } from "./transports";
import { version6 } from "./version6";

@final
class IpNetwork extends Network {
  /** Of the open datagram. */
  private isSix: bool = false;

  open(flow: Flow, protocol: u8): usize {
    this.isSix = !isIpv4(flow.remoteHigh, flow.remoteLow);
    if (!this.isSix) return openDatagram(flow, protocol);
    const six = version6();
    return six == null ? 0 : six.open(flow, protocol);
  }

  send(length: u32): void {
    if (this.isSix) version6()!.send(length);
    else sendDatagram(length);
  }

  sendUnsummed(length: u32, sum: u64, at: u32): void {
    if (this.isSix) version6()!.sendUnsummed(length, sum, at);
    else sendUnsummed(length, sum, at);
  }

  longestSegmented(flow: Flow): u32 {
    const six = version6();
    return six == null || isIpv4(flow.remoteHigh, flow.remoteLow)
      ? longestSegmented()
      : six.longestSegmented();
  }

  openLong(flow: Flow, protocol: u8): usize {
    this.isSix = !isIpv4(flow.remoteHigh, flow.remoteLow);
    if (!this.isSix) return openLongDatagram(flow, protocol);
    const six = version6();
    return six == null ? 0 : six.openLong(flow, protocol);
  }

  sendLong(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void {
    if (this.isSix) version6()!.sendLong(header, text, sum, at, segmentSize);
    else sendLongDatagram(header, text, sum, at, segmentSize);
  }

  maximumPayload(flow: Flow): u32 {
    const six = version6();
    return six == null || isIpv4(flow.remoteHigh, flow.remoteLow) ? longestPayload() : six.maximumPayload();
  }

  localFor(flow: Flow): bool {
    if (!isIpv4(flow.remoteHigh, flow.remoteLow)) {
      const six = version6();
      return six != null && six.localFor(flow);
    }
    const local = localAddress();
    if (local == 0 || nextHop(<u32>flow.remoteLow) == 0) return false;
    flow.localHigh = 0;
    flow.localLow = mapIpv4(local);
    return true;
  }

  mayBegin(flow: Flow, protocol: u8): bool {
    return mayReach(protocol, flow.remoteHigh, flow.remoteLow, flow.remotePort);
  }

  register(protocol: u8, transport: Transport): void {
    registerTransport(protocol, transport);
  }
}

const singleton: Network = new IpNetwork();

export function network(): Network {
  return singleton;
}
