/**
 * setTimeout, setInterval and their like (HTML Standard, section 8.6), over the kernel's one alarm.
 *
 * Timers stand in a binary heap ordered by time, then by age: two timers of the same time fire in the order
 * they were set. A cleared timer stays in the heap until its time and is passed over.
 */
import { monotonic, setAlarm } from "./host.ts";
import { defineGlobals } from "./globals.ts";
import { reportError } from "./report.ts";
import { NOBODY, running } from "./running.ts";

interface Timer {
  readonly id: number;
  readonly callback: () => unknown;
  readonly intervalMs: number;
  readonly repeats: boolean;
  /** Whose it is: see `running.ts`. */
  readonly request: number;
  dueMs: number;
  age: number;
  isCleared: boolean;
}

/** Longer delays count as none, as everywhere on the Web. */
const DELAY_LIMIT_MS = 2 ** 31 - 1;
const NONE = -1;

const heap: Timer[] = [];
const active = new Map<number, Timer>();
let lastId = 0;
let lastAge = 0;

export function setTimer(callback: () => unknown, delayMs: unknown, repeats: boolean): number {
  let intervalMs = Math.trunc(Number(delayMs)) || 0;
  if (intervalMs < 0 || intervalMs > DELAY_LIMIT_MS) intervalMs = 0;
  if (repeats) intervalMs = Math.max(intervalMs, 1);
  const timer: Timer = {
    id: ++lastId,
    callback,
    intervalMs,
    repeats,
    request: running.request,
    dueMs: monotonic() + intervalMs,
    age: ++lastAge,
    isCleared: false,
  };
  active.set(timer.id, timer);
  push(timer);
  if (heap[0] === timer) setAlarm(timer.dueMs);
  return timer.id;
}

export function clearTimer(id: unknown): void {
  const timer = active.get(Number(id));
  if (timer === undefined) return;
  timer.isCleared = true;
  active.delete(timer.id);
}

export function timerCount(): number {
  return active.size;
}

/** What the alarm was for: timers that were due then, and stood already. */
let alarmMs = 0;
let alarmAge = 0;

/**
 * The alarm's time has come, or (`goesOn`) the jobs of a timer that fired are done: fires the next one that is due, and no
 * timer that was set meanwhile. True where there is another.
 */
export function fireTimer(goesOn: number): boolean {
  if (goesOn === 0) {
    // Jobs that an earlier entry had no time for are what runs if no timer is due.
    running.request = NOBODY;
    alarmMs = monotonic();
    alarmAge = lastAge;
  }
  if (isDue()) fire(pop());
  while (heap.length > 0 && heap[0]!.isCleared) pop();
  const isNext = isDue();
  if (!isNext) setAlarm(heap.length > 0 ? heap[0]!.dueMs : NONE);
  return isNext;
}

function isDue(): boolean {
  return heap.length > 0 && heap[0]!.dueMs <= alarmMs && heap[0]!.age <= alarmAge;
}

function fire(timer: Timer): void {
  if (timer.isCleared) return;
  if (timer.repeats) {
    timer.dueMs = alarmMs + timer.intervalMs;
    timer.age = ++lastAge;
    push(timer);
  } else {
    active.delete(timer.id);
  }
  running.request = timer.request;
  try {
    timer.callback();
  } catch (error) {
    reportError(error);
  }
}

function isBefore(first: Timer, second: Timer): boolean {
  return first.dueMs === second.dueMs ? first.age < second.age : first.dueMs < second.dueMs;
}

function push(timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(timer, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = timer;
}

function pop(): Timer {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}

type Callback = (...values: unknown[]) => unknown;

function bind(callback: unknown, values: unknown[]): () => unknown {
  if (typeof callback !== "function") return evaluateLater(String(callback));
  return values.length === 0 ? (callback as () => unknown) : () => (callback as Callback)(...values);
}

/** As old as the Web: what is no function is the text of a script. */
function evaluateLater(script: string): () => unknown {
  const evaluate = globalThis.eval;
  return () => evaluate(script) as unknown;
}

export function defineTimers(): void {
  defineGlobals({
    setTimeout: (callback: Callback, delayMs?: number, ...values: unknown[]) =>
      setTimer(bind(callback, values), delayMs, false),
    setInterval: (callback: Callback, delayMs?: number, ...values: unknown[]) =>
      setTimer(bind(callback, values), delayMs, true),
    setImmediate: (callback: Callback, ...values: unknown[]) => setTimer(bind(callback, values), 0, false),
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
    clearImmediate: clearTimer,
    queueMicrotask(callback: () => unknown) {
      if (typeof callback !== "function") throw new TypeError("queueMicrotask expects a function");
      void Promise.resolve().then(() => {
        try {
          callback();
        } catch (error) {
          reportError(error);
        }
      });
    },
  });
}
