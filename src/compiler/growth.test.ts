/** The time to compile a function grows about as the function does, whatever it is that makes it large. */
import test from "node:test";
import assert from "node:assert/strict";
import { compileModule } from "./compile.ts";
import { diamonds, dispatch, localsInLoop, loops, straight, sum } from "./large-function.harness.ts";

/** Twice as large may take three times as long: n log n with some room. Quadratic would be four times. */
const GROWTH_LIMIT = 3 ** 2;
const GROWN = 2 ** 2;
/** What the garbage collector and V8's compiler may add at any time. */
const NOISE_MS = 400;

/** The smaller of two sizes; the larger one has some 20,000 instructions. */
const FUNCTIONS: readonly (readonly [make: (count: number) => Uint8Array, count: number])[] = [
  [diamonds, 500],
  [loops, 250],
  [dispatch, 500],
  [localsInLoop, 1250],
  [straight, 1000],
  [sum, 5000],
];

for (const [make, count] of FUNCTIONS) {
  test(`${make.name}: ${GROWN} times as large takes less than ${GROWTH_LIMIT} times as long`, () => {
    const small = make(count);
    const large = make(count * GROWN);
    compileModule(small);
    const limit = compileMs(small) * GROWTH_LIMIT + NOISE_MS;
    const took = compileMs(large);
    assert.ok(took < limit, `it took ${took.toFixed(0)} ms, the limit is ${limit.toFixed(0)} ms`);
  });
}

/** Processor time. */
function compileMs(module: Uint8Array): number {
  const before = process.cpuUsage();
  compileModule(module);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
