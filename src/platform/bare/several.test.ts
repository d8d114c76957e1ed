import { test } from "node:test";
import { severalSuite } from "../compartment/several-suite.harness.ts";
import { accelerator, runInMachine } from "./run-image.harness.ts";

/** For more the keel has no room: their windows would not fit beside its code. */
const MOST = 10;

if (accelerator === undefined)
  test("bare: several compartments", { skip: "needs qemu-system-x86_64" }, () => {});
else severalSuite(`bare, ${accelerator}`, runInMachine, MOST);
