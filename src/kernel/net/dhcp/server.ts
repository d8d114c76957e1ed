/**
 * A DHCP server for a cable with one machine on it: whoever asks gets the one address there is.
 *
 * It keeps no leases, since there is nothing to decide (RFC 2131 4.3 with a pool of one). The gateway uses it.
 *
 * Tests: dhcp.test.ts
 */
import { localAddress } from "../ip/address";
import { Flow, mapIpv4 } from "../layer";
import { bindPort, UdpOwner } from "../udp/port-table";
import { openUdp, sendUdp } from "../udp/transport";
import {
  clearDhcp,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DhcpMessage,
  DhcpOperation,
  DhcpRepr,
  emitDhcp,
  parseDhcp,
} from "../wire/dhcpv4";
import { LIMITED_BROADCAST } from "../wire/ipv4";

const LEASE_SECONDS: u32 = 86_400;

const request = changetype<DhcpRepr>(memory.data(64, 8));
const reply = changetype<DhcpRepr>(memory.data(64, 8));
const flow = changetype<Flow>(memory.data(48, 8));

let offered: u32 = 0;
let subnetMask: u32 = 0;
let router: u32 = 0;
let nameServer: u32 = 0;

class ServerPort extends UdpOwner {
  received(_user: usize, from: Flow, pointer: usize, length: u32): void {
    if (from.remotePort != DHCP_CLIENT_PORT || !parseDhcp(pointer, length, request)) return;
    if (request.operation != DhcpOperation.Request) return;
    if (request.message == DhcpMessage.Discover) answer(DhcpMessage.Offer);
    else if (request.message == DhcpMessage.Request) answerRequest();
  }
}

/** Offers `address` with what belongs to it, from now on. This machine must have its own address already. */
export function startServer(address: u32, prefixLength: u32, viaRouter: u32, dns: u32): void {
  offered = address;
  subnetMask = prefixLength == 0 ? 0 : u32.MAX_VALUE << (32 - prefixLength);
  router = viaRouter;
  nameServer = dns;
  bindPort(DHCP_SERVER_PORT, new ServerPort(), 0);
}

function answerRequest(): void {
  // The client chose another server (RFC 2131 4.3.2).
  if (request.serverId != 0 && request.serverId != localAddress()) return;
  const wanted = request.requestedAddress != 0 ? request.requestedAddress : request.clientAddress;
  answer(wanted == offered ? DhcpMessage.Acknowledge : DhcpMessage.Refuse);
}

function answer(kind: DhcpMessage): void {
  clearDhcp(reply);
  reply.operation = DhcpOperation.Reply;
  reply.message = kind;
  reply.transactionId = request.transactionId;
  reply.hardware = request.hardware;
  reply.broadcast = request.broadcast;
  reply.serverId = localAddress();
  if (kind != DhcpMessage.Refuse) {
    reply.clientAddress = request.clientAddress;
    reply.yourAddress = offered;
    reply.subnetMask = subnetMask;
    reply.router = router;
    reply.nameServer = nameServer;
    reply.leaseSeconds = LEASE_SECONDS;
  }
  const reachable = request.clientAddress == offered && kind != DhcpMessage.Refuse;
  flow.localLow = mapIpv4(localAddress());
  flow.localPort = DHCP_SERVER_PORT;
  flow.remoteLow = mapIpv4(reachable ? offered : LIMITED_BROADCAST);
  flow.remotePort = DHCP_CLIENT_PORT;
  const payload = openUdp(flow);
  if (payload != 0) sendUdp(flow, emitDhcp(payload, reply));
}
