/**
 * V8 as the judge: over mutations of small real modules, and over random bodies of mostly fitting instructions, it
 * must accept and refuse what we do. What we refuse as unsupported, it may accept.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { assembled, assertAgreement, TEXT } from "./agreement.harness.ts";
import { seededRandom, type Random } from "../../link/random.ts";
import { randomModule } from "./random-module.harness.ts";
import { HEADER, wat } from "./module.harness.ts";

const LONG = process.env["SKERRY_LONG"] === "1";
const MUTATIONS = LONG ? 100_000 : 3000;
const RANDOM_MODULES = LONG ? 100_000 : 3000;

/** Overwrites, inserts, removes or swaps a few bytes. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit);
  const mutated = [...bytes];
  for (let count = 1 + below(3); count > 0; count--) {
    const at = random() < 0.02 ? below(HEADER.length) : HEADER.length + below(mutated.length - HEADER.length);
    const kind = below(10);
    if (kind < 4) mutated[at] = below(256);
    else if (kind < 7) mutated[at] = mutated[at]! ^ (1 << below(8));
    else if (kind < 8) mutated[at] = mutated[below(mutated.length)]!;
    else if (kind < 9) mutated.splice(at, 1);
    else mutated.splice(at, 0, below(256));
  }
  return Uint8Array.from(mutated);
}

const SEEDS: readonly (readonly [name: string, module: () => Promise<Uint8Array>])[] = [
  ["by the AssemblyScript compiler", assembled],
  ["from text", () => Promise.resolve(wat(TEXT))],
];

for (const [name, module] of SEEDS) {
  test(`V8 and we agree on mutations of a module ${name}`, async () => {
    const bytes = await module();
    assert.ok(assertAgreement(bytes, "unchanged"));
    const random = seededRandom(20);
    let accepted = 0;
    for (let index = 0; index < MUTATIONS; index++) {
      if (assertAgreement(mutate(bytes, random), `mutation ${index}`)) accepted++;
    }
    assert.ok(accepted > MUTATIONS / 100, `${accepted} accepted`);
    assert.ok(accepted < MUTATIONS * 0.9, `${accepted} accepted`);
  });
}

test("V8 and we agree on random bodies", () => {
  const random = seededRandom(7);
  let accepted = 0;
  for (let index = 0; index < RANDOM_MODULES; index++) {
    if (assertAgreement(randomModule(random), `module ${index}`)) accepted++;
  }
  assert.ok(accepted > RANDOM_MODULES / 5, `${accepted} accepted`);
  assert.ok(accepted < RANDOM_MODULES * 0.9, `${accepted} accepted`);
});
