/**
 * Neighbour discovery's messages that this machine sends (RFC 4861 7.2, 6.3.7), and the reports of its groups that
 * switches listen for (MLDv2, RFC 3810 5.2).
 *
 * Built in a frame of their own, so that asking for a neighbour leaves the open datagram alone.
 */
import { store16be, store32be } from "../../memory/bytes";
import { Flow } from "../layer";
import { emitEthernet, ETHERNET_HEADER_SIZE, EtherType } from "../wire/ethernet";
import { Icmp6Type, PROTOCOL_ICMP6, sealIcmp6 } from "../wire/icmpv6";
import {
  ALL_NODES,
  ALL_ROUTERS,
  emitAddress,
  emitIpv6,
  hardwareOfGroup6,
  IPV6_HEADER_SIZE,
  LINK_GROUP,
  solicitedGroup,
} from "../wire/ipv6";
import {
  emitLinkOption,
  emitTarget,
  NdpOption,
  OVERRIDE,
  ROUTER_SOLICITATION_SIZE,
  SOLICITED,
} from "../wire/ndp";
import { sourceFor } from "./address6";
import { hardwareAddress, transmitFrame } from "./link";

/** What cannot have come through a router (RFC 4861 7.1). */
const HOP_LIMIT: u8 = 255;
/** A hop-by-hop header with the router alert that MLD needs (RFC 2711), and padding. */
const ALERT_SIZE: u32 = 8;
/** All routers that speak MLDv2: ff02::16. */
const MLD_ROUTERS: u64 = 0x16;
const EXCLUDE_NOTHING: u8 = 4;
const REPORT_SIZE: u32 = 28;

const frame: usize = memory.data(128, 8) + 2;
const packet: usize = frame + ETHERNET_HEADER_SIZE;
const message: usize = packet + IPV6_HEADER_SIZE;
const flow = changetype<Flow>(memory.data(48, 8));

/** Asks who has the address: all that may, or the station that is believed to. */
export function sendSolicitation(high: u64, low: u64, hardware: u64): void {
  const source = sourceFor(high, low);
  if (source == null) return;
  flow.localHigh = source.high;
  flow.localLow = source.low;
  flow.remoteHigh = hardware == 0 ? LINK_GROUP : high;
  flow.remoteLow = hardware == 0 ? solicitedGroup(low) : low;
  let length = emitTarget(message, 0, high, low);
  length += emitLinkOption(message + length, NdpOption.SourceLink, hardwareAddress());
  leave(Icmp6Type.NeighbourSolicitation, length, hardware);
}

/** Asks whether anybody has an address that this machine would take (RFC 4862 5.4.2). */
export function sendProbe(high: u64, low: u64): void {
  flow.localHigh = 0;
  flow.localLow = 0;
  flow.remoteHigh = LINK_GROUP;
  flow.remoteLow = solicitedGroup(low);
  leave(Icmp6Type.NeighbourSolicitation, emitTarget(message, 0, high, low), 0);
}

/** Says that this machine has the address: to who asked, or, where that has none (`hardware` 0), to all. */
export function sendAdvertisement(toHigh: u64, toLow: u64, hardware: u64, high: u64, low: u64): void {
  flow.localHigh = high;
  flow.localLow = low;
  flow.remoteHigh = hardware == 0 ? LINK_GROUP : toHigh;
  flow.remoteLow = hardware == 0 ? ALL_NODES : toLow;
  let length = emitTarget(message, hardware == 0 ? OVERRIDE : OVERRIDE | SOLICITED, high, low);
  length += emitLinkOption(message + length, NdpOption.TargetLink, hardwareAddress());
  leave(Icmp6Type.NeighbourAdvertisement, length, hardware);
}

export function sendRouterSolicitation(): void {
  flow.remoteHigh = LINK_GROUP;
  flow.remoteLow = ALL_ROUTERS;
  const source = sourceFor(LINK_GROUP, ALL_ROUTERS);
  if (source == null) return;
  flow.localHigh = source.high;
  flow.localLow = source.low;
  store32be(message, 0, 4);
  const length =
    ROUTER_SOLICITATION_SIZE +
    emitLinkOption(message + ROUTER_SOLICITATION_SIZE, NdpOption.SourceLink, hardwareAddress());
  leave(Icmp6Type.RouterSolicitation, length, 0);
}

/** Reports that this machine listens to the group in which the address is asked for (RFC 3810 6.1, RFC 4862 5.4.2). */
export function sendGroupReport(low: u64): void {
  flow.localHigh = 0;
  flow.localLow = 0;
  flow.remoteHigh = LINK_GROUP;
  flow.remoteLow = MLD_ROUTERS;
  // | next header, length, router alert: 5, 2, 0 0, padding: 1, 0 |
  store<u8>(message, PROTOCOL_ICMP6);
  store<u8>(message, 0, 1);
  store32be(message, 0x0502_0000, 2);
  store16be(message, 0x0100, 6);
  const report = message + ALERT_SIZE;
  store32be(report, 1, 4); // one record
  store32be(report, 0, 8);
  store<u8>(report, EXCLUDE_NOTHING, 8);
  emitAddress(report + 12, LINK_GROUP, solicitedGroup(low));
  sealIcmp6(flow, report, REPORT_SIZE, Icmp6Type.GroupReport, 0);
  send(0, ALERT_SIZE + REPORT_SIZE, 1, 0);
}

function leave(type: Icmp6Type, length: u32, hardware: u64): void {
  sealIcmp6(flow, message, length, type, 0);
  send(PROTOCOL_ICMP6, length, HOP_LIMIT, hardware);
}

function send(protocol: u8, length: u32, hopLimit: u8, hardware: u64): void {
  const station = hardware == 0 ? hardwareOfGroup6(flow.remoteLow) : hardware;
  emitEthernet(frame, station, hardwareAddress(), EtherType.Ipv6);
  emitIpv6(packet, protocol, length, hopLimit);
  emitAddress(packet + 8, flow.localHigh, flow.localLow);
  emitAddress(packet + 24, flow.remoteHigh, flow.remoteLow);
  transmitFrame(frame, ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE + length);
}
