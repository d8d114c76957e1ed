/**
 * Linear scan over intervals with holes, splitting where no register is free for the whole of one
 * (Wimmer and Moessenboeck, "Optimized Interval Splitting in a Linear Scan Register Allocator", 2005).
 *
 * Intervals are visited by start. One gets a register that is free for all of it if there is one, hinted ones first;
 * else one that is free for a part, and the rest is visited again; else the one whose next use is farthest away goes
 * to its stack slot until shortly before that use. One register class at a time.
 */
import { CALLEE_SAVED, CALLER_SAVED, MEMORY_BASE, RSP, VECTOR_SCRATCH } from "../../../x64/register.ts";
import { FIRST_VECTOR } from "../instruction.ts";
import type { MachineFunction } from "../program.ts";
import { PHYSICAL_COUNT, type FixedRanges } from "./fixed.ts";
import { Stay, UseKind, type Interval } from "./interval.ts";
import { NEVER } from "./ranges.ts";
import { STEP } from "./liveness.ts";
import { SplitPlaces } from "./split.ts";

const GENERAL = [...CALLER_SAVED, ...CALLEE_SAVED];
const VECTORS = Array.from({ length: 16 }, (_, i) => FIRST_VECTOR + i).filter(
  (physical) => physical !== FIRST_VECTOR + VECTOR_SCRATCH,
);
if (GENERAL.includes(MEMORY_BASE) || GENERAL.includes(RSP))
  throw new Error("rbx and rsp are never allocated");

/** A constant is made anew where another value would be reloaded, and never stored. */
const CONSTANT_COST = 1 / 4;

/** A register that lives through a hub has hundreds of parts; the first few tell enough. */
const HINT_PARTS_LIMIT = 12;

/** `physical` of a part that nothing reads. */
export const DROPPED = -2;

/** Gives every interval, and every part it is cut into, a physical register or none. */
export function scan(
  func: MachineFunction,
  intervals: readonly (Interval | undefined)[],
  fixed: FixedRanges,
  usesSaved = true,
): void {
  const general = usesSaved ? GENERAL : CALLER_SAVED;
  const places = new SplitPlaces(func.blocks);
  for (const isVector of [false, true]) {
    const mine: Interval[] = [];
    for (const interval of intervals) {
      if (interval?.info.isVector !== isVector) continue;
      for (let part: Interval | undefined = interval; part !== undefined; part = part.next) {
        if (part.stay !== Stay.Home) mine.push(part);
      }
    }
    new Scan(isVector ? VECTORS : general, mine, intervals, fixed, places).run();
  }
}

class Scan {
  private readonly order: readonly number[];
  /** Descending by start: the next is at the end. */
  private readonly unhandled: Interval[];
  private readonly all: readonly (Interval | undefined)[];
  private readonly fixed: FixedRanges;
  private readonly places: SplitPlaces;
  private active: Interval[] = [];
  private inactive: Interval[] = [];
  private readonly until = new Int32Array(PHYSICAL_COUNT);
  private readonly blocked = new Int32Array(PHYSICAL_COUNT);
  private readonly cost = new Float64Array(PHYSICAL_COUNT);
  private readonly everUsed = new Uint8Array(PHYSICAL_COUNT);

  constructor(
    order: readonly number[],
    mine: Interval[],
    all: readonly (Interval | undefined)[],
    fixed: FixedRanges,
    places: SplitPlaces,
  ) {
    this.order = order;
    this.unhandled = mine.sort((a, b) => b.start - a.start);
    this.all = all;
    this.fixed = fixed;
    this.places = places;
  }

  run(): void {
    for (let current = this.unhandled.pop(); current !== undefined; current = this.unhandled.pop()) {
      if (current.stay === Stay.BeginsHome && this.staysHome(current)) continue;
      this.advance(current.start);
      if (!this.takeFree(current)) this.takeBlocked(current);
      if (current.physical < 0) continue;
      this.active.push(current);
      this.everUsed[current.physical] = 1;
    }
  }

  /** Leaves it in its home until later, unless it is needed right away. */
  private staysHome(interval: Interval): boolean {
    interval.stay = Stay.Anywhere;
    if (interval.nextUse(interval.start, UseKind.Register) < nextInstruction(interval.start)) return false;
    this.leave(interval, interval.start);
    return true;
  }

  private advance(position: number): void {
    const active: Interval[] = [];
    const inactive: Interval[] = [];
    for (const list of [this.active, this.inactive]) {
      for (const interval of list) {
        if (interval.physical < 0 || interval.end <= position) continue;
        (interval.covers(position) ? active : inactive).push(interval);
      }
    }
    this.active = active;
    this.inactive = inactive;
  }

