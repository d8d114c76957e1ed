/**
 * What the checker knows of a value in a register or slot.
 *
 * Every value has a number: equal numbers are equal values. A number is named after the instruction that made it, or
 * after the block in which different values met, so that facts about it ("less than the table's length") hold as
 * long as anything carries it.
 */
import { ValueType } from "../../../src/abi/wasm.ts";

/** Where a pointer leads: the only things that compiled code may reach besides linear memory and its stack. */
export type Target =
  | { readonly to: "linear memory"; readonly start: number }
  | { readonly to: "elements"; readonly table: number }
  | { readonly to: "element"; readonly table: number; readonly index: number }
  | { readonly to: "descriptor"; readonly table: number }
  | { readonly to: "global"; readonly global: number }
  | { readonly to: "segment"; readonly segment: string }
  | { readonly to: "in segment"; readonly segment: string; readonly index: number }
  | { readonly to: "jump table"; readonly offset: number }
  /** An entry of the table: how far a block is from it. */
  | { readonly to: "jump distance"; readonly offset: number }
  | { readonly to: "block"; readonly offset: number }
  | { readonly to: "code base" }
  /** From the code base to a function of this signature (an index in `types`). */
  | { readonly to: "code offset"; readonly type: number }
  | { readonly to: "function"; readonly type: number }
  /** What a callee-saved register held on entry. */
  | { readonly to: "caller's register"; readonly register: number }
  | { readonly to: "caller" };

export type Value =
  | {
      readonly kind: "number";
      readonly id: number;
      /** No unsigned value is larger; ANY if nothing is known. */
      readonly bound: number;
      /** It is exactly the sum of these two, each of 32 bits. */
      readonly sum?: readonly [number, number];
      /** It is exactly eight times this one, of 32 bits. */
      readonly eightOf?: number;
      /** It is the length of this table. */
      readonly lengthOf?: number;
      /** Its lower half, where the upper one is what a slot of 4 bytes has beside it. */
      readonly low?: NumberValue;
    }
  | { readonly kind: "reference"; readonly id: number; readonly type: ValueType }
  | { readonly kind: "pointer"; readonly id: number; readonly target: Target }
  /** Nothing may read it: what calls left behind, different pointers that met. */
  | { readonly kind: "nothing"; readonly id: number };

export type NumberValue = Value & { kind: "number" };

export const U32 = 0xffff_ffff;
export const ANY = Infinity;
/** Beyond, a bound would no longer be exact. */
const EXACT = 2 ** 53;

/** Numbers of values by where they come from; block and instruction offsets are below 2^24, places below 2^25. */
const PLACES = 2 ** 25;
const ENTRY = 2 ** 51;
const CONSTANT = 2 ** 52;

export const idOfEntry = (place: number): number => ENTRY + place;
export const idOfStep = (offset: number, place: number): number => offset * PLACES + place;
export const idOfMeeting = (offset: number, place: number): number => -(offset * PLACES + place) - 1;

export function number(id: number, bound: number): NumberValue {
  return { kind: "number", id, bound: bound <= EXACT ? bound : ANY };
}

/** A constant below 2^32 is the same value wherever it is made. */
export function constant(value: number): NumberValue {
  return { kind: "number", id: CONSTANT + value, bound: value };
}

export function constantOf(value: Value): number | undefined {
  return value.kind === "number" && value.id >= CONSTANT ? value.id - CONSTANT : undefined;
}

export function nothing(id: number): Value {
  return { kind: "nothing", id };
}

export function pointer(id: number, target: Target): Value {
  return { kind: "pointer", id, target };
}

export function isNull(value: Value): boolean {
  return value.kind === "number" && value.bound === 0;
}

/** A reference of this type, or null. */
export function isReference(value: Value, type: ValueType): boolean {
  return (value.kind === "reference" && value.type === type) || isNull(value);
}

export function isReferenceType(type: ValueType): boolean {
  return type === ValueType.FuncRef || type === ValueType.ExternRef;
}

function sameTarget(a: Target, b: Target): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Bounds that grow from visit to visit grow in these steps, so that the search ends. */
const STEPS = [0, 1, 0xff, 0xffff, 0x7fff_ffff, U32];

export function widened(bound: number): number {
  return STEPS.find((step) => step >= bound) ?? ANY;
}

/** The value where `a` or `b` may have come; `id` is its number unless they are one value, or if `isKept`. */
export function meet(a: Value, b: Value, id: number, isKept: boolean, boundA: number, boundB: number): Value {
  const same = a.id === b.id && !isKept;
  const number = same ? a.id : id;
  if (a.kind === "number" && b.kind === "number") {
    const bound = Math.max(boundA, boundB);
    if (!same || !sameParts(a, b)) return { kind: "number", id: number, bound };
    return bound === a.bound ? a : { ...a, bound };
  }
  if (a.kind === "reference" && isReference(b, a.type)) return { ...a, id: number };
  if (b.kind === "reference" && isReference(a, b.type)) return { ...b, id: number };
  if (a.kind === "pointer" && b.kind === "pointer" && sameTarget(a.target, b.target)) {
    return { ...a, id: number };
  }
  return { kind: "nothing", id: number };
}

function sameParts(a: NumberValue, b: NumberValue): boolean {
  const sameSum = a.sum?.[0] === b.sum?.[0] && a.sum?.[1] === b.sum?.[1];
  return sameSum && a.eightOf === b.eightOf && a.lengthOf === b.lengthOf && a.low?.id === b.low?.id;
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.id !== b.id) return false;
  if (a.kind === "number" && b.kind === "number") return a.bound === b.bound && sameParts(a, b);
  if (a.kind === "pointer" && b.kind === "pointer") return sameTarget(a.target, b.target);
  return a.kind !== "reference" || (b.kind === "reference" && a.type === b.type);
}
