import test from "node:test";
import assert from "node:assert/strict";
import { assemble, type TestExports } from "../../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../test-machine.ts";
import { EVENT_INDEX, type TestQueue } from "../test-queue.ts";
import { NET_ROOT, THREADS } from "../test-roots.ts";

const GUEST_CHECKSUM = 1n << 1n;
const HAS_MTU = 1n << 3n;
const HAS_ADDRESS = 1n << 5n;
const MERGE_BUFFERS = 1n << 15n;
const ALL = EVENT_INDEX | GUEST_CHECKSUM | HAS_ADDRESS | MERGE_BUFFERS;

interface BenchOptions {
  readonly features?: bigint;
  readonly configuration?: readonly number[];
  readonly queues?: readonly number[];
  readonly chunks?: number;
  readonly grantedBytes?: number;
  readonly prepare?: (device: TestDevice) => void;
}

interface Bench {
  readonly driver: TestExports;
  readonly device: TestDevice;
  readonly machine: TestMachine;
  readonly isUp: boolean;
  readonly receive: TestQueue;
  readonly transmit: TestQueue;
}

const CONFIGURATION = [2, 0, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0];

async function createBench(options: BenchOptions = {}): Promise<Bench> {
  const device = new TestDevice({
    id: 1,
    features: options.features ?? ALL,
    queues: options.queues ?? [256, 256],
    configuration: Uint8Array.from(options.configuration ?? CONFIGURATION),
  });
  options.prepare?.(device);
  const machine = new TestMachine([new TestDevice({ id: 0, queues: [] }), device], options.grantedBytes);
  const { device: functions, platform } = machine;
  const imports = { device: functions, platform } as unknown as Parameters<typeof assemble>[2];
  const driver = await assemble("drivers/virtio/net/net.harness.ts", NET_ROOT, imports, THREADS);
  machine.memory = driver.memory;
  const isUp = driver["start"](options.chunks ?? 4096) === 1;
  return {
    driver,
    device,
    machine,
    isUp,
    get receive() {
      return device.queue(0);
    },
    get transmit() {
      return device.queue(1);
    },
  };
}

const frameOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 255);

function send({ driver, machine }: Bench, frame: Uint8Array): void {
  machine.bytes(driver["frameToSend"](), frame.length).set(frame);
  driver["send"](frame.length);
}

const ZEROS = new Array<number>(12).fill(0);

/** What the driver has sent: takes frames off its transmit queue, header cut. */
function sent({ transmit }: Bench): Uint8Array[] {
  const frames: Uint8Array[] = [];
  transmit.serve((head) => {
    const bytes = transmit.read(head);
    assert.deepEqual([...bytes.subarray(0, 12)], ZEROS);
    frames.push(bytes.slice(12));
    return 0;
  });
  return frames;
}

/** The device puts a frame into a buffer: what `push` wants to know. */
function fill(queue: TestQueue, frame: Uint8Array, flags = 0, buffers = 1): [head: number, length: number] {
  return write(queue, Uint8Array.of(flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, buffers & 255, buffers >> 8, ...frame));
}

function write(queue: TestQueue, bytes: Uint8Array): [head: number, length: number] {
  const head = queue.pop();
  assert.ok(head !== undefined, "the driver has given no buffer");
  queue.write(head, bytes);
  return [head, bytes.length];
}

function deliver({ receive }: Bench, frame: Uint8Array, flags = 0, buffers = 1): void {
  receive.push(...fill(receive, frame, flags, buffers));
  receive.flush();
}

function received({ driver, machine }: Bench): Uint8Array | undefined {
  const length = driver["receiveFrame"]();
  if (length === 0) return undefined;
  const bytes = machine.bytes(driver["receivedFrame"](), length).slice();
  driver["releaseFrame"]();
  driver["flush"]();
  return bytes;
}

test("a device is set up: address, MTU, buffers in the receive queue, live", async () => {
  const bench = await createBench();
  assert.ok(bench.isUp);
  assert.equal(bench.driver["hardwareAddress"](), 0x0200_0000_0015n);
  assert.equal(bench.driver["linkMtu"](), 1500);
  assert.ok(bench.device.isLive);
  assert.deepEqual([bench.receive.size, bench.receive.waiting, bench.receive.notices], [256, 256, 1]);
  const small = await createBench({
    features: ALL | HAS_MTU,
    configuration: CONFIGURATION.with(10, 0x78).with(11, 5),
  });
  assert.equal(small.driver["linkMtu"](), 1400);
});

test("the queues leave most chunks of a small machine to its connections", async () => {
  const bench = await createBench({ grantedBytes: 512 * 1024 });
  assert.ok(bench.isUp);
  assert.equal(bench.receive.size, 16);
  assert.equal(bench.driver["chunksInUse"](), 16);
  await assert.rejects(createBench({ grantedBytes: 64 * 1024 }), /too little for a network/);
  await assert.rejects(createBench({ grantedBytes: 8 * 1024 }), /none is left for devices/);
});

