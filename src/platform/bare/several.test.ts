import assert from "node:assert/strict";
import { test } from "node:test";
import { planMany, replicaSuite, said, severalSuite, traps } from "../compartment/several-suite.harness.ts";
import { accelerator, runInMachine } from "./run-image.harness.ts";

/** The boot information has no room for the windows of more. */
const MOST = 13;

if (accelerator === undefined)
  test("bare: several compartments", { skip: "needs qemu-system-x86_64" }, () => {});
else {
  severalSuite(`bare, ${accelerator}`, runInMachine, MOST);
  replicaSuite(`bare, ${accelerator}, of one kind`, runInMachine);
  test(`bare, ${accelerator}: one that takes all memory goes down, another keeps its own, and has more afterwards`, async () => {
    const ran = await runInMachine(await planMany(2), [
      "script=e1,0,22 e1,11,20 e0,11,800 e1,5 x0 e1,11,160 e0,5",
    ]);
    const before = "1r=0 1r=0 0r=1 1m=22 1c=23 1p=21 1r=0";
    assert.equal(said(ran), `${before} 1r=0 0m=0 0c=0 0p=1 0r=0`);
    assert.deepEqual(traps(ran), ["0 102"]);
  });
}
