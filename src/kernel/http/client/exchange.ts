/**
 * One request of the app's and its response: plain memory from a pool, no object.
 *
 *   Queued ──► Offline ──► Resolving ──► Connecting ──► Head ──► Body ──► Complete
 *      └───────────────── an idle stream ────────────────▲
 *   any of them ──► Failed, which the app is told outside of its own calls
 *
 * An id is | generation | index |, positive; a released exchange's id names nothing.
 *
 *   | Exchange | host: HOST_SPACE | addresses: ADDRESS_LIMIT x 16 | remote: 24 | key: 24 | timer |
 *
 * Owns:   the pool of exchanges, and the buffers of response heads.
 */
import { Failure } from "../../../abi/status";
import { running } from "../../app/compartments";
import { ByteQueue } from "../../memory/byte-queue";
import { createPool, Pool } from "../../memory/pool";
import { now } from "../../time/clock";
import { arm, disarm, Timer, TIMER_SIZE, TimerOwner } from "../../time/wheel";
import { ADDRESS_LIMIT, EXCHANGE_BITS, EXCHANGE_LIMIT, HEAD_LIMIT } from "./limits";

export const enum State {
  Free = 0,
  /** There are too many streams: waits for one to become free. */
  Queued = 1,
  /** This machine has no address yet. */
  Offline = 2,
  Resolving = 3,
  Connecting = 4,
  /** On a stream; the final response's head has not come. */
  Head = 5,
  /** The app knows the response; its body has not all come. */
  Body = 6,
  /** All has come, and the app has not yet read that. */
  Complete = 7,
  /** The app has to be told. */
  Failed = 8,
  /** The server speaks another protocol from here on; the app has not yet taken the stream over. */
  Switched = 9,
}

@final
@unmanaged
export class Exchange {
  connection: usize;
  id: i32;
  generation: u32;
  place: u32;
  /** Whose request it is. */
  compartment: u32;
  state: State;
  failure: Failure;
  /** The place in the queue of those that wait for a stream. */
  order: u64;

  /** The request's head, kept until a response shows that it was read: a `ByteQueue`. */
  headHead: usize;
  headTail: usize;
  headHeadOffset: u32;
  headTailEnd: u32;
  headLength: u32;
  headCursor: usize;
  headCursorOffset: u32;
  /** As the app declared it; -1: in chunks. */
  bodySize: i64;
  /** Bytes of it that the app still owes. */
  bodyLeft: i64;
  bodyEnded: bool;
  /** Some of the body was taken from the app: the request cannot be made again. */
  bodyTaken: bool;
  isHead: bool;
  /** It asks for another protocol: `switching.ts`. */
  switches: bool;
  isIdempotent: bool;
  isRetried: bool;
  wantsRead: bool;
  wantsWrite: bool;

  port: u16;
  hostLength: u32;
  addressCount: u32;
  nextAddress: u32;
  /** Streams that are being opened for it. */
  attempts: u32;
  /** When the next address is tried; `NEVER` where there is none. */
  attemptAt: i64;
  deadline: i64;

  /** The response's head as it came; 0 without one. */
  buffer: usize;
  gathered: u32;
  /** Where in it the next line to be parsed starts; at its end, its length. */
  line: u32;
  fieldCount: u32;
  /** `Fact` bits of `response-head.ts`. */
  facts: u32;
  status: u32;
  reasonOffset: u32;
  reasonLength: u32;
  fieldsOffset: u32;
  length: i64;
  interims: u32;

  get head(): ByteQueue {
    return changetype<ByteQueue>(changetype<usize>(this) + offsetof<Exchange>("headHead"));
  }

  get host(): usize {
    return changetype<usize>(this) + HOST;
  }

  /** 16 bytes each, in the order in which they are tried. */
  get addresses(): usize {
    return changetype<usize>(this) + ADDRESSES;
  }

  /** The address tried last and its port, 18 bytes. */
  get remote(): usize {
    return changetype<usize>(this) + REMOTE;
  }

  /** What the server has to prove that it read, where the exchange switches. */
  get key(): usize {
    return changetype<usize>(this) + KEY;
  }

  get timer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + TIMER);
  }
}

export const HOST_SPACE: usize = 256;
const HOST: usize = (offsetof<Exchange>() + 7) & ~7;
const ADDRESSES: usize = HOST + HOST_SPACE;
const REMOTE: usize = ADDRESSES + <usize>ADDRESS_LIMIT * 16;
const KEY: usize = REMOTE + 24;
export const KEY_LENGTH: u32 = 24;
const TIMER: usize = KEY + KEY_LENGTH;
const EXCHANGE_SIZE: usize = (TIMER + TIMER_SIZE + 7) & ~7;
const GENERATIONS: u32 = 1 << (31 - EXCHANGE_BITS);
export const NO_EXCHANGE: Exchange = changetype<Exchange>(0);

