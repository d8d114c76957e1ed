import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { readFileSync } from "node:fs";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, ethernet, icmp, ipv4, PEER, readIpv4, u16, type Bytes } from "../../../../tools/frames.ts";
import { STATION } from "../../../../tools/network-bench.ts";
import { machine, OUR, question } from "../../../../tools/network-machine.ts";

const SOURCE = readFileSync(path.join(import.meta.dirname, "reassembly.ts"), "utf8");
const HARNESS = `
import { startTurn } from "../../time/clock";
const place: usize = memory.data(16384, 8);
const given = changetype<Fragment>(memory.data(64, 8));
const HEADER: u32 = 20;
export function start(): void { startTurn(); startReassembly(); }
export function turn(): void { startTurn(); }
export function at(): usize { return place + HEADER; }
/** The length of the datagram that the part completes, or 0. */
export function add(peer: u32, id: u32, offset: u32, length: u32, more: bool): u32 {
  given.remoteLow = peer;
  given.id = id;
  given.offset = offset;
  given.length = length;
  given.more = more;
  given.header = place;
  given.headerLength = HEADER;
  given.payload = place + HEADER;
  whole = addFragment(given);
  return whole == 0 ? 0 : wholeLength;
}
let whole: usize = 0;
export function payload(): usize { return whole + wholeHeaderLength; }
`;

interface Part {
  readonly offset: number;
  readonly length: number;
  readonly more?: boolean;
  readonly id?: number;
  readonly peer?: number;
  /** What makes its bytes others. */
  readonly salt?: number;
}

const byteAt = (position: number, salt: number) => (position * 7 + (position >> 8) + salt * 101) & 255;

async function table(source = SOURCE) {
  const time = { ms: 1000 };
  const kernel = await assemble("net/ip/reassembly.harness.ts", source + HARNESS, {
    platform: { clockMonotonic: () => BigInt(time.ms) * 1_000_000n },
  });
  kernel.start();
  const memory = () => new Uint8Array(kernel.memory.buffer);
  /** The whole datagram's bytes when this part completes it. */
  const add = ({ offset, length, more = true, id = 1, peer = 1, salt = 0 }: Part): Bytes | undefined => {
    const data = Uint8Array.from({ length }, (_, index) => byteAt(offset + index, salt));
    memory().set(data, kernel.at());
    const whole = kernel.add(peer, id, offset, length, more) as number;
    const from = whole === 0 ? 0 : (kernel.payload() as number);
    return whole === 0 ? undefined : memory().slice(from, from + whole);
  };
  const pass = (ms: number) => ((time.ms += ms), kernel.turn());
  return { kernel, add, pass };
}

const whole = (length: number, salt = 0) => Uint8Array.from({ length }, (_, index) => byteAt(index, salt));

test("parts in any order make the datagram, each said once or again", async () => {
  const parts: Part[] = [
    { offset: 0, length: 512 },
    { offset: 512, length: 256 },
    { offset: 768, length: 99, more: false },
  ];
  for (const order of ["012", "021", "102", "120", "201", "210", "0012", "22001"]) {
    const { add } = await table();
    const results = [...order].map((index) => add(parts[Number(index)]!));
    assert.ok(
      results.slice(0, -1).every((result) => result === undefined),
      order,
    );
    if (new Set(order).size === 3) assert.deepEqual(results.at(-1), whole(867), order);
  }
});

const ATTACKS: Readonly<Record<string, readonly Part[]>> = {
  "other bytes for a range": [
    { offset: 0, length: 512 },
    { offset: 0, length: 512, salt: 1 },
    { offset: 512, length: 8, more: false },
  ],
  "a part over the end of another": [
    { offset: 0, length: 512 },
    { offset: 256, length: 512, salt: 1 },
    { offset: 768, length: 8, more: false },
  ],
  "a part inside another": [
    { offset: 0, length: 768 },
    { offset: 256, length: 256, salt: 1 },
    { offset: 768, length: 8, more: false },
  ],
  "two ends": [
    { offset: 512, length: 8, more: false },
    { offset: 768, length: 8, more: false },
    { offset: 0, length: 512 },
    { offset: 512, length: 256 },
  ],
  "an end before what is there": [
    { offset: 512, length: 512 },
    { offset: 256, length: 16, more: false },
    { offset: 0, length: 256 },
  ],
  "a part behind the end": [
    { offset: 256, length: 16, more: false },
    { offset: 512, length: 256 },
    { offset: 0, length: 256 },
  ],
};

test("parts that contradict each other spoil the datagram, what comes later included", async () => {
  for (const [name, parts] of Object.entries(ATTACKS)) {
    const { add, pass } = await table();
    for (const part of parts) assert.equal(add(part), undefined, name);
    assert.equal(add({ offset: 0, length: 64, more: false }), undefined, `${name}: still spoiled`);
    pass(31_000);
    assert.deepEqual(add({ offset: 0, length: 64, more: false }), whole(64), `${name}: forgotten`);
  }
});