  private takeFree(current: Interval): boolean {
    const { until } = this;
    until.fill(NEVER);
    for (const interval of this.active) until[interval.physical] = 0;
    for (const interval of this.inactive) {
      if (until[interval.physical]! === 0) continue;
      const at = interval.intersection(current);
      if (at < until[interval.physical]!) until[interval.physical] = at;
    }
    for (const physical of this.order) {
      if (until[physical] === 0) continue;
      const at = this.fixed.intersection(physical, current.ranges);
      if (at < until[physical]!) until[physical] = at;
    }
    const physical = this.choose(current);
    const free = until[physical]!;
    if (free >= current.end) {
      current.physical = physical;
      return true;
    }
    // A part of it: only if the cut leaves something worth having a register for.
    const latest = free & ~(STEP - 1);
    if (latest <= current.start || current.nextUse(current.start, UseKind.Any) >= latest) return false;
    const earliest = Math.max(nextInstruction(current.start), nextInstruction(current.previousUse(latest)));
    const cut = this.places.best(Math.min(earliest, latest), latest);
    if (cut <= current.start) return false;
    current.physical = physical;
    this.enqueue(current.split(cut));
    return true;
  }

  /** Free for all of it and hinted; free for all of it; free longest. */
  private choose(current: Interval): number {
    const { until } = this;
    const hinted = this.hinted(current);
    let best = -1;
    if (hinted >= 0 && until[hinted]! >= current.end) return hinted;
    for (const physical of this.order) {
      const free = until[physical]!;
      if (
        best < 0 ||
        better(free, until[best]!, current.end, this.everUsed[physical]! - this.everUsed[best]!)
      ) {
        best = physical;
      }
    }
    if (until[best]! < current.end && hinted >= 0 && until[hinted]! >= until[best]!) return hinted;
    return best;
  }

  /** A register that would save a move: where the value comes from or goes to. */
  private hinted(current: Interval): number {
    const { first } = current;
    if (first.hubRegister >= 0 && this.until[first.hubRegister]! >= current.end) return first.hubRegister;
    if (current !== first && first.physical >= 0 && this.until[first.physical]! >= current.end)
      return first.physical;
    if (first.hintedPhysical >= 0 && this.until[first.hintedPhysical]! >= current.end)
      return first.hintedPhysical;
    let fallback = -1;
    for (const register of first.hintedRegisters) {
      const other = this.all[register];
      let looked = 0;
      for (let part = other; part !== undefined && looked < HINT_PARTS_LIMIT; part = part.next, looked++) {
        if (part.physical < 0) continue;
        if (this.until[part.physical]! >= current.end) return part.physical;
        fallback = part.physical;
      }
      const wish = other?.hintedPhysical ?? -1;
      if (wish >= 0 && this.until[wish]! >= current.end) return wish;
    }
    return first.hintedPhysical >= 0 ? first.hintedPhysical : fallback;
  }

  private takeBlocked(current: Interval): void {
    const { until, blocked, cost } = this;
    until.fill(NEVER);
    blocked.fill(NEVER);
    cost.fill(0);
    const now = current.start & ~(STEP - 1);
    const note = (interval: Interval) => {
      const { physical } = interval;
      // What this very instruction reads or writes is used now.
      const at = interval.nextUse(now, UseKind.Any);
      if (at < until[physical]!) until[physical] = at;
      cost[physical] = Math.max(cost[physical]!, this.costOf(interval, now));
    };
    this.active.forEach(note);
    for (const interval of this.inactive) if (interval.intersection(current) < NEVER) note(interval);
    for (const physical of this.order) {
      const at = this.fixed.intersection(physical, current.ranges);
      blocked[physical] = at;
      if (at < until[physical]!) until[physical] = at;
    }
    const best = this.cheapest(now);
    const needed = current.nextUse(current.start, UseKind.Register);
    if (needed >= nextInstruction(current.start)) {
      const mine = this.costOf(current, now);
      const used = current.nextUse(current.start, UseKind.Any);
      const isCheaper = best < 0 || mine < cost[best]! || (mine === cost[best]! && used >= until[best]!);
      if (isCheaper || blocked[best]! <= nextInstruction(current.start)) {
        this.leave(current, current.start);
        return;
      }
    }
    if (best < 0) throw new Error(`every register is in use at ${now}`);
    this.evict(current, best);
  }

