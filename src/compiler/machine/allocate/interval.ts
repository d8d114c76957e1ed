/**
 * When a virtual register holds a value, and where it is read.
 *
 * An interval is a list of ranges [from, to) of positions with holes between them. Splitting cuts it in two: the
 * parts of one register form a chain, each part with a place of its own.
 */
import type { VirtualRegister } from "../program.ts";
import { addDescending, ascending, firstCommon, NEVER } from "./ranges.ts";

export const enum UseKind {
  /** A stack slot will do. */
  Any = 0,
  Register = 1,
}

/** What is decided of a part before the scan. */
export const enum Stay {
  Anywhere = 0,
  /** In its home, all of it. */
  Home,
  /** It begins in its home, and gets a register where a use needs one. */
  BeginsHome,
}

/** A phi of a large switch has thousands of arguments; the first few tell enough. */
const HINTS_LIMIT = 12;

export class Interval {
  readonly register: number;
  readonly info: VirtualRegister;
  /** from, to, from, to, ... ascending; while the interval is being built: descending pairs. */
  ranges: number[] = [];
  uses: number[] = [];
  useKinds: UseKind[] = [];
  /** Of the whole chain: a physical register it would like, or -1. */
  hintedPhysical = -1;
  /** Of the whole chain: registers whose place it would like to share. */
  hintedRegisters: number[] = [];
  /** Of the whole chain: every use, before any cut. */
  allUses: readonly number[] = [];
  /** The physical register of this part; -1: the stack slot (or the constant). */
  physical = -1;
  stay: Stay = Stay.Anywhere;
  /** The next part; parts of a hub's regions are in no order. */
  next: Interval | undefined = undefined;
  /** Of the whole chain: the physical register that it has at a hub, or -1. */
  hubRegister = -1;
  /** The first part. */
  readonly first: Interval;

  constructor(register: number, info: VirtualRegister, first?: Interval) {
    this.register = register;
    this.info = info;
    this.first = first ?? this;
  }

  get start(): number {
    return this.ranges[0]!;
  }

  get end(): number {
    return this.ranges[this.ranges.length - 1]!;
  }

  // Building, backwards.

  addRange(from: number, to: number): void {
    addDescending(this.ranges, from, to);
  }

  /** The register is written here: the range that reaches here starts here. */
  startAt(at: number): void {
    const { ranges } = this;
    if (ranges.length === 0) ranges.push(at, at + 1);
    else ranges[ranges.length - 2] = at;
  }

  addUse(at: number, kind: UseKind): void {
    this.uses.push(at);
    this.useKinds.push(kind);
  }

  hint(physical: number): void {
    this.hintedPhysical = physical;
  }

  hintRegister(register: number): void {
    if (this.hintedRegisters.length < HINTS_LIMIT) this.hintedRegisters.push(register);
  }

  finish(): void {
    this.ranges = ascending(this.ranges);
    this.uses.reverse();
    this.useKinds.reverse();
    this.allUses = this.uses.slice();
  }

  // Asking.

  covers(position: number): boolean {
    const { ranges } = this;
    if (ranges.length === 2) return ranges[0]! <= position && position < ranges[1]!;
    // Inside a range exactly if an odd number of its ends lie at or before it.
    return (lowerBound(ranges, position + 1) & 1) === 1;
  }

  /** The first position that both cover, or NEVER. */
  intersection(other: Interval): number {
    return firstCommon(this.ranges, other.ranges, 0);
  }

  /** The first use at or after `position` of at least this kind, or NEVER. */
  nextUse(position: number, kind: UseKind): number {
    const { uses } = this;
    for (let i = lowerBound(uses, position); i < uses.length; i++) {
      if (this.useKinds[i]! >= kind) return uses[i]!;
    }
    return NEVER;
  }

  /** Whether the register, whatever part of it, is used between two positions. */
  isUsedWithin(from: number, to: number): boolean {
    const { allUses } = this.first;
    const at = lowerBound(allUses, from);
    return at < allUses.length && allUses[at]! < to;
  }

  /** The last use before `position`, or -1. */
  previousUse(position: number): number {
    const at = lowerBound(this.uses, position) - 1;
    return at < 0 ? -1 : this.uses[at]!;
  }

  /** Gives up its ranges and uses, to be shared out to parts. */
  emptied(): { readonly ranges: number[]; readonly uses: number[]; readonly useKinds: UseKind[] } {
    const { ranges, uses, useKinds } = this;
    this.ranges = [];
    this.uses = [];
    this.useKinds = [];
    return { ranges, uses, useKinds };
  }

  /** Puts parts behind this one, which has no other yet. */
  chain(parts: readonly Interval[]): void {
    parts.reduce((last, part) => (last.next = part), this as Interval);
  }

  /** Cuts at `position`, which lies strictly inside; gives the second part. */
  split(position: number): Interval {
    const part = new Interval(this.register, this.info, this.first);
    const { ranges } = this;
    const kept: number[] = [];
    for (let i = 0; i < ranges.length; i += 2) {
      const from = ranges[i]!;
      const to = ranges[i + 1]!;
      if (to <= position) kept.push(from, to);
      else if (from >= position) part.ranges.push(from, to);
      else {
        kept.push(from, position);
        part.ranges.push(position, to);
      }
    }
    this.ranges = kept;
    const cut = lowerBound(this.uses, position);
    part.uses = this.uses.splice(cut);
    part.useKinds = this.useKinds.splice(cut);
    part.next = this.next;
    this.next = part;
    return part;
  }
}

/** The index of the first element that is not below `value`. */
export function lowerBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
