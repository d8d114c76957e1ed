/**
 * Fragments put together again (RFC 791 3.2, RFC 8200 4.5), in memory that is fixed at start.
 *
 * All of it is a stranger's, so nothing grows and nothing is guessed: `REASSEMBLIES` datagrams of at most
 * `LONGEST_DATAGRAM` bytes, of one peer at most `REASSEMBLIES_PER_PEER`; the oldest gives way. Bytes that are there
 * are never replaced: a fragment that says them again is ignored, one that says others spoils the datagram, what
 * is still to come included (RFC 5722 3, here for both versions). No fragment but the last is short, so that
 * nobody makes us work for every eight bytes. A datagram older than `TIME_LIMIT_NS` leaves room by its age: no
 * timer, and no "time exceeded" that a forged source would get.
 *
 *   a slot:     | fields | map, one bit for eight bytes |
 *   its buffer: | room for the first fragment's headers, which end where the payload starts | payload ... |
 *
 * Tests: reassembly.test.ts, fuzz/fragments.ts
 */
import { reserve } from "../../memory/arena";
import { now, SECOND } from "../../time/clock";

const REASSEMBLIES: u32 = 32;
export const REASSEMBLIES_PER_PEER: u32 = 8;
/** Of payload. No owner of datagrams takes longer ones than a chunk. */
export const LONGEST_DATAGRAM: u32 = 8192;
/** Of a fragment that others follow: the smallest MTU in use, 296, less a header, in whole units (RFC 1191 7.1). */
export const SHORTEST_FRAGMENT: u32 = 256;
/** IPv4 and IPv6 headers with a few options. */
const HEADER_ROOM: u32 = 64;
/** RFC 8200 4.5 gives 60 s at most, RFC 791 15 s at least. */
const TIME_LIMIT_NS: i64 = 30 * SECOND;

const UNIT: u32 = 8;
const UNITS: u32 = LONGEST_DATAGRAM / UNIT;
const MAP_SIZE: u32 = UNITS / 8;

/** A part of a datagram as it came. */
@final
@unmanaged
export class Fragment {
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  id: u32;
  /** Part of what tells datagrams apart in IPv4; 0 in IPv6. */
  protocol: u32;
  /** In bytes, of the datagram's payload. */
  offset: u32;
  length: u32;
  payload: usize;
  /** The headers before this part. */
  header: usize;
  headerLength: u32;
  more: bool;
}

const enum State {
  Free = 0,
  Open = 1,
  /** Said two things of one byte: whatever comes is dropped until its time is over. */
  Spoiled = 2,
}

@final
@unmanaged
class Reassembly {
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  startedAt: i64;
  id: u32;
  protocol: u32;
  state: State;
  /** Of payload; 0 until the last fragment has come. */
  total: u32;
  received: u32;
  /** Where the fragment ends that reaches farthest. */
  reach: u32;
  /** Of the first fragment; 0 until it has come. */
  headerLength: u32;
  spare: u32;

  get map(): usize {
    return changetype<usize>(this) + offsetof<Reassembly>();
  }

  get payload(): usize {
    return buffers + ((changetype<usize>(this) - table) / SLOT_SIZE) * BUFFER_SIZE + HEADER_ROOM;
  }
}

const SLOT_SIZE: usize = offsetof<Reassembly>() + MAP_SIZE;
const BUFFER_SIZE: usize = HEADER_ROOM + LONGEST_DATAGRAM;

/** Of slots and of their buffers, apart, so that looking for a datagram touches no buffer but its own. */
let table: usize = 0;
let buffers: usize = 0;

/** Of the whole datagram that `addFragment` gave last. */
export let wholeHeaderLength: u32 = 0;
export let wholeLength: u32 = 0;

/** Reserves memory, and touches none: zeroed slots are free. */
export function startReassembly(): void {
  table = reserve(<usize>REASSEMBLIES * SLOT_SIZE);
  buffers = reserve(<usize>REASSEMBLIES * BUFFER_SIZE);
}

/**
 * Adds a part. When it completes the datagram: where the first fragment's headers stand, with the whole payload
 * behind them, until the next call; `wholeHeaderLength` and `wholeLength` are theirs. Else 0.
 */
export function addFragment(fragment: Fragment): usize {
  if (!isAcceptable(fragment)) return 0;
  let slot = find(fragment);
  if (slot == null) slot = claim(fragment);
  if (slot.state == State.Spoiled) return 0;
  if (!fits(slot, fragment)) {
    slot.state = State.Spoiled;
    return 0;
  }
  if (fragment.offset == 0) keepHeader(slot, fragment);
  if (!fragment.more) slot.total = fragment.offset + fragment.length;
  slot.reach = max(slot.reach, fragment.offset + fragment.length);
  if (slot.received != slot.total || slot.headerLength == 0) return 0;
  slot.state = State.Free;
  wholeHeaderLength = slot.headerLength;
  wholeLength = slot.total;
  return slot.payload - slot.headerLength;
}

