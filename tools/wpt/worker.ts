/** A thread of the runner: runs the files that it is sent, one after the other. */
import { parentPort, workerData } from "node:worker_threads";
import type { CompartmentSnapshot, Parts } from "../../src/faces/js/compartment-parts.harness.ts";
import type { TestFile } from "./plan.ts";
import { runTestFile } from "./session.ts";

const { parts, snapshot, root } = workerData as {
  readonly parts: Parts;
  readonly snapshot: CompartmentSnapshot;
  readonly root: string;
};
parentPort!.on("message", (test: TestFile) => {
  parentPort!.postMessage(runTestFile(parts, snapshot, root, test));
});
