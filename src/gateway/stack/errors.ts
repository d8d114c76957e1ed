/**
 * What became of the guest's datagrams, told in ICMP errors that quote them (RFC 792, RFC 4443): by the gateway for
 * what lies on the way, in the destination's name for a port. The limit of all errors is the network's.
 *
 * An error comes later than its datagram, so Node keeps what is to be quoted: `quotation` while a transport has been
 * given the datagram, `tell` when the outside has answered.
 *
 * Tests: ../unreachable.test.ts
 */
import { Unreachable } from "../../abi/unreachable";
import { localAddress } from "../../kernel/net/ip/address";
import { QUOTED_BYTES, sendError } from "../../kernel/net/ip/icmp";
import { LONGEST_QUOTATION, sendError6 } from "../../kernel/net/ip/icmp6";
import { answerable, answerableLength } from "../../kernel/net/ip/input";
import { localFor6 } from "../../kernel/net/ip/output6";
import { Flow, mapIpv4 } from "../../kernel/net/layer";
import { IcmpType, UnreachableCode } from "../../kernel/net/wire/icmpv4";
import { Icmp6Type, UnreachableCode6 } from "../../kernel/net/wire/icmpv6";
import { Ipv4Repr, Ipv4Result, parseQuotedIpv4 } from "../../kernel/net/wire/ipv4";
import { Ipv6Repr, Ipv6Result, parseQuotedIpv6 } from "../../kernel/net/wire/ipv6";

/** Codes by `Unreachable`, as words. */
const CODES4 = memory.data<i32>([
  UnreachableCode.Network,
  UnreachableCode.Host,
  UnreachableCode.Port,
  UnreachableCode.Prohibited,
]);
const CODES6 = memory.data<i32>([
  UnreachableCode6.NoRoute,
  UnreachableCode6.Address,
  UnreachableCode6.Port,
  UnreachableCode6.Prohibited,
]);
/** "In transit", of both versions' time exceeded. */
const IN_TRANSIT: u8 = 0;

const header4 = changetype<Ipv4Repr>(memory.data(32, 8));
const header6 = changetype<Ipv6Repr>(memory.data(64, 8));
const flow = changetype<Flow>(memory.data(48, 8));

/** What an error about the datagram that has come would quote, from here on; 0: none may be sent. */
export function quotation(): usize {
  return answerable();
}

export function quotationLength(): u32 {
  const datagram = answerable();
  if (datagram == 0) return 0;
  const limit = isVersion6(datagram) ? LONGEST_QUOTATION : headerLength4(datagram) + QUOTED_BYTES;
  return min(answerableLength(), limit);
}

/** The datagram whose first bytes Node kept did not reach where it was to go. */
export function tell(kind: Unreachable, datagram: usize, length: u32): void {
  const isPort = kind == Unreachable.Port;
  if (isVersion6(datagram)) {
    const code = <u8>load<i32>(CODES6 + ((<usize>kind) << 2));
    if (aim6(datagram, length, isPort)) sendError6(flow, Icmp6Type.Unreachable, code, datagram, length);
  } else if (aim4(datagram, length, isPort)) {
    const code = <u8>load<i32>(CODES4 + ((<usize>kind) << 2));
    sendError(flow, IcmpType.DestinationUnreachable, code, datagram, header4.headerLength);
  }
}

/**
 * Whether the datagram that has come, which is for another machine, has taken all its hops (RFC 1812 5.3.1, RFC 8200 3):
 * its sender is told.
 */
export function isSpent(): bool {
  const datagram = answerable();
  if (datagram == 0) return false;
  const length = quotationLength();
  if (isVersion6(datagram)) {
    if (!aim6(datagram, length, false) || header6.hopLimit > 1 || isGateway6()) return false;
    sendError6(flow, Icmp6Type.TimeExceeded, IN_TRANSIT, datagram, length);
    return true;
  }
  if (!aim4(datagram, length, false) || header4.timeToLive > 1) return false;
  if (header4.destination == localAddress()) return false;
  sendError(flow, IcmpType.TimeExceeded, IN_TRANSIT, datagram, header4.headerLength);
  return true;
}

/** Sets `flow` for an error about the quoted datagram: to its sender, from its destination or from the gateway. */
function aim4(datagram: usize, length: u32, fromDestination: bool): bool {
  if (parseQuotedIpv4(datagram, length, header4) != Ipv4Result.Ok) return false;
  if (length < header4.headerLength + QUOTED_BYTES) return false;
  flow.localHigh = 0;
  flow.remoteHigh = 0;
  flow.localLow = mapIpv4(fromDestination ? header4.destination : localAddress());
  flow.remoteLow = mapIpv4(header4.source);
  return true;
}

function aim6(datagram: usize, length: u32, fromDestination: bool): bool {
  if (parseQuotedIpv6(datagram, length, header6) != Ipv6Result.Ok) return false;
  flow.localHigh = header6.destinationHigh;
  flow.localLow = header6.destinationLow;
  flow.remoteHigh = header6.sourceHigh;
  flow.remoteLow = header6.sourceLow;
  return fromDestination || localFor6(flow);
}

/** After `aim6` in the gateway's own name. */
function isGateway6(): bool {
  return header6.destinationHigh == flow.localHigh && header6.destinationLow == flow.localLow;
}

function isVersion6(datagram: usize): bool {
  return load<u8>(datagram) >> 4 == 6;
}

function headerLength4(datagram: usize): u32 {
  return (<u32>(load<u8>(datagram) & 15)) << 2;
}
