/** Frames that the device cuts or joins, and the ways it may lie about them. */
import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../test-machine.ts";
import { EVENT_INDEX } from "../test-queue.ts";
import { NET_ROOT, THREADS } from "../test-roots.ts";

const CHECKSUM = 1n << 0n;
const GUEST_CHECKSUM = 1n << 1n;
const HAS_ADDRESS = 1n << 5n;
const JOINING = (1n << 7n) | (1n << 8n);
const CUTTING = (1n << 11n) | (1n << 12n);
const MERGE_BUFFERS = 1n << 15n;
const ALL = EVENT_INDEX | HAS_ADDRESS | CHECKSUM | GUEST_CHECKSUM | MERGE_BUFFERS | JOINING | CUTTING;

const CONFIGURATION = Uint8Array.of(2, 0, 0, 0, 0, 0x15);
const HEADER = 12;
const BUFFER = 2046;
const LONGEST = 65_522;
const NEEDS_CHECKSUM = 1;
const TCP4 = 1;
const TCP6 = 4;
const LONG_BUFFERS = 8;

async function createBench(features = ALL, chunks = 4096) {
  const device = new TestDevice({ id: 1, features, queues: [256, 256], configuration: CONFIGURATION });
  const machine = new TestMachine([device]);
  const imports = { device: machine.device, platform: machine.platform } as unknown as Parameters<
    typeof assemble
  >[2];
  const driver = await assemble("drivers/virtio/net/net.harness.ts", NET_ROOT, imports, THREADS);
  machine.memory = driver.memory;
  assert.equal(driver["start"](chunks), 1);
  return { driver, device, machine, receive: device.queue(0), transmit: device.queue(1) };
}

type Bench = Awaited<ReturnType<typeof createBench>>;

/** An Ethernet frame whose headers say TCP over IPv4, or IPv6. */
function tcpFrame(length: number, isSix = false): Uint8Array {
  const frame = Uint8Array.from({ length }, (_, index) => (index * 11) & 255);
  frame.set(isSix ? [0x86, 0xdd] : [0x08, 0x00], 12);
  frame[isSix ? 14 + 6 : 14 + 9] = 6;
  frame[(isSix ? 54 : 34) + 12] = 5 << 4;
  return frame;
}

interface Said {
  readonly flags?: number;
  readonly kind?: number;
  readonly size?: number;
  readonly buffers?: number;
}

/** Gives the driver a frame in as many buffers as it takes, with what the header says of it. */
function deliver({ receive }: Bench, frame: Uint8Array, said: Said = {}): void {
  const bytes = Buffer.concat([new Uint8Array(HEADER), frame]);
  const parts = Math.ceil(bytes.length / BUFFER);
  bytes.writeUInt8(said.flags ?? NEEDS_CHECKSUM, 0);
  bytes.writeUInt8(said.kind ?? TCP4, 1);
  bytes.writeUInt16LE(said.size ?? 1448, 4);
  bytes.writeUInt16LE(said.buffers ?? parts, 10);
  for (let at = 0; at < bytes.length; at += BUFFER) {
    const head = receive.pop();
    assert.ok(head !== undefined, "the driver has given no buffer");
    const part = bytes.subarray(at, at + BUFFER);
    receive.write(head, part);
    receive.push(head, part.length);
  }
  receive.flush();
}

function received({ driver, machine }: Bench): Uint8Array | undefined {
  const length = driver["receiveFrame"]() as number;
  if (length === 0) return undefined;
  const bytes = machine.bytes(driver["receivedFrame"]() as number, length).slice();
  driver["releaseFrame"]();
  driver["flush"]();
  return bytes;
}

const AGREED: readonly (readonly [name: string, offered: bigint, agreed: bigint, chunks?: number])[] = [
  ["all that is offered", ALL, ALL],
  ["no cutting without checksums", ALL & ~CHECKSUM, ALL & ~CHECKSUM & ~CUTTING],
  ["no joining without checksums", ALL & ~GUEST_CHECKSUM, ALL & ~GUEST_CHECKSUM & ~JOINING],
  ["no joining in one buffer", ALL & ~MERGE_BUFFERS, ALL & ~MERGE_BUFFERS & ~JOINING],
  ["no joining without room for the longest frame", ALL, ALL & ~JOINING, 256],
  ["IPv4 alone where that is all", ALL & ~(1n << 8n) & ~(1n << 12n), ALL & ~(1n << 8n) & ~(1n << 12n)],
];

for (const [name, offered, agreed, chunks] of AGREED) {
  test(`the driver takes ${name}`, async () => {
    const { device, driver } = await createBench(offered, chunks);
    assert.equal(device.driverFeatures & 0xffff_ffffn, agreed);
    assert.equal(driver["makesSegments"](0), Number((agreed & (1n << 11n)) !== 0n));
    assert.equal(driver["makesSegments"](1), Number((agreed & (1n << 12n)) !== 0n));
  });
}

/** Sends one long frame: where it was made, or 0 where the driver lends nothing. */
function sendLong({ driver, machine }: Bench, frame: Uint8Array, size: number): number {
  const place = driver["lendLongFrame"]() as number;
  if (place === 0) return 0;
  const sumFrom = frame[12] === 0x86 ? 54 : 34;
  const [headers, text] = [frame.subarray(0, sumFrom + 20), frame.subarray(sumFrom + 20)];
  machine.bytes(place, headers.length).set(headers);
  machine.bytes(driver["textToSend"]() as number, text.length).set(text);
  driver["sendLong"](place, headers.length, text.length, sumFrom, 16, size);
  return place;
}

