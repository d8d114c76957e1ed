/**
 * The DHCP client (RFC 2131 4.4): asks, chooses the first good offer, renews, rebinds, lets go.
 *
 * An answer counts only when it has our transaction id and hardware address and, once a server is chosen, comes
 * from that one. Nothing more can be known on an unauthenticated link. The offered address is not probed
 * (RFC 2131 4.4.1 lets the client): the probe would cost a start-up second.
 *
 * Owns:   the lease and its one timer.
 * Tests:  dhcp.test.ts; the states are in lease-state.ts
 */
import { randomU32, randomU64 } from "../../entropy/random";
import { now, SECOND } from "../../time/clock";
import { arm, disarm, Timer, TimerOwner } from "../../time/wheel";
import { AddressSource, clearAddress, localAddress, setAddress } from "../ip/address";
import { hardwareAddress } from "../ip/link";
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
import { isUnicast, LIMITED_BROADCAST } from "../wire/ipv4";
import * as table from "./lease-state";
import { LeaseEvent, LeaseState } from "./lease-state";

/** Shorter than RFC 2131 4.1's four seconds: this machine is up in milliseconds, before a bridge may be. */
const FIRST_WAIT_NS: i64 = SECOND;
const LONGEST_WAIT_NS: i64 = 64 * SECOND;
const REQUEST_TRIES: u32 = 4;
/** Between requests while the lease still runs (RFC 2131 4.4.5). */
const SHORTEST_RENEWAL_WAIT_NS: i64 = 60 * SECOND;
const INFINITE_LEASE: u32 = 0xffff_ffff;

const message = changetype<DhcpRepr>(memory.data(64, 8));
const flow = changetype<Flow>(memory.data(48, 8));
const timer = changetype<Timer>(memory.data(64, 8));

let state: LeaseState = LeaseState.Init;
let transactionId: u32 = 0;
let tries: u32 = 0;
let offered: u32 = 0;
let server: u32 = 0;
/** When the latest request left: the lease counts from there (RFC 2131 4.4.1). */
let requestedAt: i64 = 0;
let rebindAt: i64 = 0;
let expiresAt: i64 = 0;

class ClientPort extends UdpOwner {
  received(_user: usize, from: Flow, pointer: usize, length: u32): void {
    if (from.remotePort != DHCP_SERVER_PORT || !parseDhcp(pointer, length, message)) return;
    if (message.operation != DhcpOperation.Reply || message.transactionId != transactionId) return;
    if (message.hardware != hardwareAddress()) return;
    hear();
  }
}

class ClientTimer extends TimerOwner {
  expired(_timer: Timer): void {
    happen(dueEvent());
  }
}

class LeaseSource extends AddressSource {
  begin(): void {
    happen(LeaseEvent.Begun);
  }
}

/** Takes the client's port; what it answers asks for an address when told to begin. */
export function startClient(): AddressSource {
  timer.owner = new ClientTimer();
  bindPort(DHCP_CLIENT_PORT, new ClientPort(), 0);
  return new LeaseSource();
}

/** Where the client is: for reports and tests. */
export function leaseState(): LeaseState {
  return state;
}

/** Takes the answer in `message`, ours by id and hardware address. */
function hear(): void {
  if (message.message == DhcpMessage.Offer) {
    if (state != LeaseState.Selecting || !isUsable()) return;
    offered = message.yourAddress;
    server = message.serverId;
    happen(LeaseEvent.Offered);
    return;
  }
  // While rebinding any server may answer, before only the chosen one.
  if (state != LeaseState.Rebinding && message.serverId != server) return;
  if (message.message == DhcpMessage.Refuse) happen(LeaseEvent.Refused);
  else if (message.message == DhcpMessage.Acknowledge && isUsable() && message.yourAddress == offered) {
    happen(LeaseEvent.Acknowledged);
  }
}

/** An address that a machine can have, in a real prefix, for some time, from someone who can be asked again. */
function isUsable(): bool {
  const hostBits = ~message.subnetMask;
  const contiguous = (hostBits & (hostBits + 1)) == 0;
  return (
    isUnicast(message.yourAddress) &&
    isUnicast(message.serverId) &&
    message.subnetMask != 0 &&
    contiguous &&
    message.leaseSeconds != 0
  );
}