for (const features of [ALL, HAS_ADDRESS]) {
  test(`frames go from one machine to the other, features ${features.toString(16)}`, async () => {
    const [one, other] = [await createBench({ features }), await createBench({ features })];
    for (let round = 0; round < 400; round++) {
      const frames = [60, 1514, 61 + round].map((length) => frameOf(length, round));
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        for (const frame of frames) send(from, frame);
        from.driver["flush"]();
        for (const frame of sent(from)) deliver(to, frame);
        for (const frame of frames) assert.deepEqual(received(to), frame);
        assert.equal(received(to), undefined);
        from.driver["arm"]();
      }
    }
    for (const { driver, receive, transmit, machine } of [one, other]) {
      assert.equal(driver["chunksInUse"](), 256 + 3, "beside the receive queue only spares hold chunks");
      assert.equal(receive.waiting, 256);
      assert.equal(transmit.waiting, 0);
      assert.deepEqual(machine.errors, []);
    }
  });
}

test("one notice for all frames of a round", async () => {
  const bench = await createBench();
  for (let count = 0; count < 20; count++) send(bench, frameOf(100, count));
  assert.equal(bench.transmit.notices, 0);
  bench.driver["flush"]();
  assert.equal(bench.transmit.notices, 1);
  assert.equal(sent(bench).length, 20);
  bench.driver["flush"]();
  assert.equal(bench.transmit.notices, 1);
});

test("a full queue is published at once, refuses, and wakes the machine when there is room", async () => {
  const bench = await createBench({ queues: [4, 4] });
  for (let count = 0; count < 5; count++) send(bench, frameOf(100, count)); // the fifth waits in the link
  assert.equal(bench.transmit.notices, 1);
  assert.equal(bench.driver["arm"](), 0);
  assert.equal(sent(bench).length, 4);
  assert.equal(bench.transmit.interrupts, 1);
  const calm = await createBench({ queues: [4, 4] });
  send(calm, frameOf(100, 1));
  calm.driver["flush"]();
  assert.equal(calm.driver["arm"](), 0);
  sent(calm);
  assert.equal(calm.transmit.interrupts, 0, "a frame that is out is no news");
});

test("frames wait while there are no chunks, and none is lost for ever", async () => {
  const bench = await createBench();
  bench.driver["useUpChunks"]();
  send(bench, frameOf(100, 1));
  assert.equal(bench.transmit.waiting, 0);
  assert.ok(bench.driver["arm"]() === 1, "there is room in the queue, so the machine looks again");
  assert.equal(bench.driver["arm"](), 0, "but does not spin");
  deliver(bench, frameOf(80, 2));
  assert.deepEqual(received(bench), frameOf(80, 2), "receiving needs no chunk");
});

test("a checksum is known only where the device was asked to check, and says so", async () => {
  const checked = async (features: bigint, flags: number): Promise<boolean> => {
    const bench = await createBench({ features });
    deliver(bench, frameOf(60, 1), flags);
    assert.equal(bench.driver["receiveFrame"](), 60);
    return bench.driver["isFrameChecked"]() === 1;
  };
  assert.equal(await checked(ALL, 0), false);
  assert.equal(await checked(ALL, 1), true);
  assert.equal(await checked(ALL, 2), true);
  assert.equal(await checked(ALL & ~GUEST_CHECKSUM, 3), false);
});

test("a frame in several buffers that nobody joined, longer than any of a cable, is dropped whole", async () => {
  const bench = await createBench();
  const parts = [
    fill(bench.receive, frameOf(1000, 1), 0, 3),
    fill(bench.receive, frameOf(1900, 2)),
    fill(bench.receive, frameOf(9, 3)),
  ];
  for (const part of parts) bench.receive.push(...part);
  bench.receive.push(...fill(bench.receive, frameOf(70, 4)));
  bench.receive.flush();
  assert.deepEqual(received(bench), frameOf(70, 4));
  assert.equal(received(bench), undefined);
  assert.equal(bench.receive.waiting, 256);
  assert.deepEqual(bench.machine.errors, []);
});

test("interrupts come while the machine sleeps, and are acknowledged before the next sleep", async () => {
  const bench = await createBench();
  deliver(bench, frameOf(60, 1));
  assert.equal(bench.receive.interrupts, 0);
  assert.equal(bench.driver["arm"](), 1, "no sleep over a frame that is there");
  received(bench);
  assert.equal(bench.driver["arm"](), 0);
  deliver(bench, frameOf(60, 2));
  deliver(bench, frameOf(60, 3));
  assert.equal(bench.receive.interrupts, 1);
  bench.driver["disarm"]();
  assert.equal(bench.device.acknowledged, 0);
  assert.deepEqual(received(bench), frameOf(60, 2));
  assert.deepEqual(received(bench), frameOf(60, 3));
  assert.equal(bench.driver["arm"](), 0);
  assert.equal(bench.device.acknowledged, 1, "only when the frames are done with");
});

