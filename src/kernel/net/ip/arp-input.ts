/**
 * ARP packets that arrive (RFC 826, "Packet Reception"), with the doubts of RFC 5227.
 *
 * Nothing here is authenticated, so a packet only says something about its sender, and only when the sender could
 * be a neighbour. Never answers a station that asks for its own address or has none yet (RFC 5227 1.2.1).
 */
import { ArpOperation, ArpRepr, parseArp } from "../wire/arp";
import { isStation } from "../wire/ethernet";
import { isUnicast } from "../wire/ipv4";
import { acceptAny, isNeighbour, isPossiblePeer, localAddress } from "./address";
import { sendArpReply } from "./arp-output";
import { count, Counter } from "./counters";
import { hearNeighbour } from "./neighbour";

const repr = changetype<ArpRepr>(memory.data(32, 8));

export function receiveArp(pointer: usize, length: u32): void {
  if (!parseArp(pointer, length, repr)) {
    count(Counter.MalformedArp);
    return;
  }
  const sender = repr.sender;
  if (!isStation(repr.senderHardware) || !isNeighbour(sender) || !isPossiblePeer(sender)) {
    count(Counter.BadSource);
    return;
  }
  const asksUs = repr.operation == ArpOperation.Request && answersFor(repr.target, sender);
  hearNeighbour(sender, repr.senderHardware, asksUs);
  if (asksUs) sendArpReply(repr.senderHardware, sender, repr.target);
}

function answersFor(target: u32, sender: u32): bool {
  if (target == localAddress()) return true;
  return acceptAny() && target != sender && isUnicast(target);
}
