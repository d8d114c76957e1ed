import test from "node:test";
import assert from "node:assert/strict";
import { seededRandom } from "../../../link/random.ts";
import { Interval, lowerBound, UseKind } from "./interval.ts";
import { firstCommon, NEVER } from "./ranges.ts";

const INFO = { isVector: false, bytes: 8, constant: undefined } as const;
const ROUNDS = 500;
const END = 200;

/** As a backward walk builds it, from pairs that ascend. */
function interval(pairs: readonly (readonly [number, number])[], uses: readonly number[] = []): Interval {
  const made = new Interval(0, INFO);
  for (const [from, to] of [...pairs].reverse()) made.addRange(from, to);
  for (const use of [...uses].reverse()) made.addUse(use, use % 3 === 0 ? UseKind.Register : UseKind.Any);
  made.finish();
  return made;
}

/** Ascending ranges that neither touch nor overlap. */
function randomPairs(random: () => number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let at = Math.floor(random() * 20); at < END;) {
    const to = at + 1 + Math.floor(random() * 20);
    pairs.push([at, to]);
    at = to + 1 + Math.floor(random() * 20);
  }
  return pairs;
}

const covers = (pairs: readonly (readonly [number, number])[], position: number) =>
  pairs.some(([from, to]) => from <= position && position < to);

test("ranges that touch or overlap become one", () => {
  const made = interval([
    [0, 4],
    [4, 8],
    [6, 12],
    [16, 20],
  ]);
  assert.deepEqual(made.ranges, [0, 12, 16, 20]);
  assert.deepEqual([made.start, made.end], [0, 20]);
});

test("a definition cuts the range that reached the block's start", () => {
  const made = new Interval(0, INFO);
  made.addRange(0, 12);
  made.startAt(6);
  made.finish();
  assert.deepEqual(made.ranges, [6, 12]);
  const dead = new Interval(0, INFO);
  dead.startAt(6);
  assert.equal(dead.ranges.length, 2, "what nothing reads still takes a register for a moment");
});

test("random intervals cover what their ranges say, and meet where both do", () => {
  const random = seededRandom(0x1e7e);
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [randomPairs(random), randomPairs(random)];
    const [left, right] = [interval(a), interval(b)];
    let first = NEVER;
    for (let position = END + 40; position >= 0; position--) {
      assert.equal(left.covers(position), covers(a, position));
      if (covers(a, position) && covers(b, position)) first = position;
    }
    assert.equal(left.intersection(right), first);
    assert.equal(firstCommon(left.ranges, right.ranges, 0), first);
  }
});

test("uses are found by position and kind", () => {
  const made = interval([[0, 40]], [4, 9, 16, 33]);
  assert.equal(made.nextUse(5, UseKind.Any), 9);
  assert.equal(made.nextUse(10, UseKind.Register), 33);
  assert.equal(made.nextUse(34, UseKind.Any), NEVER);
  assert.equal(made.previousUse(16), 9);
  assert.equal(made.previousUse(4), -1);
});

test("a split keeps every position and use, on the side it belongs to", () => {
  const random = seededRandom(0x5711);
  for (let round = 0; round < ROUNDS; round++) {
    const pairs = randomPairs(random);
    const uses = pairs.map(([from]) => from);
    const made = interval(pairs, uses);
    const cut = made.start + 1 + Math.floor(random() * (made.end - made.start - 1));
    const part = made.split(cut);
    assert.equal(made.next, part);
    assert.equal(part.first, made);
    for (let position = 0; position < END + 40; position++) {
      assert.equal(made.covers(position), covers(pairs, position) && position < cut);
      assert.equal(part.covers(position), covers(pairs, position) && position >= cut);
    }
    assert.deepEqual([...made.uses, ...part.uses], uses);
    assert.ok(made.uses.every((use) => use < cut) && part.uses.every((use) => use >= cut));
    assert.equal(made.useKinds.length + part.useKinds.length, uses.length);
  }
});

test("parts stand in a chain in the order of their positions", () => {
  const made = interval([[0, 100]]);
  const last = made.split(60);
  const middle = made.split(20);
  assert.deepEqual([made.next, middle.next, last.next], [middle, last, undefined]);
});

test("the lower bound is the first that is not below", () => {
  const list = [2, 4, 4, 9];
  assert.deepEqual(
    [0, 2, 3, 4, 5, 9, 10].map((value) => lowerBound(list, value)),
    [0, 0, 1, 1, 3, 3, 4],
  );
});
