/**
 * What is known at one place of a function: registers, the stack frame, facts that comparisons established.
 *
 * Stack offsets count from the stack pointer at the function's entry: the return address lies at 0, the frame below,
 * stack arguments and results above. A register or slot that was never written holds nothing.
 */
import { ANY, idOfEntry, idOfMeeting, meet, nothing, sameValue, widened, type Value } from "./value.ts";

export interface Slot {
  readonly value: Value;
  /** How many bytes of it were stored. */
  readonly sizeBytes: 4 | 8 | 16;
}

/** The last comparison, as long as the flags are its. */
export type Flags =
  | { readonly kind: "compare"; readonly left: Value; readonly right: Value | Limit; readonly bits: 32 | 64 }
  /** A table element's signature against a number. */
  | { readonly kind: "signature"; readonly table: number; readonly index: number; readonly type: number };

/** A length in memory: `memory`, `table 0`, `data 0`, `element 0`. */
export interface Limit {
  readonly limit: string;
}

/** Numbers of places, for the numbers of values: general registers, vector registers, slots. */
const SLOT_PLACES = 32 + 2 ** 24;
export const slotPlace = (offset: number): number => SLOT_PLACES + offset;

export class State {
  readonly registers: Value[];
  /** Only what was moved there whole: everything else is numbers. */
  readonly vectors: (Slot | undefined)[];
  readonly slots: Map<number, Slot>;
  /** Proven for as long as the values exist: lengths never shrink. */
  readonly facts: Set<string>;
  /** Upper bounds that comparisons proved, by value. */
  readonly bounds: Map<number, number>;
  /** Signatures of table elements, until something may write a table. */
  readonly signatures: Map<string, number>;
  flags: Flags | undefined = undefined;
  /** The stack pointer. */
  rsp = 0;
  /** The lowest byte of the stack that was touched. */
  touched = 0;

  constructor(from?: State) {
    this.registers = from?.registers.slice() ?? Array.from({ length: 16 }, (_, r) => nothing(idOfEntry(r)));
    this.vectors = from?.vectors.slice() ?? new Array<Slot | undefined>(16).fill(undefined);
    this.slots = new Map(from?.slots);
    this.facts = new Set(from?.facts);
    this.bounds = new Map(from?.bounds);
    this.signatures = new Map(from?.signatures);
    if (from === undefined) return;
    this.flags = from.flags;
    this.rsp = from.rsp;
    this.touched = from.touched;
  }

  boundOf(value: Value): number {
    if (value.kind !== "number") return ANY;
    return Math.min(value.bound, this.bounds.get(value.id) ?? ANY);
  }

  proveBound(value: Value, bound: number): void {
    if (bound < this.boundOf(value)) this.bounds.set(value.id, bound);
  }

  /** The slot at `offset`, or the upper half of a vector's; undefined if nothing is there. */
  slotAt(offset: number): Slot | undefined {
    const slot = this.slots.get(offset);
    if (slot !== undefined) return slot;
    const vector = this.slots.get(offset - 8);
    return vector?.sizeBytes === 16 ? { value: vector.value, sizeBytes: 8 } : undefined;
  }

  /** Whether so many bytes from `offset` on were stored. */
  holds(offset: number, sizeBytes: number): boolean {
    const slot = this.slotAt(offset);
    if (slot === undefined) return false;
    if (slot.sizeBytes >= sizeBytes) return true;
    return slot.sizeBytes === 8 && this.holds(offset + 8, sizeBytes - 8);
  }

  /** Forgets whatever overlaps the bytes from `offset` on. */
  clearSlots(offset: number, sizeBytes: number): void {
    for (let at = offset - 15; at < offset + sizeBytes; at++) {
      const slot = this.slots.get(at);
      if (slot !== undefined && at + slot.sizeBytes > offset) this.slots.delete(at);
    }
  }

  setSlot(offset: number, slot: Slot): void {
    this.clearSlots(offset, slot.sizeBytes);
    this.slots.set(offset, slot);
  }