let exchanges: Pool = changetype<Pool>(0);
let buffers: Pool = changetype<Pool>(0);
let timers: TimerOwner = changetype<TimerOwner>(0);
let lastOrder: u64 = 0;
/** Failures that the app has not been told. */
export let untold: u32 = 0;

export function startExchanges(owner: TimerOwner): void {
  exchanges = createPool(<u32>EXCHANGE_SIZE, EXCHANGE_LIMIT);
  buffers = createPool(HEAD_LIMIT, EXCHANGE_LIMIT);
  timers = owner;
}

/** A new exchange in state `Queued`, or none when there are too many. */
export function takeExchange(): Exchange {
  const exchange = changetype<Exchange>(exchanges.take());
  if (exchange == NO_EXCHANGE) return exchange;
  exchange.place = exchanges.indexOf(changetype<usize>(exchange));
  exchange.generation = (exchange.generation + 1) & (GENERATIONS - 1);
  if (exchange.generation == 0) exchange.generation = 1;
  exchange.id = <i32>((exchange.generation << EXCHANGE_BITS) | exchange.place);
  exchange.connection = 0;
  exchange.compartment = running;
  exchange.state = State.Queued;
  exchange.order = ++lastOrder;
  exchange.bodyEnded = false;
  exchange.bodyTaken = false;
  exchange.switches = false;
  exchange.isRetried = false;
  exchange.wantsRead = false;
  exchange.wantsWrite = false;
  exchange.attempts = 0;
  memory.fill(exchange.remote, 0, 18);
  exchange.timer.owner = timers;
  exchange.timer.user = changetype<usize>(exchange);
  forgetResponse(exchange);
  return exchange;
}

/** What was heard of a response is no part of it. */
export function forgetResponse(exchange: Exchange): void {
  exchange.gathered = 0;
  exchange.line = 0;
  exchange.fieldCount = 0;
  exchange.facts = 0;
  exchange.interims = 0;
}

/** Gives everything back. No stream is attached any more. */
export function releaseExchange(exchange: Exchange): void {
  if (exchange.state == State.Failed) untold--;
  disarm(exchange.timer);
  exchange.head.clear();
  if (exchange.buffer != 0) buffers.give(exchange.buffer);
  exchange.buffer = 0;
  exchange.state = State.Free;
  exchange.id = 0;
  exchanges.give(changetype<usize>(exchange));
}

/** The response's buffer; 0 when there is none. */
export function requireBuffer(exchange: Exchange): usize {
  if (exchange.buffer == 0) exchange.buffer = buffers.take();
  return exchange.buffer;
}

export function findExchange(id: i32): Exchange {
  const index = (<u32>id) & (EXCHANGE_LIMIT - 1);
  if (id <= 0 || index >= exchanges.touched) return NO_EXCHANGE;
  const exchange = exchangeAt(index);
  return exchange.state != State.Free && exchange.id == id ? exchange : NO_EXCHANGE;
}

/** As `findExchange`, for a call: another compartment's names nothing. */
export function callersExchange(id: i32): Exchange {
  const exchange = findExchange(id);
  return exchange != NO_EXCHANGE && exchange.compartment == running ? exchange : NO_EXCHANGE;
}

export function countExchanges(who: u32): u32 {
  let count: u32 = 0;
  for (let place: u32 = 0; place < exchanges.touched; place++) {
    const exchange = exchangeAt(place);
    if (exchange.state != State.Free && exchange.compartment == who) count++;
  }
  return count;
}

/** Places that exchanges ever had. */
export function exchangePlaces(): u32 {
  return exchanges.touched;
}

/** The exchange in this place; its state may be `Free`. */
export function exchangeAt(place: u32): Exchange {
  return changetype<Exchange>(exchanges.at(place));
}

export function freeExchanges(): u32 {
  return exchanges.available();
}

export function exchangesInUse(): u32 {
  return exchanges.inUse;
}

/** Of a living exchange: the app is told at the next poll. */
export function markFailed(exchange: Exchange, failure: Failure): void {
  if (exchange.state == State.Failed) return;
  exchange.state = State.Failed;
  exchange.failure = failure;
  disarm(exchange.timer);
  untold++;
}

/** Patience with whatever the exchange waits for ends after `time` ns. */
export function setDeadline(exchange: Exchange, time: i64): void {
  exchange.deadline = now() + time;
  arm(exchange.timer, exchange.deadline);
}

export function clearDeadline(exchange: Exchange): void {
  disarm(exchange.timer);
}
