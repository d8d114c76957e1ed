/**
 * Neighbour discovery's messages that arrive (RFC 4861 6.1, 7.1, 7.2), with the same doubts as ARP's: a known neighbour is
 * not replaced on a stranger's word (`neighbour-state.ts`).
 *
 * The caller has checked the sum, and that the hop limit is 255: no router passed it on.
 */
import { Flow } from "../layer";
import { isStation } from "../wire/ethernet";
import { Icmp6Type } from "../wire/icmpv6";
import { isLinkLocal, isMulticast6 } from "../wire/ipv6";
import {
  ADVERTISEMENT_SIZE,
  advertisementFlags,
  NdpOption,
  NdpOptions,
  parseOptions,
  PrefixOption,
  ROUTER_ADVERTISEMENT_SIZE,
  routerSeconds,
  SOLICITATION_SIZE,
  SOLICITED,
  targetHigh,
  targetLow,
} from "../wire/ndp";
import { AddressState, isOnLink6, isRouter, ownAddress } from "./address6";
import { heardPrefix, heardRouter, isTaken, listensToRouters } from "./autoconfiguration";
import { count, Counter } from "./counters";
import { sendAdvertisement } from "./ndp-output";
import { confirmStation, hearStation } from "./neighbour";

const options = changetype<NdpOptions>(memory.data(32, 8));

export function receiveNdp(flow: Flow, pointer: usize, length: u32): void {
  const type = load<u8>(pointer);
  let good = load<u8>(pointer, 1) == 0;
  if (good && type == Icmp6Type.NeighbourSolicitation) good = receiveSolicitation(flow, pointer, length);
  else if (good && type == Icmp6Type.NeighbourAdvertisement)
    good = receiveAdvertisement(flow, pointer, length);
  else if (good && type == Icmp6Type.RouterAdvertisement) good = receiveRouter(flow, pointer, length);
  if (!good) count(Counter.MalformedIcmp);
}

/** False: malformed, or from one who cannot ask. */
function receiveSolicitation(flow: Flow, pointer: usize, length: u32): bool {
  if (length < SOLICITATION_SIZE) return false;
  const high = targetHigh(pointer);
  const low = targetLow(pointer);
  const rest = length - SOLICITATION_SIZE;
  if (isMulticast6(high) || !parseOptions(pointer + SOLICITATION_SIZE, rest, NdpOption.SourceLink, options)) {
    return false;
  }
  const anonymous = flow.remoteHigh == 0 && flow.remoteLow == 0;
  // A probe goes to the group, and names no sender (RFC 4861 7.1.1).
  if (anonymous && (!isMulticast6(flow.localHigh) || options.hardware != 0)) return false;
  const address = ownAddress(high, low);
  if (address == null) return true;
  if (address.state == AddressState.Tentative) {
    // Another probes for it at the same time (RFC 4862 5.4.3).
    if (anonymous) isTaken(address);
    return true;
  }
  if (anonymous) {
    sendAdvertisement(0, 0, 0, high, low);
    return true;
  }
  if (!isNeighbour6(flow.remoteHigh, flow.remoteLow) || !isStation(options.hardware)) return false;
  hearStation(flow.remoteHigh, flow.remoteLow, options.hardware, true);
  sendAdvertisement(flow.remoteHigh, flow.remoteLow, options.hardware, high, low);
  return true;
}

function receiveAdvertisement(flow: Flow, pointer: usize, length: u32): bool {
  if (length < ADVERTISEMENT_SIZE) return false;
  const high = targetHigh(pointer);
  const low = targetLow(pointer);
  const rest = length - ADVERTISEMENT_SIZE;
  if (
    isMulticast6(high) ||
    !parseOptions(pointer + ADVERTISEMENT_SIZE, rest, NdpOption.TargetLink, options)
  ) {
    return false;
  }
  if (isMulticast6(flow.localHigh) && (advertisementFlags(pointer) & SOLICITED) != 0) return false;
  const address = ownAddress(high, low);
  if (address != null) {
    if (address.state == AddressState.Tentative) isTaken(address);
    return true;
  }
  if (!isNeighbour6(high, low)) return false;
  if (options.hardware == 0) return receiveConfirmation(flow, pointer, high, low);
  if (!isStation(options.hardware)) return false;
  hearStation(high, low, options.hardware, false);
  return true;
}

/** Who is asked alone may leave out the hardware address: who asked knows it (RFC 4861 7.2.4, 7.2.5). */
function receiveConfirmation(flow: Flow, pointer: usize, high: u64, low: u64): bool {
  const isAnswer = (advertisementFlags(pointer) & SOLICITED) != 0;
  if (!isAnswer || isMulticast6(flow.localHigh)) return false;
  confirmStation(high, low);
  return true;
}

function receiveRouter(flow: Flow, pointer: usize, length: u32): bool {
  if (length < ROUTER_ADVERTISEMENT_SIZE || !isLinkLocal(flow.remoteHigh)) return false;
  const rest = length - ROUTER_ADVERTISEMENT_SIZE;
  if (!parseOptions(pointer + ROUTER_ADVERTISEMENT_SIZE, rest, NdpOption.SourceLink, options)) return false;
  if (!listensToRouters()) return true;
  heardRouter(flow.remoteHigh, flow.remoteLow, routerSeconds(pointer));
  if (isStation(options.hardware)) hearStation(flow.remoteHigh, flow.remoteLow, options.hardware, true);
  if (options.prefixes > 0) heardPrefix(changetype<PrefixOption>(options.prefixAt0));
  if (options.prefixes > 1) heardPrefix(changetype<PrefixOption>(options.prefixAt1));
  return true;
}

function isNeighbour6(high: u64, low: u64): bool {
  return isOnLink6(high, low) || isRouter(high, low);
}