function happen(event: LeaseEvent): void {
  const step = table.stepLease(state, event);
  const effects = step ^ (<u8>table.stateOf(step));
  state = table.stateOf(step);
  if (effects == 0) return;
  if ((effects & table.AFRESH) != 0) tries = 0;
  if ((effects & table.WITHDRAW) != 0) clearAddress();
  // A request after an offer belongs to the offer's transaction (RFC 2131 4.4.1).
  if ((effects & table.AFRESH) != 0 && state != LeaseState.Requesting) transactionId = randomU32();
  if ((effects & table.SEND_DISCOVER) != 0) ask(DhcpMessage.Discover);
  if ((effects & table.SEND_REQUEST) != 0) ask(DhcpMessage.Request);
  if ((effects & table.CONFIGURE) != 0) configure();
}

/** What the timer's firing means in this state. */
function dueEvent(): LeaseEvent {
  if (state == LeaseState.Requesting && tries >= REQUEST_TRIES) return LeaseEvent.GaveUp;
  if (state == LeaseState.Bound) return LeaseEvent.RenewalDue;
  if (state == LeaseState.Renewing && now() >= rebindAt) return LeaseEvent.RebindingDue;
  if (state == LeaseState.Rebinding && now() >= expiresAt) return LeaseEvent.Expired;
  return LeaseEvent.TimedOut;
}

/** Sends a message in the form that the state asks for (RFC 2131 table 5) and sets the time to try again. */
function ask(kind: DhcpMessage): void {
  const held = localAddress();
  clearDhcp(message);
  message.operation = DhcpOperation.Request;
  message.message = kind;
  message.transactionId = transactionId;
  message.hardware = hardwareAddress();
  message.clientAddress = held;
  message.broadcast = held == 0;
  if (state == LeaseState.Requesting) {
    message.requestedAddress = offered;
    message.serverId = server;
  }
  flow.localLow = mapIpv4(held);
  flow.localPort = DHCP_CLIENT_PORT;
  flow.remoteLow = mapIpv4(state == LeaseState.Renewing ? server : LIMITED_BROADCAST);
  flow.remotePort = DHCP_SERVER_PORT;
  const payload = openUdp(flow);
  if (payload != 0) sendUdp(flow, emitDhcp(payload, message));
  if (kind == DhcpMessage.Request && tries == 0) requestedAt = now();
  arm(timer, now() + waitAfterAsking());
  tries++;
}

function waitAfterAsking(): i64 {
  if (state == LeaseState.Renewing) return waitUntil(rebindAt);
  if (state == LeaseState.Rebinding) return waitUntil(expiresAt);
  return jittered(min(FIRST_WAIT_NS << (<i64>min<u32>(tries, 6)), LONGEST_WAIT_NS));
}

/** Half of what is left, a minute at least, but not beyond the end (RFC 2131 4.4.5). */
function waitUntil(end: i64): i64 {
  const left = max<i64>(end - now(), 0);
  return min(max(left / 2, SHORTEST_RENEWAL_WAIT_NS), left);
}

/** Within a quarter around `wait`, so that machines that start together do not ask together (RFC 2131 4.1). */
function jittered(wait: i64): i64 {
  const quarter = wait / 4;
  return wait - quarter + <i64>(randomU64() % <u64>(2 * quarter));
}

/** Takes the acknowledged lease in `message` into use. */
function configure(): void {
  server = message.serverId;
  const prefix = <u32>popcnt(message.subnetMask);
  setAddress(message.yourAddress, prefix, message.router, message.nameServer);
  const lease = message.leaseSeconds;
  if (lease == INFINITE_LEASE) {
    disarm(timer);
    return;
  }
  // Defaults of RFC 2131 4.4.5, also in place of times out of order.
  let renewal = <u64>message.renewalSeconds;
  let rebinding = <u64>message.rebindingSeconds;
  if (rebinding == 0 || rebinding > <u64>lease) rebinding = (<u64>lease * 7) / 8;
  if (renewal == 0 || renewal > rebinding) renewal = min(<u64>lease / 2, rebinding);
  rebindAt = requestedAt + <i64>rebinding * SECOND;
  expiresAt = requestedAt + <i64>lease * SECOND;
  arm(timer, requestedAt + <i64>renewal * SECOND);
}
