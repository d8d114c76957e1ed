/**
 * Rules for i8x16.shuffle and i8x16.swizzle.
 *
 * A shuffle's lanes are known, so the cheapest instruction that does the same is looked for: one that moves groups
 * of lanes, else table look-ups (`pshufb`) in one or both operands.
 */
import type { Encoding } from "../../../../x64/encoding.ts";
import * as x64 from "../../../../x64/tables/index.ts";
import type { Value } from "../../../ir/graph.ts";
import { Op } from "../../../ir/tables/op.ts";
import type { Rule, Selector } from "../selector.ts";
import { inLanes, one, two, withBits, type Rules } from "./steps.ts";

const LANES = 16;
/** `pshufb` gives 0 for such an index. */
const NO_LANE = 0x80;

/** Byte i of the result is byte lanes[i] of left and right together. */
type Lanes = readonly number[];

function lanesOf(bits: bigint): number[] {
  return Array.from({ length: LANES }, (_, index) => Number((bits >> BigInt(8 * index)) & 0xffn));
}

function bitsOf(lanes: Lanes): bigint {
  return lanes.reduceRight((bits, lane) => (bits << 8n) | BigInt(lane), 0n);
}

/**
 * The lanes as numbers of groups of `size` bytes, if every group stays whole: 0 1 2 3 20 21 22 23 ... by four are
 * 0 5 ...
 */
function groupsOf(lanes: Lanes, size: number): number[] | undefined {
  const groups: number[] = [];
  for (let at = 0; at < LANES; at += size) {
    const first = lanes[at]!;
    if (first % size !== 0) return undefined;
    for (let i = 1; i < size; i++) if (lanes[at + i] !== first + i) return undefined;
    groups.push(first / size);
  }
  return groups;
}

