/**
 * Parts of IPv4 datagrams on their way in: the whole datagram, when one completes it.
 */
import { mapIpv4 } from "../layer";
import { Ipv4Repr, Ipv4Result, parseQuotedIpv4 } from "../wire/ipv4";
import { FRAGMENT_UNIT, hasMoreFragments, identification, joinIpv4 } from "../wire/ipv4-fragment";
import { count, Counter } from "./counters";
import { addFragment, Fragment, wholeHeaderLength, wholeLength } from "./reassembly";

const fragment = changetype<Fragment>(memory.data(64, 8));

/** Where the datagram stands that the part at `packet` completes, with its header in `header`; 0: none yet. */
export function joinFragment(packet: usize, header: Ipv4Repr): usize {
  fragment.localLow = mapIpv4(header.destination);
  fragment.remoteLow = mapIpv4(header.source);
  fragment.id = <u32>identification(packet);
  fragment.protocol = <u32>header.protocol;
  fragment.offset = <u32>header.fragmentOffset * FRAGMENT_UNIT;
  fragment.more = hasMoreFragments(packet);
  fragment.header = packet;
  fragment.headerLength = header.headerLength;
  fragment.payload = packet + header.headerLength;
  fragment.length = header.payloadLength;
  const whole = addFragment(fragment);
  if (whole == 0) {
    count(Counter.Fragment);
    return 0;
  }
  const length = wholeHeaderLength + wholeLength;
  joinIpv4(whole, length);
  return parseQuotedIpv4(whole, length, header) == Ipv4Result.Ok ? whole : 0;
}
