/** What a machine that follows another finds ready: counted, not timed. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildImage } from "../../image/image.ts";
import { prepareEngine } from "../../image/engine.ts";
import { PACKAGE_ROOT } from "../../image/package-root.ts";
import { nodeTarget } from "./target.ts";

const ENTRY = path.join(PACKAGE_ROOT, "examples/hello/server.ts");

/** The threads that `work` begins. */
async function threadsOf(work: () => unknown): Promise<number> {
  let count = 0;
  const hear = (): void => void count++;
  process.on("worker", hear);
  try {
    await work();
    // Told a moment after it was begun.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("worker", hear);
  }
  return count;
}

test("a machine begins a thread of its own, or takes the one that waits, and a second one begins its own", async () => {
  const image = await buildImage(ENTRY);
  const start = async (): Promise<void> => {
    const machine = await nodeTarget.start(image, {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: {},
      outbound: [],
      onConsole: () => {},
    });
    const { hostPort } = machine.forwards[0]!;
    assert.equal((await fetch(`http://127.0.0.1:${hostPort}/`)).status, 200);
    await machine.stop();
  };
  assert.equal(await threadsOf(start), 1);
  assert.equal(await threadsOf(() => nodeTarget.warm!()), 1);
  assert.equal(await threadsOf(() => nodeTarget.warm!()), 0, "one that waits is enough");
  assert.equal(await threadsOf(start), 0);
  assert.equal(await threadsOf(start), 1);
});

test("the engine is prepared once, for every program", async () => {
  const [one, other] = [await buildImage(ENTRY), await buildImage(ENTRY)];
  assert.equal(one.engine, other.engine);
  assert.equal(one.engine, (await prepareEngine()).wasm);
});
