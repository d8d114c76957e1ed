import test from "node:test";
import assert from "node:assert/strict";
import { seededRandom } from "../../../link/random.ts";
import { VECTOR_SCRATCH } from "../../../x64/register.ts";
import type { Value } from "../../ir/graph.ts";
import { FIRST_VECTOR } from "../instruction.ts";
import { orderMoves, type MoveWriter } from "./parallel.ts";
import { FIRST_SLOT, SAVED, type Transfer } from "./place.ts";

const ROUNDS = 4000;
const SCRATCH = FIRST_VECTOR + VECTOR_SCRATCH;
const GENERAL = [0, 1, 2, 5, 6, 7, 8];
const VECTORS = [16, 17, 18, 19, 20];
const GENERAL_SLOTS = [0, 8, 16, 24].map((offset) => FIRST_SLOT + offset);
const VECTOR_SLOTS = [32, 48, 64].map((offset) => FIRST_SLOT + offset);
const CONSTANT = {} as Value;

type Content = string;

/** Does to names of values what the moves would do to values. */
class Simulation implements MoveWriter {
  readonly places = new Map<number, Content>();
  private readonly stack: Content[] = [];

  constructor(places: readonly number[]) {
    for (const place of places) this.places.set(place, `value of ${place}`);
  }

  transfer({ from, to, constant, isVector }: Transfer): void {
    assert.equal(isVector, isVectorPlace(to), "a move stays in its class");
    let content = this.places.get(from);
    if (constant !== undefined) content = "constant";
    else if (from === SAVED) content = this.stack.pop();
    // Between slots the scratch register is in the way.
    else if (from >= FIRST_SLOT && to >= FIRST_SLOT) this.places.set(SCRATCH, "gone");
    assert.notEqual(content, undefined, `nothing is at ${from}`);
    this.places.set(to, content!);
  }

  exchange(a: number, b: number): void {
    assert.ok(a < FIRST_VECTOR && b < FIRST_VECTOR, "only general registers are exchanged");
    const [x, y] = [this.places.get(a)!, this.places.get(b)!];
    this.places.set(a, y).set(b, x);
  }

  save(place: number): void {
    if (isVectorPlace(place)) this.places.set(SCRATCH, "gone");
    this.stack.push(this.places.get(place)!);
  }

  get isBalanced(): boolean {
    return this.stack.length === 0;
  }
}

function isVectorPlace(place: number): boolean {
  return place >= FIRST_SLOT ? VECTOR_SLOTS.includes(place) : place >= FIRST_VECTOR;
}

function move(from: number, to: number, constant?: Value): Transfer {
  const bytes = isVectorPlace(to) ? 16 : 8;
  return { from, to, isVector: isVectorPlace(to), fromBytes: bytes, toBytes: bytes, constant };
}

/** Runs the moves and compares with what happens if all read before any writes. */
function check(moves: readonly Transfer[]): void {
  const all = [...GENERAL, ...VECTORS, ...GENERAL_SLOTS, ...VECTOR_SLOTS];
  const expected = new Map(all.map((place) => [place, `value of ${place}`]));
  for (const { from, to, constant } of moves) {
    expected.set(to, constant === undefined ? `value of ${from}` : "constant");
  }
  const simulation = new Simulation(all);
  orderMoves(
    moves.map((each) => ({ ...each })),
    simulation,
  );
  const show = moves.map(({ from, to, constant }) => `${constant === undefined ? from : "constant"}->${to}`);
  for (const [place, content] of expected) {
    assert.equal(simulation.places.get(place), content, `${place} after ${show.join(" ")}`);
  }
  assert.ok(simulation.isBalanced, `the stack after ${show.join(" ")}`);
}

test("random moves at once, within and between registers and slots, come out as if all read first", () => {
  const random = seededRandom(0x9a7a);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let round = 0; round < ROUNDS; round++) {
    const moves: Transfer[] = [];
    for (const places of [
      [...GENERAL, ...GENERAL_SLOTS],
      [...VECTORS, ...VECTOR_SLOTS],
    ]) {
      for (const to of places) {
        if (random() < 0.3) continue;
        moves.push(random() < 0.1 ? move(-1, to, CONSTANT) : move(pick(places), to));
      }
    }
    check(moves.sort(() => random() - 0.5));
  }
});

test("cycles of every length, of either class, with slots and without", () => {
  const cycle = (places: readonly number[]) =>
    places.map((from, index) => move(from, places[(index + 1) % places.length]!));
  for (const places of [GENERAL, VECTORS, GENERAL_SLOTS, VECTOR_SLOTS]) {
    for (let length = 1; length <= places.length; length++) check(cycle(places.slice(0, length)));
  }
  check([...cycle([0, 1, FIRST_SLOT]), ...cycle([2, 5]), ...cycle([FIRST_SLOT + 8, FIRST_SLOT + 16])]);
  check([
    ...cycle([16, 17, FIRST_SLOT + 32]),
    ...cycle([18, 19, 20]),
    ...cycle([FIRST_SLOT + 48, FIRST_SLOT + 64]),
  ]);
});

test("a value that several read, one of them in a cycle", () => {
  check([move(0, 1), move(1, 0), move(0, 2), move(1, FIRST_SLOT)]);
  check([move(16, 17), move(17, 16), move(16, 18), move(17, FIRST_SLOT + 32)]);
});

test("nothing is written for a move to where the value is, and no constant waits for a register", () => {
  const written: string[] = [];
  const writer: MoveWriter = {
    transfer: ({ from, to }) => void written.push(`${from}->${to}`),
    exchange: (a, b) => void written.push(`${a}<->${b}`),
    save: (place) => void written.push(`save ${place}`),
  };
  orderMoves([move(3, 3), move(-1, 0, CONSTANT), move(0, 1)], writer);
  assert.deepEqual(written, ["0->1", "-1->0"]);
});
