/** Controls: a virtqueue that lacks any one of its checks does not withstand what the fuzz target gives it. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { readFileSync } from "node:fs";
import { compileAssembly } from "../src/image/assembly.ts";
import { THREADS, VIRTQUEUE_ROOT } from "../src/kernel/drivers/virtio/test-roots.ts";
import { loadCorpus, mutate, randomFrom } from "./target.ts";
import { runOn, target } from "./virtqueue.ts";

const KERNEL = path.resolve(import.meta.dirname, "../src/kernel");
const ROOT = "drivers/virtio/queue.harness.ts";
const QUEUE = "drivers/virtio/virtqueue.ts";
const INPUTS = 4000;

/** Not among them is the check of the used index: it only names sooner, and better, what the others find. */
const CHECKS: readonly (readonly [name: string, text: string, without: string])[] = [
  ["of the used id", "if (id >= this.size) return this.fail(Fault.UsedId);", ""],
  ["that the buffer was offered", "slot.state != HEAD || ", ""],
  ["that the buffer was published", " || this.isUnpublished(slot)", ""],
  ["of the length", "if (length > writable) return this.fail(Fault.UsedLength);", ""],
  ["that there was no fault before", "if (this.fault != Fault.None) return Take.DeviceFault;", ""],
];

async function moduleOf(source: string): Promise<WebAssembly.Module> {
  const virtualFiles = { [ROOT]: VIRTQUEUE_ROOT, [QUEUE]: source };
  const { wasm } = await compileAssembly(KERNEL, ROOT, { ...THREADS, virtualFiles });
  return new WebAssembly.Module(wasm as BufferSource);
}

/** The number of the first input that it does not withstand; undefined: it withstands all. */
function firstFailure(module: WebAssembly.Module): number | undefined {
  const seeds = loadCorpus(target);
  const random = randomFrom(1);
  for (let count = 0; count < INPUTS; count++) {
    try {
      runOn(module, seeds[count] ?? mutate(seeds, random));
    } catch {
      return count;
    }
  }
  return undefined;
}

const source = readFileSync(path.join(KERNEL, QUEUE), "utf8");

for (const [name, text, without] of CHECKS) {
  test(`without the check ${name} an input breaks the queue`, async () => {
    assert.equal(source.split(text).length, 2, "the check stands there once");
    assert.notEqual(firstFailure(await moduleOf(source.replace(text, without))), undefined);
  });
}

test("with all of them none does", async () => {
  assert.equal(firstFailure(await moduleOf(source)), undefined);
});
