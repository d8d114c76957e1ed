/**
 * The questions that are being asked: a table with a limit, each entry with room for its name and its answer.
 *
 * An id is generation * QUERIES + slot, so that an id outlived by its query is known.
 */
import { Status } from "../../../abi/status";
import { running } from "../../app/compartments";
import { reserve } from "../../memory/arena";
import { Timer, TimerOwner } from "../../time/wheel";
import { DnsType } from "../wire/dns";
import { LONGEST_NAME } from "../wire/dns-name";

export const QUERIES: u32 = 32;
export const ADDRESSES: u32 = 16;
export const ADDRESS_SIZE: u32 = 16;

const GENERATIONS: u32 = 1 << 24;

export const enum QueryState {
  Free = 0,
  Asking = 1,
  /** Answered, one way or the other; the app has not been told. */
  Finished = 2,
}

/** Kernel code that asks for itself; where a query has none, the app is told. */
export abstract class QueryOwner {
  /** `query.result` addresses were found, or it is a `Status`. The query lives during the call. */
  abstract answered(query: Query): void;
}

/** Behind the fields stand the name, `NAME_SPACE` bytes, and the addresses, 16 bytes each as apps see them. */
@final
@unmanaged
export class Query {
  timerNext: usize;
  timerPrevious: usize;
  timerOwner: usize;
  timerUser: usize;
  timerTick: u64;
  timerPlace: u32;
  timerKind: u32;
  owner: QueryOwner | null;
  /** The owner's word. */
  user: usize;
  state: QueryState;
  id: i32;
  generation: u32;
  /** IPv4 address of the server that is asked. */
  server: u32;
  tries: u32;
  /** How many addresses were found, or the `Status` that came instead. */
  result: i32;
  nameLength: u32;
  /** Addresses found so far, and for how many seconds they are good. */
  found: u32;
  seconds: u32;
  /** What is asked for now. */
  type: DnsType;
  transaction: u16;
  /** The local port of this try; 0: none is bound. */
  port: u16;
  /** The server spells names its own way: no spelling of ours is looked for in its answer. */
  isSpeltSmall: bool;
  /** The compartment that asks. */
  compartment: u32;

  get timer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + offsetof<Query>("timerNext"));
  }

  /** The name asked for, in wire form, as this try spells it. */
  get name(): usize {
    return changetype<usize>(this) + offsetof<Query>();
  }

  get addresses(): usize {
    return this.name + NAME_SPACE;
  }
}

export const NAME_SPACE: usize = 256;
const QUERY_SIZE: usize = (offsetof<Query>() + NAME_SPACE + ADDRESSES * ADDRESS_SIZE + 7) & ~7;

let table: usize = 0;

export function startQueries(owner: TimerOwner): void {
  assert(LONGEST_NAME <= <u32>NAME_SPACE && (QUERY_SIZE & 7) == 0);
  table = reserve(QUERIES * QUERY_SIZE);
  for (let slot: u32 = 0; slot < QUERIES; slot++) {
    const query = queryAt(slot);
    query.timer.owner = owner;
    query.timer.user = changetype<usize>(query);
  }
}

export function queryAt(slot: u32): Query {
  return changetype<Query>(table + <usize>slot * QUERY_SIZE);
}

/** Questions that a compartment has and was not answered. */
export function countQueries(who: u32): u32 {
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < QUERIES; slot++) {
    const query = queryAt(slot);
    if (query.state != QueryState.Free && query.compartment == who) count++;
  }
  return count;
}

export function freeQueries(): u32 {
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < QUERIES; slot++) if (queryAt(slot).state == QueryState.Free) count++;
  return count;
}

/** A free entry with a new id, or null when all are in use. The caller sets its state. */
export function takeQuery(): Query | null {
  for (let slot: u32 = 0; slot < QUERIES; slot++) {
    const query = queryAt(slot);
    if (query.state != QueryState.Free) continue;
    query.generation = (query.generation + 1) % GENERATIONS;
    query.id = <i32>(query.generation * QUERIES + slot);
    query.tries = 0;
    query.result = Status.Missing;
    query.port = 0;
    query.isSpeltSmall = false;
    query.found = 0;
    query.seconds = u32.MAX_VALUE;
    query.compartment = running;
    return query;
  }
  return null;
}
