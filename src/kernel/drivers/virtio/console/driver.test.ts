import test from "node:test";
import assert from "node:assert/strict";
import { assemble, type TestExports } from "../../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../test-machine.ts";
import { type TestQueue } from "../test-queue.ts";
import { THREADS } from "../test-roots.ts";

const ROOT = `
import { writeConsole } from "../../../console/output";
import { startPinned } from "../../../memory/pinned";
import * as driver from "./driver";
const bytes = memory.data(16384, 8);
export function start(): void { startPinned(0); driver.start(); }
export function place(): usize { return bytes; }
export { drain } from "./driver";
export function write(stream: i32, length: u32): void { writeConsole(stream, bytes, length); }
`;

interface Bench {
  readonly machine: TestMachine;
  readonly device: TestDevice;
  /** What came out at the device. */
  text: string;
  write(stream: number, text: string): void;
  drain(): void;
}

async function createBench(serve?: (queue: TestQueue) => void): Promise<Bench> {
  const device = new TestDevice({ id: 3, queues: [64, 64] });
  const machine = new TestMachine([device]);
  machine.tick = 1_000_000n;
  const imports = { device: machine.device, platform: machine.platform } as unknown as Parameters<
    typeof assemble
  >[2];
  const driver: TestExports = await assemble(
    "drivers/virtio/console/console.harness.ts",
    ROOT,
    imports,
    THREADS,
  );
  machine.memory = driver.memory;
  const bench: Bench = {
    machine,
    device,
    text: "",
    write(stream, text) {
      machine.bytes(driver["place"](), text.length).set(Buffer.from(text, "latin1"));
      driver["write"](stream, text.length);
    },
    drain: () => void driver["drain"](),
  };
  const take = (queue: TestQueue): void =>
    void queue.serve((head) => ((bench.text += Buffer.from(queue.read(head)).toString("latin1")), 0));
  device.onNotify = serve ?? take;
  driver["start"]();
  return bench;
}

test("output goes to the device in order, whatever its length; errors to the platform", async () => {
  const bench = await createBench();
  let expected = "";
  for (let length = 1; length < 12_000; length = length * 2 + 1) {
    const text = String(length).repeat(length).slice(0, length);
    bench.write(1, text);
    expected += text;
  }
  bench.write(2, "wrong\n");
  assert.equal(bench.text, expected);
  assert.deepEqual([bench.machine.output, bench.machine.errors], [[], ["wrong\n"]]);
});

test("a device that does not take its buffers is stopped, and the rest goes to the platform's console", async () => {
  const bench = await createBench(() => {});
  bench.write(1, "a".repeat(512 * 8) + "the rest");
  assert.match(bench.machine.errors.join(""), /^the console device is stopped: it does not answer\n$/);
  assert.deepEqual(bench.machine.output, ["the rest"]);
  bench.write(1, "later");
  assert.deepEqual(bench.machine.output, ["the rest", "later"]);
  assert.equal(bench.device.status, 0);
});

test("draining waits for what is out, for a while", async () => {
  const bench = await createBench(() => {});
  bench.write(1, "one");
  bench.write(1, "two");
  const queue = bench.device.queue(1);
  queue.serve();
  bench.drain();
  bench.write(1, "three");
  bench.drain();
  assert.equal(queue.waiting, 1);
  assert.deepEqual(bench.machine.errors, [], "there is nobody left to tell");
});

test("a device that gives back what it was not given is stopped", async () => {
  const bench = await createBench((queue) => {
    queue.setUsedElement(0, 7, 0);
    queue.setUsedIndex(1);
  });
  bench.write(1, "one");
  bench.write(1, "two");
  assert.match(bench.machine.errors.join(""), /was not given/);
  assert.deepEqual(bench.machine.output, ["two"]);
});