/** Of `net/wire/offload.ts`. */
const TEXT_WITH_HEADERS = 64;

for (const isSix of [false, true]) {
  test(`a long frame leaves whole, in one descriptor, to be cut: IPv${isSix ? 6 : 4}`, async () => {
    const bench = await createBench();
    const frame = tcpFrame(LONGEST, isSix);
    assert.notEqual(sendLong(bench, frame, 1440), 0);
    bench.driver["flush"]();
    const head = bench.transmit.pop()!;
    assert.equal(bench.transmit.segments(head).length, 1);
    const bytes = Buffer.from(bench.transmit.read(head));
    const from = isSix ? 54 : 34;
    assert.deepEqual([bytes[0], bytes[1]], [NEEDS_CHECKSUM, isSix ? TCP6 : TCP4]);
    assert.deepEqual(
      [2, 4, 6, 8, 10].map((at) => bytes.readUInt16LE(at)),
      [from + 20 + TEXT_WITH_HEADERS, 1440, from, 16, 0],
    );
    assert.deepEqual(bytes.subarray(HEADER), Buffer.from(frame));
  });
}

test("where all long buffers are out the machine sleeps, and wakes when one is back", async () => {
  const bench = await createBench();
  const chunks = bench.driver["chunksInUse"]();
  const frame = tcpFrame(10_000);
  for (let count = 0; count < LONG_BUFFERS; count++) assert.notEqual(sendLong(bench, frame, 1448), 0);
  assert.equal(sendLong(bench, frame, 1448), 0);
  assert.equal(bench.driver["arm"](), 0, "it does not spin");
  const head = bench.transmit.pop()!;
  bench.transmit.push(head, 0);
  bench.transmit.flush();
  assert.equal(bench.transmit.interrupts, 1);
  bench.driver["disarm"]();
  assert.notEqual(sendLong(bench, frame, 1448), 0);
  assert.equal(sendLong(bench, frame, 1448), 0);
  assert.equal(bench.driver["chunksInUse"](), chunks);
  assert.deepEqual(bench.machine.errors, []);
});

for (const [length, isSix] of [
  [3000, false],
  [BUFFER - HEADER, false],
  [BUFFER - HEADER + 1, true],
  [LONGEST, false],
  [LONGEST, true],
] as const) {
  test(`a joined frame of ${length} bytes is taken whole: IPv${isSix ? 6 : 4}`, async () => {
    const bench = await createBench();
    const frame = tcpFrame(length, isSix);
    for (let round = 0; round < 20; round++) {
      deliver(bench, frame, { kind: isSix ? TCP6 : TCP4 });
      deliver(bench, frame.subarray(0, 100), { kind: 0 });
      assert.equal(bench.driver["receiveFrame"](), length);
      assert.equal(bench.driver["frameSegmentSize"](), 1448);
      assert.equal(bench.driver["isFrameChecked"](), 1);
      const place = bench.driver["receivedFrame"]() as number;
      assert.ok(Buffer.from(frame).equals(bench.machine.bytes(place, length)));
      bench.driver["releaseFrame"]();
      assert.deepEqual(received(bench), frame.slice(0, 100));
      assert.equal(bench.driver["frameSegmentSize"](), 0);
      assert.equal(received(bench), undefined);
      bench.driver["flush"]();
      assert.equal(bench.receive.waiting, 256, "every buffer is offered again");
    }
    assert.deepEqual(bench.machine.errors, []);
  });
}

const NONSENSE: readonly (readonly [name: string, length: number, said: Said, features?: bigint])[] = [
  ["segments of no bytes", 3000, { size: 0 }],
  ["a kind that was not agreed on", 3000, { kind: 3 }],
  ["a kind that does not exist", 3000, { kind: 0x42 }],
  ["segments that are marked as such in one more bit", 3000, { kind: TCP4 | 0x80 }],
  ["joined without a checksum to complete", 3000, { flags: 0 }],
  ["joined, and of another version of IP", 3000, { kind: TCP6 }],
  ["joined of segments, and shorter than headers", 60, {}],
  ["long, and joined by nobody", 3000, { kind: 0 }],
  ["longer than any", LONGEST + 1, {}],
  ["much longer than any", 200_000, {}],
  ["joined, though nobody asked for it", 1000, {}, ALL & ~JOINING],
];

for (const [name, length, said, features] of NONSENSE) {
  test(`a frame whose header makes no sense is dropped, and the next one taken: ${name}`, async () => {
    const bench = await createBench(features);
    deliver(bench, tcpFrame(length), said);
    const next = tcpFrame(200);
    deliver(bench, next, { kind: 0 });
    assert.deepEqual(received(bench), next);
    assert.equal(received(bench), undefined);
    bench.driver["flush"]();
    assert.equal(bench.receive.waiting, 256);
    assert.ok(bench.device.isLive);
  });
}

test("a frame that says it is of TCP, and is not, is dropped", async () => {
  const bench = await createBench();
  const frame = tcpFrame(3000);
  frame[14 + 9] = 17;
  deliver(bench, frame);
  assert.equal(received(bench), undefined);
  deliver(bench, tcpFrame(3000)); // control
  assert.equal(received(bench)?.length, 3000);
});