  /** Below the stack pointer nothing stays. */
  moveStack(rsp: number): void {
    if (rsp > this.rsp) for (const at of this.slots.keys()) if (at < rsp) this.slots.delete(at);
    this.rsp = rsp;
  }

  /**
   * What is known where this and `other` may have come to `block` from. `before` is what was known there last time;
   * once `isSettled`, values that met there stay apart from all others.
   */
  meet(other: State, block: number, before: State | undefined, isSettled: boolean): void {
    const together = (a: Value, b: Value, place: number, last: Value | undefined): Value => {
      const id = idOfMeeting(block, place);
      const isKept = isSettled && last?.id === id;
      const met = meet(a, b, id, isKept, this.boundOf(a), other.boundOf(b));
      if (met.kind !== "number" || last?.kind !== "number" || met.id !== last.id) return met;
      // What grows from visit to visit is a loop's counter. It may not shrink for ever either: loops swap values.
      if (met.bound > last.bound) return { ...met, bound: widened(met.bound) };
      return isSettled && met.bound < last.bound ? { ...met, bound: last.bound } : met;
    };
    for (const [register, value] of this.registers.entries()) {
      const met = together(value, other.registers[register]!, register, before?.registers[register]);
      this.registers[register] = met;
    }
    for (const [offset, mine] of this.slots) {
      const theirs = other.slots.get(offset);
      const sizeBytes = theirs === undefined ? 0 : commonSize(mine, theirs);
      if (theirs === undefined || sizeBytes === 0) {
        this.slots.delete(offset);
        continue;
      }
      const last = before?.slots.get(offset)?.value;
      const value = together(mine.value, theirs.value, slotPlace(offset), last);
      if (value !== mine.value || sizeBytes !== mine.sizeBytes) this.slots.set(offset, { value, sizeBytes });
    }
    this.vectors.fill(undefined);
    this.flags = undefined;
    this.meetFacts(other, before);
  }

  private meetFacts(other: State, before: State | undefined): void {
    for (const fact of this.facts) if (!other.facts.has(fact)) this.facts.delete(fact);
    for (const [id, bound] of this.bounds) {
      const theirs = other.bounds.get(id) ?? ANY;
      const last = before?.bounds.get(id) ?? ANY;
      const larger = Math.max(bound, theirs);
      const met = larger > last ? widened(larger) : larger;
      if (met === ANY) this.bounds.delete(id);
      else this.bounds.set(id, met);
    }
    for (const [key, type] of this.signatures) {
      if (other.signatures.get(key) !== type) this.signatures.delete(key);
    }
    this.touched = Math.max(this.touched, other.touched);
  }

  equals(other: State): boolean {
    if (this.touched !== other.touched || this.rsp !== other.rsp) return false;
    if (this.slots.size !== other.slots.size || this.facts.size !== other.facts.size) return false;
    if (this.bounds.size !== other.bounds.size || this.signatures.size !== other.signatures.size)
      return false;
    if (!this.registers.every((value, register) => sameValue(value, other.registers[register]!)))
      return false;
    for (const [offset, { value, sizeBytes }] of this.slots) {
      const theirs = other.slots.get(offset);
      if (theirs?.sizeBytes !== sizeBytes || !sameValue(value, theirs.value)) return false;
    }
    for (const fact of this.facts) if (!other.facts.has(fact)) return false;
    for (const [id, bound] of this.bounds) if (other.bounds.get(id) !== bound) return false;
    for (const [key, type] of this.signatures) if (other.signatures.get(key) !== type) return false;
    return true;
  }
}

/** How many bytes of two slots are good in both; 0 where one is half of what has no halves. */
function commonSize(a: Slot, b: Slot): Slot["sizeBytes"] | 0 {
  if (a.sizeBytes === b.sizeBytes) return a.sizeBytes;
  return a.value.kind === "number" && b.value.kind === "number"
    ? (Math.min(a.sizeBytes, b.sizeBytes) as 4 | 8)
    : 0;
}
