/** Cases that were once compiled wrongly, and a fixed number of random ones. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { callsOf } from "./calls.ts";
import { caseNames, readCase } from "./case-file.ts";
import { generateModule } from "./generate.ts";
import { nativeMachine } from "./native-machine.ts";
import { v8Machine } from "./v8-machine.ts";

const CORPUS = path.join(import.meta.dirname, "../corpus-compiler");
const RANDOM_MODULES = 40;

const expected = v8Machine();
const tested = nativeMachine();

test.after(() => tested.close());

for (const name of caseNames(CORPUS)) {
  test(`${name} gives what V8 gives`, async () => {
    const one = readCase(CORPUS, name);
    assert.deepEqual(await tested.run(one), await expected.run(one));
  });
}

test(`${RANDOM_MODULES} random modules give what V8 gives`, async () => {
  for (let seed = 1; seed <= RANDOM_MODULES; seed++) {
    const { wasm, functions } = generateModule(seed);
    const one = { wasm, calls: callsOf(functions, seed) };
    assert.deepEqual(await tested.run(one), await expected.run(one), `seed ${seed}`);
  }
});

test("equal seeds give equal modules, and parts can be left out of them", () => {
  const whole = generateModule(7);
  assert.deepEqual(generateModule(7).wasm, whole.wasm);
  const [largest] = [...whole.spans].sort((a, b) => b.last - b.id - (a.last - a.id));
  const smaller = generateModule(7, new Set([largest!.id])).wasm;
  assert.ok(smaller.length < whole.wasm.length);
  assert.ok(WebAssembly.validate(smaller as BufferSource));
});
