/**
 * Parts of IPv6 datagrams on their way in: the whole datagram, when one completes it (RFC 8200 4.5).
 */
import { Ipv6Repr, Ipv6Result, joinIpv6, parseQuotedIpv6 } from "../wire/ipv6";
import { count, Counter } from "./counters";
import { addFragment, Fragment, wholeHeaderLength, wholeLength } from "./reassembly";

const fragment = changetype<Fragment>(memory.data(64, 8));

/** Where the datagram stands that the part at `packet` completes, with its headers in `header`; 0: none yet. */
export function joinFragment6(packet: usize, header: Ipv6Repr): usize {
  fragment.localHigh = header.destinationHigh;
  fragment.localLow = header.destinationLow;
  fragment.remoteHigh = header.sourceHigh;
  fragment.remoteLow = header.sourceLow;
  fragment.id = header.fragmentId;
  fragment.protocol = 0;
  fragment.offset = header.fragmentOffset;
  fragment.more = header.moreFragments;
  // The whole has the headers before the first part, and what that part names as next.
  store<u8>(packet + header.nextHeaderAt, header.protocol);
  fragment.header = packet;
  fragment.headerLength = header.unfragmentedLength;
  fragment.payload = packet + header.headerLength;
  fragment.length = header.payloadLength;
  const whole = addFragment(fragment);
  if (whole == 0) {
    count(Counter.Fragment);
    return 0;
  }
  joinIpv6(whole, wholeHeaderLength, wholeLength);
  const result = parseQuotedIpv6(whole, wholeHeaderLength + wholeLength, header);
  return result == Ipv6Result.Ok && !header.fragmented ? whole : 0;
}
