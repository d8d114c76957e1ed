/**
 * How this machine comes to IPv6 addresses (RFC 4862): a link-local one, then what `net.address6` says: one that is
 * written there, or, for `auto`, one in each prefix that a router announces.
 *
 * The lower half of an address is drawn from prefix, hardware address and a secret (RFC 7217 5), so that it tells
 * nobody what machine this is, and is another in another network. The secret lives as long as the boot. No address is
 * used before a second has shown that nobody has it (RFC 4862 5.4); one that is taken is drawn anew, a few times.
 *
 * Owns: the probes and the questions for a router.
 */
import { block, BLOCK_SIZE, KEY_SIZE } from "../../entropy/chacha20";
import { fillRandom } from "../../entropy/random";
import { load64be, store32be, store64be } from "../../memory/bytes";
import { now, SECOND } from "../../time/clock";
import { NEVER } from "../../time/never";
import { arm, disarm, Timer, TimerOwner } from "../../time/wheel";
import { isLinkLocal } from "../wire/ipv6";
import { PrefixOption } from "../wire/ndp";
import { acceptAny } from "./address";
import {
  addAddress,
  Address6,
  addressAt,
  ADDRESSES6,
  AddressState,
  hasRouter,
  isRouter,
  setPrefix,
  setRouter,
} from "./address6";
import { hardwareAddress } from "./link";
import { sendGroupReport, sendProbe, sendRouterSolicitation } from "./ndp-output";

const PROBE_NS: i64 = SECOND;
/** RFC 4861 10. */
const ROUTER_WAIT_NS: i64 = 4 * SECOND;
const ROUTER_TRIES: u32 = 3;
/** RFC 7217 7. */
const COLLISIONS: u32 = 3;
const LINK_LOCAL: u64 = 0xfe80_0000_0000_0000;
/** No forged advertisement takes an address away sooner (RFC 4862 5.5.3). */
const SHORTEST_LIFE_NS: i64 = 7200 * SECOND;
const INFINITE: u32 = 0xffff_ffff;
/** From here on the lower halves are reserved (RFC 2526). */
const FIRST_RESERVED: u64 = 0xfdff_ffff_ffff_ff80;

const key: usize = memory.data(32, 16);
const nonce: usize = memory.data(16, 8);
const stream: usize = memory.data(64, 16);
const timers: usize = memory.data(256, 8); // of addresses, 64 bytes each; ADDRESSES6 are 4
const routerTimer = changetype<Timer>(memory.data(64, 8));

let automatic: bool = false;
let routerTries: u32 = 0;

class ProbeTimer extends TimerOwner {
  expired(timer: Timer): void {
    settle(addressAt(<u32>timer.user));
  }
}

class RouterTimer extends TimerOwner {
  expired(_timer: Timer): void {
    askForRouter();
  }
}

/** Takes a link-local address, after which the machine speaks IPv6; `auto`: and listens to routers. */
export function startAutoconfiguration(auto: bool): void {
  assert(KEY_SIZE == 32 && BLOCK_SIZE == 64, "autoconfiguration: sizes of the cipher");
  if (!fillRandom(key, KEY_SIZE)) return;
  automatic = auto;
  const owner = new ProbeTimer();
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    timerOf(index).owner = owner;
    timerOf(index).user = index;
  }
  routerTimer.owner = new RouterTimer();
  adopt(LINK_LOCAL, drawLow(LINK_LOCAL, 0));
}

/**
 * Probes for an address and takes it when nobody answers: its entry, or null when there is no room. Who stands for every
 * address of its link need not ask.
 */
export function adopt(high: u64, low: u64): Address6 | null {
  const address = addAddress(high, low);
  if (address == null) return null;
  if (acceptAny()) settle(address);
  else probe(address);
  return address;
}

/** Another machine has the address that we would have. */
export function isTaken(address: Address6): void {
  disarm(timerOf(indexOf(address)));
  const collisions = address.collisions + 1;
  address.state = AddressState.Free;
  if (collisions > COLLISIONS || !automatic) return;
  const next = addAddress(address.high, drawLow(address.high, collisions));
  if (next == null) return;
  next.collisions = collisions;
  probe(next);
}

export function listensToRouters(): bool {
  return automatic;
}

/** `seconds` 0: it is a router no more. The first one stays until its time is over. */
export function heardRouter(high: u64, low: u64, seconds: u32): void {
  disarm(routerTimer);
  routerTries = ROUTER_TRIES;
  const known = isRouter(high, low);
  if (hasRouter() && !known) return;
  if (seconds != 0 || known) setRouter(high, low, now() + <i64>seconds * SECOND);
}

/** RFC 4861 6.3.4, RFC 4862 5.5.3. */
export function heardPrefix(prefix: PrefixOption): void {
  const high = prefix.high;
  if (isLinkLocal(high) || prefix.length > 128 || prefix.length == 0) return;
  const valid = untilOf(prefix.validSeconds);
  const preferred = untilOf(prefix.preferredSeconds);
  if (prefix.isOnLink) setPrefix(high, prefix.low, <u32>prefix.length, valid);
  if (!prefix.isAutonomous || prefix.length != 64 || preferred > valid) return;
  for (let index: u32 = 0; index < ADDRESSES6; index++) {
    const address = addressAt(index);
    if (address.state == AddressState.Free || address.high != high || address.validUntil <= now()) continue;
    address.preferredUntil = preferred;
    if (valid - now() > SHORTEST_LIFE_NS || valid > address.validUntil) address.validUntil = valid;
    else address.validUntil = min(address.validUntil, now() + SHORTEST_LIFE_NS);
    return;
  }
  if (valid <= now()) return;
  const address = adopt(high, drawLow(high, 0));
  if (address == null) return;
  address.preferredUntil = preferred;
  address.validUntil = valid;
}

function untilOf(seconds: u32): i64 {
  return seconds == INFINITE ? NEVER : now() + <i64>seconds * SECOND;
}

function probe(address: Address6): void {
  sendGroupReport(address.low);
  sendProbe(address.high, address.low);
  arm(timerOf(indexOf(address)), now() + PROBE_NS);
}

/** Nobody has answered. */
function settle(address: Address6): void {
  if (address.state != AddressState.Tentative) return;
  address.state = AddressState.Usable;
  if (automatic && isLinkLocal(address.high)) askForRouter();
}

function askForRouter(): void {
  if (routerTries >= ROUTER_TRIES) return;
  routerTries++;
  sendRouterSolicitation();
  arm(routerTimer, now() + ROUTER_WAIT_NS);
}

/** The lower half of an address: nobody without the secret can tell where it comes from. */
function drawLow(high: u64, collisions: u32): u64 {
  store64be(nonce, high);
  store32be(nonce, <u32>hardwareAddress(), 8);
  block(stream, key, collisions, nonce);
  const low = load64be(stream);
  return low == 0 || low >= FIRST_RESERVED ? 1 + (low >> 1) : low;
}

function indexOf(address: Address6): u32 {
  return <u32>((changetype<usize>(address) - changetype<usize>(addressAt(0))) / offsetof<Address6>());
}

function timerOf(index: u32): Timer {
  return changetype<Timer>(timers + ((<usize>index) << 6));
}