/** Where the lanes go on from the first without end, counted modulo `modulus`: the first; else undefined. */
function startOfRun(lanes: Lanes, modulus: number): number | undefined {
  const first = lanes[0]!;
  return lanes.every((lane, index) => lane === (first + index) % modulus) ? first : undefined;
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((each, index) => each === b[index]);

// Of one vector.

function shuffleOne(selector: Selector, source: number, lanes: Lanes, def: number): void {
  if (shuffleGroups(selector, source, lanes, def)) return;
  for (const { encoding, size, groups } of UNPACKS) {
    const doubled = groups.map((group) => group % (LANES / size));
    const mine = groupsOf(lanes, size);
    if (mine !== undefined && same(mine, doubled))
      return void two(selector, encoding, source, source, 0, def);
  }
  const start = startOfRun(lanes, LANES);
  if (start !== undefined) two(selector, x64.PALIGNR, source, source, start, def);
  else withBits(selector, x64.PSHUFB, source, bitsOf(lanes), def);
}

/** By groups of four bytes, or of two in one half. */
function shuffleGroups(selector: Selector, source: number, lanes: Lanes, def: number): boolean {
  const groups = groupsOf(lanes, 4);
  if (groups !== undefined) {
    if (same(groups, [0, 1, 2, 3])) selector.move(def, source);
    else one(selector, x64.PSHUFD, source, immediateOf(groups), def);
    return true;
  }
  const words = groupsOf(lanes, 2);
  if (words === undefined) return false;
  const [low, high] = [words.slice(0, 4), words.slice(4).map((word) => word - 4)];
  if (same(high, [0, 1, 2, 3]) && low.every((word) => word < 4)) {
    one(selector, x64.PSHUFLW, source, immediateOf(low), def);
    return true;
  }
  if (same(low, [0, 1, 2, 3]) && high.every((word) => word >= 0)) {
    one(selector, x64.PSHUFHW, source, immediateOf(high), def);
    return true;
  }
  return false;
}

/** Four numbers of two bits, the first lowest. */
function immediateOf(groups: readonly number[]): number {
  return groups.reduceRight((bits, group) => (bits << 2) | (group & 3), 0);
}

// Of two.

interface Unpack {
  readonly encoding: Encoding;
  readonly size: number;
  /** Groups of `size` bytes, those of the second operand from LANES / size on. */
  readonly groups: readonly number[];
}

function unpacks(size: number, low: Encoding, high: Encoding): Unpack[] {
  const count = LANES / size;
  const from = (first: number) =>
    Array.from({ length: count }, (_, index) => first + (index >> 1) + (index & 1) * count);
  return [
    { encoding: low, size, groups: from(0) },
    { encoding: high, size, groups: from(count / 2) },
  ];
}

const UNPACKS: readonly Unpack[] = [
  ...unpacks(1, x64.PUNPCKLBW, x64.PUNPCKHBW),
  ...unpacks(2, x64.PUNPCKLWD, x64.PUNPCKHWD),
  ...unpacks(4, x64.PUNPCKLDQ, x64.PUNPCKHDQ),
  ...unpacks(8, x64.PUNPCKLQDQ, x64.PUNPCKHQDQ),
];

/** Does it in one instruction with `left` as the first operand, if there is one. */
function shuffleInOne(selector: Selector, left: number, right: number, lanes: Lanes, def: number): boolean {
  for (const { encoding, size, groups } of UNPACKS) {
    const mine = groupsOf(lanes, size);
    if (mine === undefined || !same(mine, groups)) continue;
    two(selector, encoding, left, right, 0, def);
    return true;
  }
  const start = startOfRun(lanes, 2 * LANES);
  if (start !== undefined && start < LANES) {
    // The instruction's first operand is the upper one.
    two(selector, x64.PALIGNR, right, left, start, def);
    return true;
  }
  return shuffleSelected(selector, left, right, lanes, def);
}

/** Every word in its place, from either; or two lanes of 32 bits from each. */
function shuffleSelected(
  selector: Selector,
  left: number,
  right: number,
  lanes: Lanes,
  def: number,
): boolean {
  const words = groupsOf(lanes, 2);
  if (words?.every((word, index) => (word & 7) === index) === true) {
    const mask = words.reduce((bits, word, index) => (word > 7 ? bits | (1 << index) : bits), 0);
    two(selector, x64.PBLENDW, left, right, mask, def);
    return true;
  }
  const groups = groupsOf(lanes, 4);
  if (groups?.every((group, index) => group > 3 === index > 1) === true) {
    two(selector, x64.SHUFPS, left, right, immediateOf(groups), def);
    return true;
  }
  return false;
}

const shuffle: Rule = (selector, value) => {
  const [left, right] = value.args as [Value, Value];
  const def = selector.define(value);
  let lanes: Lanes = lanesOf(value.big);
  if (left === right) lanes = lanes.map((lane) => lane & 15);
  if (lanes.every((lane) => lane < LANES)) return shuffleOne(selector, selector.use(left), lanes, def);
  const others = lanes.map((lane) => lane ^ LANES);
  if (others.every((lane) => lane < LANES)) return shuffleOne(selector, selector.use(right), others, def);
  const [a, b] = [selector.use(left), selector.use(right)];
  if (shuffleInOne(selector, a, b, lanes, def) || shuffleInOne(selector, b, a, others, def)) return;
  const fromLeft = withBits(selector, x64.PSHUFB, a, bitsOf(lanes.map(inFirst)));
  const fromRight = withBits(selector, x64.PSHUFB, b, bitsOf(others.map(inFirst)));
  two(selector, x64.POR, fromLeft, fromRight, 0, def);
};

const inFirst = (lane: number): number => (lane < LANES ? lane : NO_LANE);

/** Indices from 16 on give 0: 0x70 more, saturating, their top bit is set, and those below keep their low four. */
const swizzle: Rule = (selector, value) => {
  const [source, indices] = value.args as [Value, Value];
  const def = selector.define(value);
  if (indices.isConstant) {
    const lanes = lanesOf(indices.big).map(inFirst);
    return void withBits(selector, x64.PSHUFB, selector.use(source), bitsOf(lanes), def);
  }
  const moved = withBits(selector, x64.PADDUSB, selector.use(indices), inLanes(8, 0x70n));
  two(selector, x64.PSHUFB, selector.use(source), moved, 0, def);
};

export const SHUFFLE_RULES: Rules = [
  [Op.Simd + 0x0d, shuffle],
  [Op.Simd + 0x0e, swizzle],
];
