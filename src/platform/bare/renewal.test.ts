/** Memories that are renewed on a machine: whatever lives of a compartment write, the next one begins as the first did. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { accelerators } from "../../keel/guest.harness.ts";
import type { Ran } from "../compartment/compartment-suite.harness.ts";
import { LOOK_EVERY, planLives } from "../compartment/renewal-suite.harness.ts";
import { linkForBare, type BareOptions } from "./platform.ts";
import { bootWith } from "./run-image.harness.ts";

const ROUNDS = 300;

/** Undefined: not here. Where ring 0 is interpreted, the pages that are only read take a minute. */
async function live(t: TestContext, options: BareOptions): Promise<Ran | undefined> {
  if ((await accelerators(t)).length === 0) return undefined;
  const { elf } = linkForBare(await planLives(ROUNDS), () => [], options);
  return bootWith(elf, [], { accelerator: "tcg", memory: "64M", timeLimitMs: 120_000 });
}

test(`each of ${ROUNDS} lives begins as the first did`, async (t) => {
  const ran = await live(t, {});
  if (ran !== undefined) assert.deepEqual([ran.status, ran.records.at(-1)], [0, "exit 0"]);
});

test("were what is written left as it is, it would be found", async (t) => {
  const ran = await live(t, { leavesWrittenPages: true });
  const looked = ROUNDS / LOOK_EVERY;
  if (ran !== undefined)
    assert.ok(ran.status! > looked / 2, `${ran.status} of ${looked} that were looked at`);
});
