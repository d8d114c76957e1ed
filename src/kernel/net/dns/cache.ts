/**
 * Answers that are still good: so many names, each for as long as its records say, an hour at most (RFC 1035 3.2.1);
 * and so the addresses that granted names open (`policy/answered.ts`).
 *
 * Only what an answer to the very name said is kept under it, aliases followed; failures are not. When the table is full,
 * the entry goes whose time is over soonest.
 * What may not be said again, as its time is 0, still opens its addresses for those who asked for it.
 *
 * Owns:   the entries.
 * Tests:  dns.test.ts
 */
import { reserve } from "../../memory/arena";
import { load64be } from "../../memory/bytes";
import { now, SECOND } from "../../time/clock";
import { AnsweredNames, setAnsweredNames } from "../policy/answered";
import { equalNames } from "../wire/dns-name";
import { ADDRESS_SIZE, ADDRESSES, NAME_SPACE, Query } from "./query";

const CACHED_NAMES: u32 = 64;
/** A wrong answer does not outlive this, whatever it says. */
const LONGEST_SECONDS: u32 = 3600;

/** Whoever asked has so long to begin to talk, however short the answer's time is. */
const SHORTEST_OPEN_SECONDS: u32 = 10;

/** Behind the fields stand the name and the addresses, as in a `Query`. */
@final
@unmanaged
class Entry {
  /** Until when it is said again. */
  until: i64;
  /** Until when its addresses may be used, not before `until`. In the past: the entry is free. */
  openUntil: i64;
  nameLength: u32;
  count: u32;

  get name(): usize {
    return changetype<usize>(this) + offsetof<Entry>();
  }

  get addresses(): usize {
    return this.name + NAME_SPACE;
  }
}

const ENTRY_SIZE: usize = offsetof<Entry>() + NAME_SPACE + ADDRESSES * ADDRESS_SIZE;

let table: usize = 0;

export function startCache(): void {
  table = reserve(CACHED_NAMES * ENTRY_SIZE); // zeroed entries are free
  setAnsweredNames(new CachedNames());
}

@final
class CachedNames extends AnsweredNames {
  next(after: usize, high: u64, low: u64): usize {
    let index: u32 = after == 0 ? 0 : 1 + <u32>((after - entryAt(0).name) / ENTRY_SIZE);
    for (; index < CACHED_NAMES; index++) {
      const entry = entryAt(index);
      if (entry.openUntil > now() && hasAddress(entry, high, low)) return entry.name;
    }
    return 0;
  }
}

function hasAddress(entry: Entry, high: u64, low: u64): bool {
  for (let index: u32 = 0; index < entry.count; index++) {
    const place = entry.addresses + index * ADDRESS_SIZE;
    if (load64be(place, 8) == low && load64be(place) == high) return true;
  }
  return false;
}

/** Gives `query` the addresses of its name, as far as they are known: how many, 0 for none. */
export function recall(query: Query): u32 {
  for (let index: u32 = 0; index < CACHED_NAMES; index++) {
    const entry = entryAt(index);
    if (entry.until <= now() || !isOf(entry, query)) continue;
    memory.copy(query.addresses, entry.addresses, entry.count * ADDRESS_SIZE);
    return entry.count;
  }
  return 0;
}

/** Keeps the first `count` addresses of `query` for `seconds`. */
export function remember(query: Query, count: u32, seconds: u32): void {
  if (count == 0) return;
  let entry = entryAt(0);
  for (let index: u32 = 0; index < CACHED_NAMES; index++) {
    const other = entryAt(index);
    if (isOf(other, query)) {
      entry = other;
      break;
    }
    if (other.openUntil < entry.openUntil) entry = other;
  }
  const good = min(seconds, LONGEST_SECONDS);
  entry.until = now() + <i64>good * SECOND;
  entry.openUntil = now() + <i64>max(good, SHORTEST_OPEN_SECONDS) * SECOND;
  entry.nameLength = query.nameLength;
  entry.count = count;
  memory.copy(entry.name, query.name, query.nameLength);
  memory.copy(entry.addresses, query.addresses, count * ADDRESS_SIZE);
}

/** Says nothing again; addresses stay open as long as they were, since grants are the machine's and not an app's. */
export function forgetNames(): void {
  for (let index: u32 = 0; index < CACHED_NAMES; index++) entryAt(index).until = 0;
}

function isOf(entry: Entry, query: Query): bool {
  return equalNames(entry.name, entry.nameLength, query.name, query.nameLength);
}

function entryAt(index: u32): Entry {
  return changetype<Entry>(table + <usize>index * ENTRY_SIZE);
}
