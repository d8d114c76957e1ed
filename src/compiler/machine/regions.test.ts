import test from "node:test";
import assert from "node:assert/strict";
import { graphOf, machineOf, sourcesOf } from "../stages.harness.ts";
import { wat } from "../wasm/module.harness.ts";
import type { MachineFunction } from "./program.ts";
import { findHubs, HUB, OUTSIDE } from "./regions.ts";

const CASES = 26;

/** A loop around a switch; each case stores its number, the last two meet before they go on. */
function interpreter(cases: number): MachineFunction {
  const numbers = Array.from({ length: cases }, (_, each) => each);
  const bodies = numbers.map((each) => {
    const store = `(i32.store (local.get $at) (i32.const ${each}))`;
    if (each === cases - 2) return `${store})`; // falls through: what follows has two ways in
    return `${store} (br_if $turn (local.get $at)) (return))`;
  });
  const text = `(module (memory 1) (func (param $at i32)
    (loop $turn ${numbers.map(() => "(block").join(" ")}
      (br_table ${numbers.join(" ")} (i32.load (local.get $at))))
      ${bodies.slice(0, -1).join("\n")}
      (i32.store offset=8 (local.get $at) (i32.const 1))
      (br_if $turn (local.get $at)))))`;
  const source = sourcesOf(wat(text))[0]!;
  return machineOf(source, graphOf(source));
}

test("each case of a hub is a region, and so is where two of them meet", () => {
  const func = interpreter(CASES);
  const [hub, ...others] = findHubs(func);
  assert.equal(others.length, 0);
  assert.equal(hub!.regions[hub!.block.index], HUB);
  for (const successor of hub!.block.successors) {
    const region = hub!.regions[successor.index]!;
    // A case, or the block of its own that stands on the way to where two meet.
    assert.equal(region, successor.index);
  }
  const meeting = func.blocks.filter(
    ({ index, predecessors }) =>
      hub!.regions[index] === index && predecessors.every((each) => hub!.regions[each.index]! >= 0),
  );
  assert.ok(meeting.length > 0);
  for (const { predecessors } of meeting) {
    assert.ok(new Set(predecessors.map((each) => hub!.regions[each.index])).size > 1);
  }
});

test("what comes before the loop is outside, a region's blocks are its first one's", () => {
  const func = interpreter(CASES);
  const { regions } = findHubs(func)[0]!;
  assert.equal(regions[0], OUTSIDE);
  for (const { index, predecessors } of func.blocks) {
    const [first, ...rest] = predecessors.map((each) => regions[each.index]!);
    if (first === undefined || first < 0 || rest.some((each) => each !== first)) continue;
    assert.equal(regions[index], first);
  }
});

test("a switch of few cases, or in no loop, is no hub", () => {
  assert.deepEqual(findHubs(interpreter(20)), []);
});
