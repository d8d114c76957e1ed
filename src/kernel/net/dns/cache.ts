/**
 * Answers that are still good: so many names, each for as long as its records say, an hour at most (RFC 1035 3.2.1).
 *
 * Only what an answer to the very name said is kept under it, aliases followed; failures are not. When the table is full,
 * the entry goes whose time is over soonest.
 *
 * Owns:   the entries.
 * Tests:  dns.test.ts
 */
import { reserve } from "../../memory/arena";
import { now, SECOND } from "../../time/clock";
import { equalNames } from "../wire/dns-name";
import { ADDRESS_SIZE, ADDRESSES, NAME_SPACE, Query } from "./query";

export const CACHED_NAMES: u32 = 64;
/** A wrong answer does not outlive this, whatever it says. */
export const LONGEST_SECONDS: u32 = 3600;

/** Behind the fields stand the name and the addresses, as in a `Query`. */
@final
@unmanaged
class Entry {
  /** In the past: the entry is free. */
  until: i64;
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
  if (count == 0 || seconds == 0) return;
  let entry = entryAt(0);
  for (let index: u32 = 0; index < CACHED_NAMES; index++) {
    const other = entryAt(index);
    if (isOf(other, query)) {
      entry = other;
      break;
    }
    if (other.until < entry.until) entry = other;
  }
  entry.until = now() + <i64>min(seconds, LONGEST_SECONDS) * SECOND;
  entry.nameLength = query.nameLength;
  entry.count = count;
  memory.copy(entry.name, query.name, query.nameLength);
  memory.copy(entry.addresses, query.addresses, count * ADDRESS_SIZE);
}

/** Forgets all. */
export function forgetNames(): void {
  for (let index: u32 = 0; index < CACHED_NAMES; index++) {
    entryAt(index).until = 0;
    entryAt(index).nameLength = 0;
  }
}

function isOf(entry: Entry, query: Query): bool {
  return equalNames(entry.name, entry.nameLength, query.name, query.nameLength);
}

function entryAt(index: u32): Entry {
  return changetype<Entry>(table + <usize>index * ENTRY_SIZE);
}
