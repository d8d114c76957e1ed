import test from "node:test";
import assert from "node:assert/strict";
import { assemble, type TestExports } from "../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "./test-machine.ts";
import { EVENT_INDEX, type TestQueue } from "./test-queue.ts";
import { VIRTQUEUE_ROOT, THREADS } from "./test-roots.ts";

const NOTHING = 0;
const BUFFER = 1;
const DEVICE_FAULT = 2;
const SIZE = 8;

interface Bench {
  readonly driver: TestExports;
  readonly queue: TestQueue;
  readonly machine: TestMachine;
}

async function createBench(size = SIZE, hasEventIndex = true, maximum = 256): Promise<Bench> {
  const device = new TestDevice({ id: 4, queues: [maximum] });
  const machine = new TestMachine([device]);
  device.driverFeatures = hasEventIndex ? EVENT_INDEX : 0n;
  const { device: functions, platform } = machine;
  const imports = { device: functions, platform } as unknown as Parameters<typeof assemble>[2];
  const driver = await assemble("drivers/virtio/queue.harness.ts", VIRTQUEUE_ROOT, imports, THREADS);
  machine.memory = driver.memory;
  driver["start"](size, hasEventIndex);
  return { driver, machine, queue: device.queue(0) };
}

/** Offers writable buffers of 100 bytes, owned by 1000, 1001, ... and shows them. */
function offer({ driver }: Bench, count: number, first = 1000): void {
  for (let index = 0; index < count; index++) driver["offer"](100, true, first + index);
  driver["publish"]();
}

test("buffers come back with their owner and length, in whatever order the device is done", async () => {
  const bench = await createBench();
  const { driver, queue } = bench;
  offer(bench, 3);
  const heads = [queue.pop()!, queue.pop()!, queue.pop()!];
  assert.equal(queue.pop(), undefined);
  assert.equal(driver["take"](), NOTHING);
  for (const [at, length] of [
    [2, 7],
    [0, 100],
    [1, 0],
  ] as const)
    queue.push(heads[at]!, length);
  assert.equal(driver["take"](), NOTHING, "not shown yet");
  queue.flush();
  for (const [owner, length] of [
    [1002, 7],
    [1000, 100],
    [1001, 0],
  ] as const) {
    assert.equal(driver["take"](), BUFFER);
    assert.deepEqual([driver["owner"](), driver["length"]()], [owner, length]);
  }
  assert.equal(driver["take"](), NOTHING);
  assert.equal(driver["free"](), SIZE);
});

test("a buffer of several parts is one chain, and all of its descriptors come back", async () => {
  const { driver, queue } = await createBench();
  for (let round = 0; round < 20; round++) {
    driver["offerChain"](3, round);
    driver["publish"]();
    assert.equal(driver["free"](), SIZE - 3);
    const head = queue.pop()!;
    assert.deepEqual(
      queue.segments(head).map(({ length, isWritable }) => [length, isWritable]),
      [
        [16, false],
        [32, true],
        [48, true],
      ],
    );
    queue.push(head, 80);
    queue.flush();
    assert.equal(driver["take"](), BUFFER);
    assert.equal(driver["length"](), 80);
    assert.equal(driver["free"](), SIZE);
  }
});

test("the length of a buffer that the device only reads means nothing", async () => {
  const { driver, queue } = await createBench();
  driver["offer"](100, false, 5);
  driver["publish"]();
  queue.push(queue.pop()!, 0xffff_ffff);
  queue.flush();
  assert.equal(driver["take"](), BUFFER);
  assert.equal(driver["length"](), 0);
});

for (const hasEventIndex of [true, false]) {
  test(`indices wrap at 65536, ${hasEventIndex ? "with" : "without"} event indices`, async () => {
    const bench = await createBench(4, hasEventIndex);
    const { driver, queue } = bench;
    let owner = 0;
    for (let turn = 0; turn < 66_000 / 3; turn++) {
      offer(bench, 3, owner);
      queue.serve(() => 9);
      for (let index = 0; index < 3; index++) {
        assert.equal(driver["take"](), BUFFER);
        assert.equal(driver["owner"](), owner++);
      }
      assert.equal(driver["take"](), NOTHING);
    }
    assert.ok(queue.availableIndex < 1000, "the index has wrapped");
    assert.equal(driver["free"](), 4);
  });
}

test("a device that asks for no notice gets none, by flag or by event index", async () => {
  const plain = await createBench(SIZE, false);
  offer(plain, 1);
  assert.equal(plain.queue.notices, 1);
  plain.queue.setUsedFlags(1);
  offer(plain, 1);
  assert.equal(plain.queue.notices, 1);

  const events = await createBench();
  offer(events, 2); // the device waits for the first
  assert.equal(events.queue.notices, 1);
  offer(events, 2); // and has not asked again
  assert.equal(events.queue.notices, 1);
  events.queue.setAvailableEvent(4); // it will sleep once it has seen four
  offer(events, 1);
  assert.equal(events.queue.notices, 2);
  events.queue.setAvailableEvent(6);
  offer(events, 1);
  assert.equal(events.queue.notices, 2);
  offer(events, 1);
  assert.equal(events.queue.notices, 3);
});

