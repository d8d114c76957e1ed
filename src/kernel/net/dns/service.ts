/**
 * The `dns` service: the app's calls, and the telling of answers.
 *
 * An app is never entered from within its own call: also an answer that is known at once comes with the next poll.
 */
import { AppEntry } from "../../../abi/entry";
import { Status } from "../../../abi/status";
import { running } from "../../app/compartments";
import { enterOwner } from "../../app/enter";
import { mayOpen } from "../../app/outbound";
import { copyIn, copyOut } from "../../cpu/compartment";
import { LONGEST_NAME } from "../wire/dns-name";
import { ADDRESS_SIZE, countQueries, freeQueries, QUERIES, Query } from "./query";
import { beginQuery, dropQueries, releaseQuery, startResolver, takeFinished } from "./resolver";

const text: usize = memory.data(256, 8);

/** The query whose answer the app is being told. */
let told: Query | null = null;

export function start(): void {
  startResolver();
}

/** The app is gone, and nobody waits for answers any more. */
export function release(who: u32): void {
  dropQueries(who);
}

/** Tells the app what has been answered: whether anything was. */
export function poll(): bool {
  let worked = false;
  for (let count: u32 = 0; count < QUERIES; count++) {
    const query = takeFinished();
    if (query == null) break;
    worked = true;
    const owner = query.owner;
    if (owner != null) {
      owner.answered(query);
    } else {
      told = query;
      enterOwner(query.compartment, AppEntry.DnsAnswered, query.id, query.result);
      told = null;
    }
    releaseQuery(query);
  }
  return worked;
}

/** `DnsAnswered` follows: the number of addresses, `Missing` when the name has none, `Refused` when nobody answers. */
export function resolve(pointer: usize, length: u32): i32 {
  if (length > LONGEST_NAME) return Status.Invalid;
  if (!mayOpen(countQueries(running), freeQueries())) return Status.Full;
  copyIn(text, pointer, length);
  return beginQuery(text, length, null, 0);
}

/** Copies the addresses that fit the range: how many. `Gone` outside the query's own `DnsAnswered`. */
export function answer(id: i32, pointer: usize, length: u32): i32 {
  const query = told;
  if (query == null || query.id != id) return Status.Gone;
  if (query.result < 0) return query.result;
  const count = min(<u32>query.result, length / ADDRESS_SIZE);
  copyOut(pointer, query.addresses, count * ADDRESS_SIZE);
  return <i32>count;
}
