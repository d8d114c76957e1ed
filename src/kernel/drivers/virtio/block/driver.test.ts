import test from "node:test";
import assert from "node:assert/strict";
import { assemble, type TestExports } from "../../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../test-machine.ts";
import { type TestQueue } from "../test-queue.ts";
import { THREADS } from "../test-roots.ts";

const ROOT = `
import { startPinned, takePinned } from "../../../memory/pinned";
import * as driver from "./driver";
let bytes: usize = 0;
export function start(): bool { startPinned(0); bytes = takePinned(4096, 16); return driver.start(); }
export function place(): usize { return bytes; }
export function request(kind: i32, sector: u64, count: u32): i32 {
  const begun = driver.begin(kind, sector, bytes, count);
  return begun == driver.BlockResult.Pending ? driver.finish() : begun;
}
export function begin(kind: i32, sector: u64, count: u32): i32 { return driver.begin(kind, sector, bytes, count); }
export { capacity, poll } from "./driver";
`;

const READ = 0;
const WRITE = 1;
const FLUSH = 4;
const [DONE, PENDING, IO_ERROR, UNSUPPORTED, STOPPED, REFUSED] = [0, 1, 2, 3, 4, 5];
const READ_ONLY = 1n << 5n;
const HAS_FLUSH = 1n << 9n;
const SECTORS = 16;

interface Bench {
  readonly driver: TestExports;
  readonly machine: TestMachine;
  readonly device: TestDevice;
  readonly disk: Uint8Array;
}

async function createBench(
  features = HAS_FLUSH,
  serve?: (queue: TestQueue) => void,
  size = 64,
): Promise<Bench> {
  const disk = Uint8Array.from({ length: SECTORS * 512 }, (_, index) => (index * 13 + (index >> 9)) & 255);
  const configuration = Uint8Array.of(SECTORS, 0, 0, 0, 0, 0, 0, 0);
  const device = new TestDevice({ id: 2, queues: [size], features, configuration });
  const machine = new TestMachine([device]);
  machine.tick = 1_000_000_000n;
  device.onNotify = serve ?? ((queue) => void queue.serve((head) => serveRequest(queue, head, disk)));
  const imports = { device: machine.device, platform: machine.platform } as unknown as Parameters<
    typeof assemble
  >[2];
  const driver = await assemble("drivers/virtio/block/block.harness.ts", ROOT, imports, THREADS);
  machine.memory = driver.memory;
  driver["start"]();
  return { driver, machine, device, disk };
}

/** An honest disk; a request of kind 9 fails. Answers how many bytes it wrote. */
function serveRequest(queue: TestQueue, head: number, disk: Uint8Array): number {
  const request = queue.read(head);
  const view = new DataView(request.buffer);
  const [kind, sector] = [view.getUint32(0, true), Number(view.getBigUint64(8, true))];
  const data = queue.segments(head).reduce((sum, part) => sum + (part.isWritable ? part.length : 0), -1);
  if (kind === WRITE) disk.set(request.subarray(16), sector * 512);
  const status = kind === READ || kind === WRITE || kind === FLUSH ? 0 : kind === 9 ? 1 : 2;
  queue.write(head, Uint8Array.of(...disk.subarray(sector * 512, sector * 512 + data), status));
  return data + 1;
}

test("sectors are read and written, and a flush is done", async () => {
  const { driver, machine, disk } = await createBench();
  const bytes = machine.bytes(driver["place"](), 4096);
  assert.equal(driver["capacity"](), BigInt(SECTORS));
  assert.equal(driver["request"](READ, 3n, 2), DONE);
  assert.deepEqual(bytes.slice(0, 1024), disk.slice(3 * 512, 5 * 512));
  bytes.fill(0x5a);
  assert.equal(driver["request"](WRITE, 15n, 1), DONE);
  assert.deepEqual(disk.slice(15 * 512), new Uint8Array(512).fill(0x5a));
  assert.equal(driver["request"](FLUSH, 0n, 0), DONE);
  assert.equal(driver["request"](9, 0n, 1), IO_ERROR);
  assert.equal(driver["request"](7, 0n, 1), UNSUPPORTED);
  assert.equal(driver["request"](READ, 0n, 8), DONE, "an error is the request's, not the device's");
});

test("what the device cannot do is refused before it is asked", async () => {
  const { driver, device } = await createBench(READ_ONLY);
  const before = device.queue(0).availableIndex;
  assert.equal(driver["request"](WRITE, 0n, 1), REFUSED);
  assert.equal(driver["request"](FLUSH, 0n, 0), REFUSED);
  assert.equal(driver["request"](READ, 16n, 1), REFUSED);
  assert.equal(driver["request"](READ, 0xffff_ffff_ffff_ffffn, 2), REFUSED);
  assert.equal(driver["request"](READ, 15n, 2), REFUSED);
  assert.equal(device.queue(0).availableIndex, before);
});

test("one request at a time; a silent device is stopped", async () => {
  const { driver, machine } = await createBench(HAS_FLUSH, () => {});
  assert.equal(driver["begin"](READ, 0n, 1), PENDING);
  assert.equal(driver["begin"](READ, 1n, 1), PENDING);
  assert.equal(driver["poll"](), PENDING);
  assert.equal(driver["request"](READ, 1n, 1), STOPPED);
  assert.match(machine.errors.join(""), /^the block device is stopped: it does not answer\n$/);
  assert.equal(driver["request"](READ, 1n, 1), STOPPED);
});

test("a device that lies is stopped", async () => {
  const lies: readonly [RegExp, (queue: TestQueue) => void][] = [
    [/more bytes than/, (queue) => void queue.serve(() => 514)],
    [/was not given/, (queue) => (queue.setUsedElement(0, 1, 1), queue.setUsedIndex(1))],
    [/used more/, (queue) => queue.setUsedIndex(2)],
  ];
  for (const [says, serve] of lies) {
    const { driver, machine } = await createBench(HAS_FLUSH, serve);
    assert.equal(driver["request"](READ, 0n, 1), STOPPED);
    assert.match(machine.errors.join(""), says);
  }
  const tiny = await createBench(HAS_FLUSH, undefined, 2);
  assert.match(tiny.machine.errors.join(""), /lacks a queue/);
});

test("a device that answers nothing at all leaves an error, not what stood there before", async () => {
  const { driver } = await createBench(HAS_FLUSH, (queue) => void queue.serve(() => 0));
  assert.equal(driver["request"](READ, 0n, 1), IO_ERROR);
});
