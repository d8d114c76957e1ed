import test from "node:test";
import assert from "node:assert/strict";
import { createCable } from "./cable.ts";
import type { Device } from "./device.ts";
import { fault } from "./fault.ts";
import { createLoopback } from "./loopback.ts";
import { pcap } from "./pcap.ts";
import { seededRandom } from "./random.ts";
import { REAL_TIME } from "./schedule.ts";
import { Simulator } from "./simulator.ts";
import { streamDevice } from "./stream.ts";
import { duplexPair } from "./test-duplex.ts";
import { tracer } from "./tracer.ts";

interface Pair {
  readonly near: Device;
  readonly far: Device;
  /** Lets all that is under way arrive. */
  settle(): void | Promise<void>;
}

const wrapped = (wrap: (device: Device) => Device) => (): Pair => {
  const [near, far] = createCable();
  return { near: wrap(near), far: wrap(far), settle: () => {} };
};

/** Everything that is a device, with nothing switched on that would change a frame. */
const IMPLEMENTATIONS: Readonly<Record<string, () => Pair>> = {
  cable: wrapped((device) => device),
  loopback() {
    const device = createLoopback();
    return { near: device, far: device, settle: () => {} };
  },
  "simulated cable"() {
    const simulator = new Simulator();
    const [near, far] = simulator.cable({ delayNs: 1000n, bitsPerSecond: 1e6 });
    return { near, far, settle: () => void simulator.run(() => false, 10n ** 12n) };
  },
  stream() {
    const [near, far] = duplexPair();
    const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
    return { near: streamDevice(near, () => {}), far: streamDevice(far, () => {}), settle };
  },
  tracer: wrapped((device) =>
    tracer(
      device,
      () => {},
      () => 0n,
    ),
  ),
  pcap: wrapped((device) =>
    pcap(
      device,
      () => {},
      () => 0n,
    ),
  ),
  fault: wrapped((device) => fault(device, {}, seededRandom(1), REAL_TIME)),
  stack: wrapped((device) =>
    tracer(
      pcap(
        fault(device, {}, seededRandom(1), REAL_TIME),
        () => {},
        () => 0n,
      ),
      () => {},
      () => 0n,
    ),
  ),
};

for (const [name, create] of Object.entries(IMPLEMENTATIONS)) {
  test(`${name}: frames arrive whole, in order, once, and are the receiver's to keep`, async () => {
    const { near, far, settle } = create();
    const buffer = new Uint8Array(64);
    for (let number = 0; number < 10; number++) {
      assert.equal(near.send(buffer.fill(number)), true);
    }
    buffer.fill(99);
    await settle();
    for (let number = 0; number < 10; number++) {
      assert.deepEqual([...far.receive()!], new Array(64).fill(number));
    }
    assert.equal(far.receive(), undefined);
  });

  test(`${name}: the listener hears of a frame where there was none`, async () => {
    const { near, far, settle } = create();
    let heard = 0;
    far.onArrival(() => heard++);
    near.send(new Uint8Array(20));
    near.send(new Uint8Array(20));
    await settle();
    assert.equal(heard, 1);
    far.receive();
    far.receive();
    near.send(new Uint8Array(20));
    await settle();
    assert.equal(heard, 2);
  });
}

test("a cable whose end nobody empties says that it is full", () => {
  const [near, far] = createCable();
  let sent = 0;
  while (near.send(new Uint8Array(1))) assert.ok(++sent < 100_000);
  far.receive();
  assert.equal(near.send(new Uint8Array(1)), true);
});

test("a cable that never runs empty keeps nothing of what was taken", () => {
  const [one, other] = createCable();
  const frame = new Uint8Array(1514);
  one.send(frame);
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 300_000; count++) {
    one.send(frame);
    assert.ok(other.receive() !== undefined);
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  // What nobody refers to is not always gone at once; all that passed would be 454 MB.
  assert.ok(grown < 200_000_000, `${grown} bytes`);
});

test("a cable in this process holds some megabytes, in however few frames", () => {
  const [near, far] = createCable();
  const frame = new Uint8Array(60_000);
  let sent = 0;
  while (near.send(frame)) assert.ok(++sent * frame.length <= 9 * 1024 * 1024, "it is bounded");
  assert.ok(sent > 100);
  far.receive();
  assert.equal(near.send(frame), true, "and there is room again");
});