  /** The register whose owners lose least, of equals the one that is needed last; -1 if all are used right now. */
  private cheapest(now: number): number {
    const { until, cost } = this;
    let best = -1;
    for (const physical of this.order) {
      if (until[physical]! < now + STEP) continue;
      if (best < 0 || cost[physical]! < cost[best]!) best = physical;
      else if (cost[physical] === cost[best] && until[physical]! > until[best]!) best = physical;
    }
    return best;
  }

  /**
   * What it costs not to have `interval` in a register from here on: how often the innermost loop runs that we are
   * in and that uses it; without one, how often its next use does. A constant costs little.
   */
  private costOf(interval: Interval, position: number): number {
    const factor = interval.info.constant === undefined ? 1 : CONSTANT_COST;
    for (let { loop } = this.places.blockAt(position); loop !== undefined; loop = loop.outer) {
      if (interval.isUsedWithin(loop.from, loop.to)) return loop.frequency * factor;
    }
    const use = interval.nextUse(position, UseKind.Any);
    return use === NEVER ? 0 : this.places.blockAt(use).frequency * factor;
  }

  /** `current` takes `physical`; who has it goes to its slot. */
  private evict(current: Interval, physical: number): void {
    current.physical = physical;
    const free = this.blocked[physical]!;
    if (free < current.end) {
      const latest = free & ~(STEP - 1);
      const earliest = nextInstruction(Math.max(current.start, current.previousUse(latest)));
      const cut = this.places.best(Math.min(earliest, latest), latest);
      if (cut <= current.start) throw new Error(`no register is left at ${current.start}`);
      this.enqueue(current.split(cut));
    }
    for (const interval of this.active) {
      if (interval.physical === physical) this.spillFrom(interval, current.start);
    }
    for (const interval of this.inactive) {
      if (interval.physical === physical && interval.intersection(current) < NEVER) {
        this.spillFrom(interval, current.start);
      }
    }
  }

  /** Cuts `interval` before `position`: the rest is in its slot until a use needs a register. */
  private spillFrom(interval: Interval, position: number): void {
    const latest = position & ~(STEP - 1);
    if (latest <= interval.start) {
      // It starts with this very instruction and needs no register yet: give it back whole.
      interval.physical = -1;
      this.leave(interval, position);
      return;
    }
    const earliest = nextInstruction(Math.max(interval.start, interval.previousUse(latest)));
    const cut = this.places.best(Math.min(earliest, latest), latest);
    const rest = cut <= interval.start || cut >= interval.end ? undefined : interval.split(cut);
    if (rest === undefined) return;
    // After a hole it gets its turn when it starts again.
    if (rest.start > position) this.enqueue(rest);
    else this.leave(rest, position);
  }

  /** No register for `interval` until a use that needs one, and never before `position`: that is decided already. */
  private leave(interval: Interval, position: number): void {
    interval.physical = -1;
    const earliest = nextInstruction(Math.max(interval.start, position));
    const use = this.nextWorthy(interval, earliest);
    if (use === NEVER) return;
    const needed = use & ~(STEP - 1);
    const cut = this.places.best(Math.min(earliest, needed), needed);
    if (cut <= interval.start || cut >= interval.end)
      throw new Error(`cannot spill register ${interval.register}`);
    this.enqueue(interval.split(cut));
  }

  /** The next use that needs a register, or that runs more often than a reload before it would. */
  private nextWorthy(interval: Interval, earliest: number): number {
    for (let i = 0; i < interval.uses.length; i++) {
      const at = interval.uses[i]!;
      if (interval.useKinds[i] === UseKind.Register) return at;
      const { frequency } = this.places.blockAt(at);
      if (at < earliest || frequency <= 1) continue;
      if (this.places.blockAt(this.places.best(earliest, at & ~(STEP - 1))).frequency < frequency) return at;
    }
    return NEVER;
  }

  private enqueue(part: Interval): void {
    if (part.uses.length === 0 && part.end - part.start === 1) {
      // Only the copy of an operand reached here, and that is made from the part before.
      part.physical = DROPPED;
      return;
    }
    const { unhandled } = this;
    let low = 0;
    let high = unhandled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (unhandled[middle]!.start > part.start) low = middle + 1;
      else high = middle;
    }
    unhandled.splice(low, 0, part);
  }
}

/** The start of the first instruction after the one that `position` lies in; of a start, the next one's. */
function nextInstruction(position: number): number {
  return (position & ~(STEP - 1)) + STEP;
}

/** Whether a register free until `free` suits better than one free until `than`; `used` breaks ties. */
function better(free: number, than: number, end: number, used: number): boolean {
  const whole = free >= end;
  if (whole !== than >= end) return whole;
  if (!whole) return free > than;
  return used > 0;
}
