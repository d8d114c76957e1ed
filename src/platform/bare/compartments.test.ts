import { test } from "node:test";
import { compartmentSuite } from "../compartment/compartment-suite.harness.ts";
import { accelerator, runInMachine } from "./run-image.harness.ts";

if (accelerator === undefined) test("bare: compartments", { skip: "needs qemu-system-x86_64" }, () => {});
else compartmentSuite(`bare, ${accelerator}`, runInMachine);
