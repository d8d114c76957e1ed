/**
 * Timers in a hierarchical wheel: arming and disarming cost the same however many there are.
 *
 * Four levels of 64 slots; a slot of level n spans 64^n ticks. A tick is 2^20 ns, about a millisecond. A timer
 * stands in the lowest level that reaches it and moves down when its slot comes up. One bitmap a level says which
 * slots hold timers, so empty time is skipped however long it was.
 *
 *   level 0  | 64 ticks of 1.05 ms |
 *   level 1  | 64 x 67 ms          |
 *   level 2  | 64 x 4.3 s          |
 *   level 3  | 64 x 4.6 min        |  later deadlines wait here and are placed again
 *
 * Timers never fire early, and late by a tick at most plus the length of a turn.
 *
 * Tests: wheel.test.ts
 */
import { NEVER } from "./never";

const TICK_SHIFT: i64 = 20;
const LEVELS: u32 = 4;
const SLOT_BITS: u32 = 6;
const SLOTS: u32 = 64;
const FARTHEST_TICKS: u64 = (1 << 24) - 1;

export abstract class TimerOwner {
  /** `timer` has come due and is disarmed; it may be armed again here. */
  abstract expired(timer: Timer): void;
}

/** Embedded by its owner in a structure of its own; zeroed memory is a disarmed timer. */
@final
@unmanaged
export class Timer {
  next: usize;
  previous: usize;
  owner: TimerOwner;
  /** The owner's word: what this timer is for. */
  user: usize;
  tick: u64;
  /** 1 + level * 64 + slot while armed, else 0. */
  place: u32;
  /** The owner's small number, where one `user` has several timers. */
  kind: u32;
}

export const TIMER_SIZE: usize = offsetof<Timer>();

const heads: usize = memory.data(1024); // LEVELS * SLOTS pointers
const bitmaps: usize = memory.data(32, 8); // LEVELS u64
let currentTick: u64 = 0;

export function isArmed(timer: Timer): bool {
  return timer.place != 0;
}

/** Arms `timer`, or moves it, to fire once `deadline` (ns, monotonic) has passed. */
export function arm(timer: Timer, deadline: i64): void {
  if (timer.place != 0) unlink(timer);
  const tick = <u64>((deadline + (((<i64>1) << TICK_SHIFT) - 1)) >> TICK_SHIFT);
  timer.tick = deadline < 0 || tick <= currentTick ? currentTick + 1 : tick;
  link(timer);
}

export function disarm(timer: Timer): void {
  if (timer.place != 0) unlink(timer);
}

/** Fires all that is due at `time` (ns, monotonic). */
export function expire(time: i64): void {
  const target = <u64>(time >> TICK_SHIFT);
  while (currentTick < target) {
    const next = nextTick();
    if (next > target) {
      currentTick = target;
      return;
    }
    currentTick = next;
    for (let level = LEVELS - 1; level > 0; level--) {
      const span = <u64>level * SLOT_BITS;
      if ((currentTick & (((<u64>1) << span) - 1)) == 0)
        moveDown(level, (<u32>(currentTick >> span)) & (SLOTS - 1));
    }
    fire((<u32>currentTick) & (SLOTS - 1));
  }
}

/** The monotonic time in ns before which `expire` has nothing to do. */
export function nextDeadline(): i64 {
  const next = nextTick();
  return next == u64.MAX_VALUE ? NEVER : <i64>(next << (<u64>TICK_SHIFT));
}

function nextTick(): u64 {
  let nearest = u64.MAX_VALUE;
  for (let level: u32 = 0; level < LEVELS; level++) {
    const bitmap = load<u64>(bitmaps + level * 8);
    if (bitmap == 0) continue;
    const span = <u64>level * SLOT_BITS;
    const first = (currentTick >> span) + 1;
    const tick = (first + ctz(rotr<u64>(bitmap, first & 63))) << span;
    nearest = min(nearest, tick);
  }
  return nearest;
}

function fire(slot: u32): void {
  const head = heads + slot * sizeof<usize>();
  for (;;) {
    const address = load<usize>(head);
    if (address == 0) return;
    const timer = changetype<Timer>(address);
    unlink(timer);
    timer.owner.expired(timer);
  }
}

function moveDown(level: u32, slot: u32): void {
  const head = heads + (level * SLOTS + slot) * sizeof<usize>();
  for (;;) {
    const address = load<usize>(head);
    if (address == 0) return;
    const timer = changetype<Timer>(address);
    unlink(timer);
    link(timer);
  }
}

function link(timer: Timer): void {
  const delta = min(timer.tick - currentTick, FARTHEST_TICKS);
  const level: u32 = delta < SLOTS ? 0 : (63 - <u32>clz(delta)) / SLOT_BITS;
  const slot = (<u32>((currentTick + delta) >> (<u64>level * SLOT_BITS))) & (SLOTS - 1);
  const place = level * SLOTS + slot;
  const head = heads + place * sizeof<usize>();
  const first = load<usize>(head);
  timer.next = first;
  timer.previous = 0;
  timer.place = place + 1;
  if (first != 0) changetype<Timer>(first).previous = changetype<usize>(timer);
  store<usize>(head, changetype<usize>(timer));
  const bitmap = bitmaps + level * 8;
  store<u64>(bitmap, load<u64>(bitmap) | ((<u64>1) << slot));
}

function unlink(timer: Timer): void {
  const place = timer.place - 1;
  timer.place = 0;
  if (timer.next != 0) changetype<Timer>(timer.next).previous = timer.previous;
  if (timer.previous != 0) {
    changetype<Timer>(timer.previous).next = timer.next;
    return;
  }
  store<usize>(heads + place * sizeof<usize>(), timer.next);
  if (timer.next != 0) return;
  const bitmap = bitmaps + (place >> SLOT_BITS) * 8;
  store<u64>(bitmap, load<u64>(bitmap) & ~((<u64>1) << (place & (SLOTS - 1))));
}
