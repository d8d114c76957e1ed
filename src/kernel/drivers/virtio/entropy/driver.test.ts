import test from "node:test";
import assert from "node:assert/strict";
import { assemble, type TestExports } from "../../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../test-machine.ts";
import { type TestQueue } from "../test-queue.ts";
import { THREADS } from "../test-roots.ts";

const ROOT = `
import { fillRandom } from "../../../entropy/random";
import { startPinned } from "../../../memory/pinned";
import * as driver from "./driver";
const bytes = memory.data(64, 8);
export function start(): void { startPinned(0); driver.start(); }
export function random(): usize { return fillRandom(bytes, 32) ? bytes : 0; }
`;

interface Bench {
  readonly machine: TestMachine;
  readonly device: TestDevice;
  /** 32 random bytes in hex; undefined: refused. */
  random(): string | undefined;
}

async function createBench(serve: (queue: TestQueue) => void, platformSeed = 0): Promise<Bench> {
  const device = new TestDevice({ id: 4, queues: [8] });
  device.onNotify = serve;
  const machine = new TestMachine([device]);
  machine.tick = 1_000_000n;
  const platform = {
    ...machine.platform,
    entropySeed: (pointer: number, length: number) =>
      platformSeed === 0 ? 0 : (machine.bytes(pointer, length).fill(platformSeed), length),
  };
  const imports = { device: machine.device, platform } as unknown as Parameters<typeof assemble>[2];
  const driver: TestExports = await assemble("drivers/virtio/entropy/rng.harness.ts", ROOT, imports, THREADS);
  machine.memory = driver.memory;
  driver["start"]();
  return {
    machine,
    device,
    random() {
      const pointer = driver["random"]() as number;
      return pointer === 0 ? undefined : Buffer.from(machine.bytes(pointer, 32)).toString("hex");
    },
  };
}

/** Answers each request with at most `atMost` bytes of `value`. */
const give =
  (value: number, atMost = 64) =>
  (queue: TestQueue): void =>
    void queue.serve((head) => {
      const length = Math.min(queue.segments(head)[0]!.length, atMost);
      queue.write(head, new Uint8Array(length).fill(value));
      return length;
    });

test("the device's bytes are seed enough, however many come at a time", async () => {
  const whole = await createBench(give(7));
  const first = whole.random();
  assert.match(first!, /^[0-9a-f]{64}$/);
  const drops = await createBench(give(7, 5));
  assert.equal(drops.random(), first, "the same bytes, the same seed");
  assert.notEqual((await createBench(give(8))).random(), first);
  assert.deepEqual(whole.machine.errors, []);
});

test("with both sources both count, and the platform's alone still does when the device fails", async () => {
  const both = (await createBench(give(7), 9)).random();
  assert.notEqual(both, (await createBench(give(7))).random());
  assert.notEqual(both, (await createBench(give(8), 9)).random());
  const silent = await createBench(() => {}, 9);
  assert.match(silent.random()!, /^[0-9a-f]{64}$/);
  assert.match(silent.machine.errors.join(""), /^the entropy device is stopped: it does not answer\n$/);
  assert.equal(silent.device.status, 0);
});

test("no source: refused, at once when asked again", async () => {
  const silent = await createBench(() => {});
  assert.equal(silent.random(), undefined);
  const { clock } = silent.machine;
  assert.equal(silent.random(), undefined);
  assert.equal(silent.machine.clock, clock);
  assert.equal(silent.machine.errors.length, 1);
});

const LIES: readonly (readonly [name: string, says: RegExp, serve: (queue: TestQueue) => void])[] = [
  ["no byte", /does not answer/, give(7, 0)],
  ["more bytes than asked for", /more bytes than the buffer/, (queue) => void queue.serve(() => 65)],
  ["another buffer", /was not given/, (queue) => (queue.setUsedElement(0, 1, 8), queue.setUsedIndex(1))],
  ["two buffers", /used more buffers/, (queue) => queue.setUsedIndex(2)],
];

for (const [name, says, serve] of LIES) {
  test(`a device that gives ${name} is stopped, and no seed`, async () => {
    const bench = await createBench(serve);
    assert.equal(bench.random(), undefined);
    assert.match(bench.machine.errors.join(""), says);
    assert.equal(bench.machine.errors.length, 1);
  });
}