for (const hasEventIndex of [true, false]) {
  test(`interrupts come after arm only, ${hasEventIndex ? "with" : "without"} event indices`, async () => {
    const bench = await createBench(SIZE, hasEventIndex);
    const { driver, queue } = bench;
    offer(bench, 4);
    const complete = () => {
      queue.push(queue.pop()!, 1);
      queue.flush();
    };
    complete();
    assert.equal(queue.interrupts, 0, "nobody asked");
    assert.equal(driver["arm"](), 1, "what is there already must not be slept over");
    driver["disarm"]();
    assert.equal(driver["take"](), BUFFER);
    assert.equal(driver["arm"](), 0);
    complete();
    assert.equal(queue.interrupts, 1);
    driver["disarm"]();
    complete();
    assert.equal(queue.interrupts, 1, "one was enough");
    assert.equal(driver["take"](), BUFFER);
    assert.equal(driver["take"](), BUFFER);
    assert.equal(driver["arm"](), 0);
  });
}

test("a device's smaller queue is taken as it is; one that it lacks is none", async () => {
  const { queue } = await createBench(SIZE, true, 2);
  assert.equal(queue.size, 2);
  await assert.rejects(createBench(SIZE, true, 0), /queue 0 was not opened/);
});

interface Lie {
  readonly name: string;
  readonly fault: number;
  /** The device has `heads` of four buffers that it was given; two more wait, one is offered but not published. */
  tell(queue: TestQueue, heads: readonly number[]): void;
  afterTake?(queue: TestQueue): void;
}

const LIES: readonly Lie[] = [
  { name: "a used index that jumps ahead", fault: 1, tell: (queue) => queue.setUsedIndex(7) },
  { name: "a used index that goes back", fault: 1, tell: (queue) => queue.setUsedIndex(0xffff) },
  {
    name: "a used index that goes back after some were taken",
    fault: 1,
    tell: (queue, heads) => {
      queue.setUsedElement(0, heads[0]!, 1);
      queue.setUsedIndex(1);
    },
    afterTake: (queue) => queue.setUsedIndex(0),
  },
  {
    name: "an id beyond the queue",
    fault: 2,
    tell: (queue) => {
      queue.setUsedElement(0, SIZE, 1);
      queue.setUsedIndex(1);
    },
  },
  {
    name: "an id far beyond the queue",
    fault: 2,
    tell: (queue) => {
      queue.setUsedElement(0, 0xffff_ffff, 1);
      queue.setUsedIndex(1);
    },
  },
  {
    name: "an id that was not offered",
    fault: 3,
    tell: (queue) => {
      queue.setUsedElement(0, SIZE - 1, 1);
      queue.setUsedIndex(1);
    },
  },
  {
    name: "a buffer used twice",
    fault: 3,
    tell: (queue, heads) => {
      queue.setUsedElement(0, heads[1]!, 1);
      queue.setUsedElement(1, heads[1]!, 1);
      queue.setUsedIndex(2);
    },
  },
  {
    name: "more bytes than the buffer has",
    fault: 4,
    tell: (queue, heads) => {
      queue.setUsedElement(0, heads[0]!, 101);
      queue.setUsedIndex(1);
    },
  },
  {
    name: "four gigabytes in a buffer",
    fault: 4,
    tell: (queue, heads) => {
      queue.setUsedElement(0, heads[0]!, 0xffff_ffff);
      queue.setUsedIndex(1);
    },
  },
];

for (const lie of LIES) {
  test(`${lie.name} is a fault, after which nothing is taken, offered or asked for`, async () => {
    const bench = await createBench();
    const { driver, queue } = bench;
    offer(bench, 6);
    driver["offer"](100, true, 9);
    const heads = [0, 1, 2, 3].map(() => queue.pop()!);
    lie.tell(queue, heads);
    const owners = new Set<number>();
    let took: number;
    while ((took = driver["take"]()) === BUFFER) {
      assert.ok(!owners.has(driver["owner"]()), "the same buffer twice");
      owners.add(driver["owner"]());
      lie.afterTake?.(queue);
    }
    assert.equal(took, DEVICE_FAULT);
    assert.equal(driver["fault"](), lie.fault);
    queue.setUsedIndex(2);
    assert.equal(driver["take"](), DEVICE_FAULT, "it stays so");
    const { notices, availableIndex } = queue;
    driver["publish"]();
    assert.equal(driver["arm"](), 0);
    assert.deepEqual([queue.notices, queue.availableIndex], [notices, availableIndex]);
  });
}

test("control: the same steps by an honest device are no fault", async () => {
  const bench = await createBench();
  offer(bench, 6);
  assert.equal(
    bench.queue.serve(() => 100),
    6,
  );
  for (let index = 0; index < 6; index++) assert.equal(bench.driver["take"](), BUFFER);
  assert.equal(bench.driver["fault"](), 0);
});