/** What can be said of a fragment alone. */
function isAcceptable(fragment: Fragment): bool {
  if (fragment.headerLength > HEADER_ROOM || fragment.length == 0) return false;
  if (!fragment.more) return true;
  return fragment.length >= SHORTEST_FRAGMENT && fragment.length % UNIT == 0;
}

/** Puts the bytes in their place: false where that contradicts what is known of the datagram. */
function fits(slot: Reassembly, fragment: Fragment): bool {
  const end = fragment.offset + fragment.length;
  if (end > LONGEST_DATAGRAM) return false;
  if (slot.total != 0 && (fragment.more ? end >= slot.total : end != slot.total)) return false;
  if (!fragment.more && end < slot.reach) return false;
  const first = fragment.offset / UNIT;
  const last = (end - 1) / UNIT;
  const place = slot.payload + fragment.offset;
  const known = countUnits(slot.map, first, last);
  if (known == 0) {
    markUnits(slot.map, first, last);
    memory.copy(place, fragment.payload, fragment.length);
    slot.received += fragment.length;
    return true;
  }
  return known == last - first + 1 && memory.compare(place, fragment.payload, fragment.length) == 0;
}

function keepHeader(slot: Reassembly, fragment: Fragment): void {
  if (slot.headerLength != 0) return;
  slot.headerLength = fragment.headerLength;
  memory.copy(slot.payload - fragment.headerLength, fragment.header, fragment.headerLength);
}

/** How many of the units from `first` to `last` are there. Bounded by the frame that brought them. */
function countUnits(map: usize, first: u32, last: u32): u32 {
  let known: u32 = 0;
  for (let unit = first; unit <= last; unit++) {
    known += (load<u8>(map + (unit >> 3)) >> (<u8>(unit & 7))) & 1;
  }
  return known;
}

function markUnits(map: usize, first: u32, last: u32): void {
  for (let unit = first; unit <= last; unit++) {
    const at = map + (unit >> 3);
    const bit: u32 = 1 << (unit & 7);
    store<u8>(at, load<u8>(at) | (<u8>bit));
  }
}

function find(fragment: Fragment): Reassembly | null {
  for (let index: u32 = 0; index < REASSEMBLIES; index++) {
    const slot = slotAt(index);
    if (slot.id != fragment.id || !isAlive(slot) || !isOfPeer(slot, fragment)) continue;
    if (slot.protocol != fragment.protocol) continue;
    if (slot.localLow == fragment.localLow && slot.localHigh == fragment.localHigh) return slot;
  }
  return null;
}

/** A slot for a new datagram: the peer's oldest when it has its share, else a free one, else the oldest of all. */
function claim(fragment: Fragment): Reassembly {
  let ofPeer: u32 = 0;
  let oldestOfPeer = slotAt(0);
  let best = slotAt(0);
  for (let index: u32 = 0; index < REASSEMBLIES; index++) {
    const slot = slotAt(index);
    if (isAlive(slot) && isOfPeer(slot, fragment)) {
      if (ofPeer == 0 || slot.startedAt < oldestOfPeer.startedAt) oldestOfPeer = slot;
      ofPeer++;
    }
    if (isAlive(best) && (!isAlive(slot) || slot.startedAt < best.startedAt)) best = slot;
  }
  const slot = ofPeer >= REASSEMBLIES_PER_PEER ? oldestOfPeer : best;
  memory.fill(changetype<usize>(slot), 0, SLOT_SIZE);
  slot.localHigh = fragment.localHigh;
  slot.localLow = fragment.localLow;
  slot.remoteHigh = fragment.remoteHigh;
  slot.remoteLow = fragment.remoteLow;
  slot.id = fragment.id;
  slot.protocol = fragment.protocol;
  slot.startedAt = now();
  slot.state = State.Open;
  return slot;
}

function isAlive(slot: Reassembly): bool {
  return slot.state != State.Free && now() - slot.startedAt < TIME_LIMIT_NS;
}

function isOfPeer(slot: Reassembly, fragment: Fragment): bool {
  return slot.remoteLow == fragment.remoteLow && slot.remoteHigh == fragment.remoteHigh;
}

function slotAt(index: u32): Reassembly {
  return changetype<Reassembly>(table + <usize>index * SLOT_SIZE);
}
