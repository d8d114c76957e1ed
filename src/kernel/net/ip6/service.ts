/**
 * The `ip6` service: puts IPv6 in its place in the network, and starts it where the configuration asks for it.
 *
 * Its parts stand in `net/ip` beside those of IPv4, with a 6 in their names.
 */
import { Pieces } from "../../memory/pieces";
import { globalHigh, globalLow, isRouter } from "../ip/address6";
import { answerable6, answerableLength6, receiveIpv6, refusePort6 } from "../ip/input6";
import { sendSolicitation } from "../ip/ndp-output";
import {
  localFor6,
  longestPayload6,
  longestSegmented6,
  openDatagram6,
  openLongDatagram6,
  sendDatagram6,
  sendLongDatagram6,
  sendUnsummed6,
} from "../ip/output6";
import { start6 } from "../ip/settings6";
import { setVersion6, Version6 } from "../ip/version6";
import { Flow } from "../layer";

@final
class Ipv6 extends Version6 {
  receive(packet: usize, length: u32, toGroup: bool): void {
    receiveIpv6(packet, length, toGroup);
  }

  refusePort(): void {
    refusePort6();
  }

  answerable(): usize {
    return answerable6;
  }

  answerableLength(): u32 {
    return answerableLength6();
  }

  open(flow: Flow, protocol: u8): usize {
    return openDatagram6(flow, protocol);
  }

  send(length: u32): void {
    sendDatagram6(length);
  }

  sendUnsummed(length: u32, sum: u64, at: u32): void {
    sendUnsummed6(length, sum, at);
  }

  openLong(flow: Flow, protocol: u8): usize {
    return openLongDatagram6(flow, protocol);
  }

  sendLong(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void {
    sendLongDatagram6(header, text, sum, at, segmentSize);
  }

  longestSegmented(): u32 {
    return longestSegmented6();
  }

  maximumPayload(): u32 {
    return longestPayload6();
  }

  localFor(flow: Flow): bool {
    return localFor6(flow);
  }

  solicit(high: u64, low: u64, hardware: u64): void {
    sendSolicitation(high, low, hardware);
  }

  isRouter(high: u64, low: u64): bool {
    return isRouter(high, low);
  }

  globalHigh(): u64 {
    return globalHigh();
  }

  globalLow(): u64 {
    return globalLow();
  }
}

export function start(): void {
  setVersion6(new Ipv6());
  start6();
}
