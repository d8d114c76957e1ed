import test from "node:test";
import assert from "node:assert/strict";
import { generateModule } from "../../../../fuzz/compiler/generate.ts";
import { graphOf, machineOf, sourcesOf, type Source } from "../../stages.harness.ts";
import { wat } from "../../wasm/module.harness.ts";
import { Pseudo } from "../instruction.ts";
import { allocate, type Allocation } from "./allocate.ts";
import { findMisreads, wishesOf, type Wishes } from "./follow.harness.ts";
import type { MachineFunction } from "../program.ts";
import type { Move } from "./resolve.ts";

const RANDOM_MODULES = process.env["SKERRY_LONG"] === "1" ? 4000 : 60;
const SHOWN = 8;

interface Allocated {
  readonly func: MachineFunction;
  readonly wishes: Wishes;
  readonly allocation: Allocation;
}

function allocated(source: Source): Allocated {
  const func = machineOf(source, graphOf(source));
  const wishes = wishesOf(func);
  return { func, wishes, allocation: allocate(func) };
}

const misreads = ({ func, wishes, allocation }: Allocated) => findMisreads(func, wishes, allocation);

test(`in ${RANDOM_MODULES} random modules every operand is read from where its value is`, () => {
  for (let seed = 1; seed <= RANDOM_MODULES; seed++) {
    for (const source of sourcesOf(generateModule(seed).wasm)) {
      const found = misreads(allocated(source));
      assert.deepEqual(found.slice(0, SHOWN), [], `seed ${seed}, function ${source.index}`);
    }
  }
});

/** More values across calls than registers that calls keep, and a loop that carries all of them. */
function pressureText(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const each = (write: (index: number) => string) => numbers.map(write).join("\n");
  return `(module (memory 1)
    (func $f (param i32) (result i32) (local.get 0))
    (func (export "run") (param $n i32) (result i32) ${each((at) => `(local $v${at} i32)`)}
      ${each((at) => `(local.set $v${at} (i32.load offset=${4 * at} (local.get $n)))`)}
      (loop $again
        ${each((at) => `(local.set $v${at} (i32.add (local.get $v${(at + 1) % count}) (call $f (local.get $v${at}))))`)}
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      ${numbers.slice(1).reduce((sum, at) => `(i32.xor ${sum} (local.get $v${at}))`, "(local.get $v0)")}))`;
}

test("values that outnumber the registers are spilled and come back", async () => {
  for (const count of [4, 8, 14, 40]) {
    const one = allocated(sourcesOf(wat(pressureText(count)))[1]!);
    assert.deepEqual(misreads(one), []);
    const isSpilled = one.allocation.slots.sizeBytes > 0;
    assert.equal(isSpilled, count > 4, `${count} values: ${one.allocation.slots.sizeBytes} bytes of slots`);
  }
});

test("an allocation that is wrong in one operand, move or slot is found out", async () => {
  const wasm = wat(pressureText(14));
  const damages: Readonly<Record<string, (one: Allocated) => void>> = {
    "an operand in another register": ({ func }) => void (loadIn(func).index ^= 1),
    "a missing move": ({ allocation }) => void longestMoves(allocation).pop(),
    "a slot that all share": ({ allocation }) => void allocation.slots.offsets.fill(0),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const one = allocated(sourcesOf(wasm)[1]!);
    assert.deepEqual(misreads(one), []);
    damage(one);
    assert.notDeepEqual(misreads(one), [], name);
  }
});

function longestMoves({ moves }: Allocation): Move[] {
  const lists = [...moves.atEnd.values(), ...moves.before.values()];
  return lists.sort((a, b) => b.length - a.length)[0] as Move[];
}

function loadIn(func: MachineFunction) {
  return func.blocks
    .flatMap(({ instructions }) => instructions)
    .find(({ pseudo, index }) => pseudo === Pseudo.None && index >= 0)!;
}