interface Lie {
  readonly name: string;
  readonly says: RegExp;
  tell(bench: Bench): void;
}

const LIES: readonly Lie[] = [
  {
    name: "a used index that jumps",
    says: /used more buffers/,
    tell: ({ receive }) => receive.setUsedIndex(300),
  },
  {
    name: "a used id out of range",
    says: /does not have/,
    tell({ receive }) {
      receive.setUsedElement(0, 256, 60);
      receive.setUsedIndex(1);
    },
  },
  {
    name: "one buffer twice",
    says: /was not given/,
    tell({ driver, receive }) {
      const [head, length] = fill(receive, frameOf(60, 1));
      receive.push(head, length);
      receive.push(head, length);
      receive.flush();
      driver["receiveFrame"]();
      driver["releaseFrame"]();
    },
  },
  {
    name: "a frame longer than its buffer",
    says: /more bytes than the buffer/,
    tell({ receive }) {
      receive.push(receive.pop()!, 2047);
      receive.flush();
    },
  },
  {
    name: "a frame shorter than a header",
    says: /fewer bytes than a header/,
    tell({ receive }) {
      receive.push(receive.pop()!, 11);
      receive.flush();
    },
  },
  {
    name: "buffers that do not come",
    says: /fewer buffers than/,
    tell: (bench) => deliver(bench, frameOf(60, 1), 0, 9),
  },
  {
    name: "a frame in no buffers",
    says: /fewer buffers than/,
    tell: (bench) => deliver(bench, frameOf(60, 1), 0, 0),
  },
  {
    name: "a reset that it wants",
    says: /asks for a reset/,
    tell: ({ device }) => void (device.needsReset = true),
  },
  {
    name: "a frame sent twice",
    says: /was not given/,
    tell({ driver, transmit }) {
      driver["send"](60);
      driver["flush"]();
      const head = transmit.pop()!;
      transmit.setUsedElement(0, head, 0);
      transmit.setUsedElement(1, head, 0);
      driver["send"](60);
      driver["flush"]();
      transmit.setUsedIndex(2);
    },
  },
];

/** Everything a turn does, many times. */
function live(bench: Bench): void {
  for (let turn = 0; turn < 50; turn++) {
    for (let frames = 0; frames < 64 && received(bench) !== undefined; frames++);
    send(bench, frameOf(60, turn));
    bench.driver["flush"]();
    bench.driver["arm"]();
    bench.driver["disarm"]();
  }
}

for (const lie of LIES) {
  test(`${lie.name}: the device is reset, reported once and left alone`, async () => {
    const bench = await createBench();
    lie.tell(bench);
    live(bench);
    assert.equal(bench.machine.errors.length, 1);
    assert.match(bench.machine.errors[0]!, /^the network device is stopped: .*\n$/);
    assert.match(bench.machine.errors[0]!, lie.says);
    assert.equal(bench.device.status, 0);
    const chunks = bench.driver["chunksInUse"]();
    const notices = bench.transmit.notices;
    bench.receive.setUsedIndex(5);
    live(bench);
    assert.equal(
      bench.driver["chunksInUse"](),
      chunks,
      "what the device had is not used again, and nothing leaks",
    );
    assert.equal(bench.transmit.notices, notices);
    assert.equal(bench.machine.errors.length, 1);
  });
}

test("control: a device that tells no lie lives through the same turns", async () => {
  const bench = await createBench();
  deliver(bench, frameOf(60, 1));
  bench.transmit.device.onNotify = (queue) => void (queue.index === 1 && queue.serve());
  live(bench);
  assert.deepEqual(bench.machine.errors, []);
  assert.ok(bench.device.isLive);
});

const REFUSED: readonly (readonly [name: string, options: BenchOptions, says: RegExp])[] = [
  ["no address", { features: EVENT_INDEX }, /lacks a feature/],
  ["a group's address", { configuration: CONFIGURATION.with(0, 3) }, /makes no sense/],
  ["no address but zero", { configuration: new Array<number>(12).fill(0) }, /makes no sense/],
  ["an MTU of 60", { features: ALL | HAS_MTU, configuration: CONFIGURATION.with(10, 60) }, /makes no sense/],
  ["a changing configuration", { prepare: (device) => void (device.isRestless = true) }, /makes no sense/],
  ["no transmit queue", { queues: [256] }, /lacks a queue/],
  ["an endless reset", { prepare: (device) => void (device.isStuckInReset = true) }, /out of its reset/],
  ["refused features", { prepare: (device) => void (device.refusesFeatures = true) }, /lacks a feature/],
];

for (const [name, options, says] of REFUSED) {
  test(`a device with ${name} is not used`, async () => {
    const bench = await createBench(options);
    assert.equal(bench.isUp, false);
    assert.equal(bench.machine.errors.length, 1);
    assert.match(bench.machine.errors[0]!, says);
    assert.equal(bench.device.status, 0);
  });
}