test("control: without the check for overlaps, an attack gets through", async () => {
  const open = SOURCE.replace("if (known == 0) {", "if (known < 1000) {");
  assert.notEqual(open, SOURCE);
  const { add } = await table(open);
  add({ offset: 0, length: 512 });
  add({ offset: 256, length: 256, salt: 1 });
  const mixed = add({ offset: 768, length: 8, more: false })!;
  assert.deepEqual(mixed.slice(0, 256), whole(256));
  assert.deepEqual(mixed.slice(256, 512), whole(512, 1).slice(256), "written over");
});

test("short, empty, uneven and too long parts are refused", async () => {
  const { add } = await table();
  for (let offset = 0; offset < 64; offset += 8) assert.equal(add({ offset, length: 8 }), undefined);
  assert.equal(add({ offset: 64, length: 8, more: false }), undefined);
  const other = await table();
  assert.equal(other.add({ offset: 0, length: 257 }), undefined);
  assert.equal(other.add({ offset: 0, length: 0, more: false }), undefined);
  assert.deepEqual(other.add({ offset: 0, length: 64, more: false }), whole(64), "refused, not remembered");
  const bomb = await table();
  assert.equal(bomb.add({ offset: 65528, length: 1480, more: false }), undefined);
  assert.equal(bomb.add({ offset: 0, length: 1480 }), undefined);
});

test("control: without the shortest length, a datagram is made of its eight-byte parts", async () => {
  const open = SOURCE.replace("fragment.length >= SHORTEST_FRAGMENT && ", "");
  assert.notEqual(open, SOURCE);
  const { add } = await table(open);
  for (let offset = 0; offset < 64; offset += 8) add({ offset, length: 8 });
  assert.deepEqual(add({ offset: 64, length: 8, more: false }), whole(72));
});

test("a flood of parts takes no memory, and of one peer no more than its share", async () => {
  const { kernel, add, pass } = await table();
  const before = kernel.memory.buffer.byteLength;
  add({ peer: 2, id: 1, offset: 0, length: 256 });
  for (let id = 1; id <= 5000; id++) {
    pass(1);
    add({ peer: 1, id, offset: 0, length: 1480 });
  }
  assert.equal(kernel.memory.buffer.byteLength, before);
  assert.deepEqual(
    add({ peer: 2, id: 1, offset: 256, length: 8, more: false }),
    whole(264),
    "another's is kept",
  );
  assert.equal(add({ peer: 1, id: 4000, offset: 1480, length: 8, more: false }), undefined, "gave way");
  assert.deepEqual(add({ peer: 1, id: 5000, offset: 1480, length: 8, more: false }), whole(1488));
});

test("control: without a peer's share, its flood drives out another's datagram", async () => {
  const open = SOURCE.replace("ofPeer >= REASSEMBLIES_PER_PEER ? oldestOfPeer : best", "best");
  assert.notEqual(open, SOURCE);
  const { add, pass } = await table(open);
  add({ peer: 2, id: 1, offset: 0, length: 256 });
  for (let id = 1; id <= 64; id++) {
    pass(1);
    add({ peer: 1, id, offset: 0, length: 1480 });
  }
  assert.equal(add({ peer: 2, id: 1, offset: 256, length: 8, more: false }), undefined);
});

test("a datagram whose parts are too far apart in time never comes", async () => {
  const { add, pass } = await table();
  add({ offset: 0, length: 256 });
  pass(30_000);
  assert.equal(add({ offset: 256, length: 8, more: false }), undefined);
});

/** Frames that carry `payload` in parts of `size` bytes. */
function cut(payload: Bytes, size: number, protocol: number, id = 7): Bytes[] {
  const frames: Bytes[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const more = offset + size < payload.length ? 0x2000 : 0;
    const packet = ipv4({
      source: "10.0.2.2",
      destination: OUR,
      protocol,
      fragment: more | (offset / 8),
      payload: payload.slice(offset, offset + size),
    });
    packet.set(u16(id), 4);
    // The checksum is adjusted for the id by building again from the changed header.
    packet.set([0, 0], 10);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += (packet[at]! << 8) | packet[at + 1]!;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    packet.set(u16(~sum & 0xffff), 10);
    frames.push(ethernet(STATION, PEER, 0x0800, packet));
  }
  return frames;
}

test("transports get whole datagrams, and errors quote them as they were", async () => {
  const { bench, received } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  bench.exchange(...cut(whole(3000), 1480, 6).reverse());
  assert.deepEqual(received, [{ local: OUR, remote: "10.0.2.2", length: 3000, extra: byteAt(0, 0) }]);
  const echo = icmp(8, 0, 1, whole(1200));
  const [reply] = bench.exchange(...cut(echo, 512, 1));
  assert.deepEqual(readIpv4(reply!).payload, icmp(0, 0, 1, whole(1200)));
  const [cutReply] = bench.exchange(...cut(icmp(8, 0, 1, whole(3000)), 1480, 1));
  assert.deepEqual(readIpv4(cutReply!).payload, icmp(0, 0, 1, whole(3000).slice(0, 1472)));
  const [error] = bench.exchange(...cut(whole(600), 512, 17));
  const quoted = readIpv4(error!).payload.slice(8);
  assert.deepEqual(quoted.slice(2, 4), bytes(u16(620)));
  assert.deepEqual(quoted.slice(20), whole(8));
});
