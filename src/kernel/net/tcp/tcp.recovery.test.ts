import test from "node:test";
import assert from "node:assert/strict";
import type { Bench, Peer } from "./bench.harness.ts";
import { established, u32, type Segment } from "./bench.harness.ts";

const SIZE = 1460;
const PERMITTED = [2, 4, 5, 0xb4, 4, 2, 1, 1];
const offsets = (peer: Peer, segments: Segment[]) => segments.map((segment) => u32(segment.seq - peer.ack));
const fill = (bench: Bench, peer: Peer, segments: number) =>
  bench.turn(() => bench.write(peer.handle, new Uint8Array(segments * SIZE)));

/** The option: runs of segments, counted from the peer's `ack`, that have come. */
function sack(peer: Peer, ...runs: [first: number, last: number][]): number[] {
  const bytes = [1, 1, 5, 2 + 8 * runs.length];
  for (const edge of runs.flat()) {
    const sequence = u32(peer.ack + edge * SIZE);
    bytes.push(sequence >>> 24, (sequence >>> 16) & 255, (sequence >>> 8) & 255, sequence & 255);
  }
  return bytes;
}

const selective = () => established({ options: PERMITTED, roundTripMs: 20 });

test("each hole is sent again once, and only the holes", async () => {
  const { bench, peer } = await selective();
  assert.equal(fill(bench, peer, 10).length, 10);
  bench.time += 20_000_000n;
  const out = [
    ...peer.send({ options: sack(peer, [1, 2]) }),
    ...peer.send({ options: sack(peer, [1, 2], [4, 5]) }),
    ...peer.send({ options: sack(peer, [1, 2], [4, 6]) }),
    ...peer.send({ options: sack(peer, [1, 2], [4, 7]) }),
    ...peer.send({ options: sack(peer, [1, 2], [4, 8]) }),
    ...peer.send({ options: sack(peer, [1, 2], [4, 9]) }),
    ...peer.send({ options: sack(peer, [1, 2], [4, 10]) }),
  ];
  assert.deepEqual(offsets(peer, out), [0, 2 * SIZE, 3 * SIZE]);
  assert.deepEqual(peer.send({ ack: 10 * SIZE }), []);
});

test("control: without the permission the same losses take a round trip each", async () => {
  const { bench, peer } = await established();
  fill(bench, peer, 10);
  bench.time += 20_000_000n;
  const out = [];
  for (let count = 0; count < 7; count++) out.push(...peer.send());
  assert.deepEqual(offsets(peer, out), [0]);
});

test("a lost retransmission is found by what was sent after it, not by the timer", async () => {
  const { bench, peer } = await selective();
  fill(bench, peer, 30);
  bench.time += 20_000_000n;
  const first = peer.send({ options: sack(peer, [1, 9]) });
  assert.ok(offsets(peer, first).includes(0));
  bench.time += 20_000_000n;
  const again: number[] = [];
  for (let end = 10; end < 16; end++)
    again.push(...offsets(peer, peer.send({ options: sack(peer, [1, end]) })));
  assert.equal(again.filter((offset) => offset === 0).length, 1, String(again));
});

test("reordering by less than a quarter of a round trip costs nothing once it was seen", async () => {
  const { bench, peer } = await selective();
  fill(bench, peer, 2);
  bench.time += 40_000_000n;
  peer.send({ ack: 2 * SIZE });
  peer.ack = u32(peer.ack + 2 * SIZE);
  fill(bench, peer, 5);
  bench.time += 40_000_000n;
  assert.deepEqual(offsets(peer, peer.send({ options: sack(peer, [1, 2]) })), []);
  bench.time += 5_000_000n;
  assert.deepEqual(peer.send({ ack: 2 * SIZE }), [], "it was only late");
  assert.deepEqual(offsets(peer, peer.send({ options: sack(peer, [2, 5]) })), []);
  bench.advance(2);
  assert.deepEqual(peer.send({ ack: 5 * SIZE }), []);
  for (let ms = 0; ms < 500; ms += 5) assert.deepEqual(bench.advance(5), []);
});

test("a lost tail is asked after in two round trips; the answer brings back all of it", async () => {
  const { bench, peer } = await selective();
  fill(bench, peer, 1);
  bench.time += 20_000_000n;
  peer.send({ ack: SIZE });
  peer.ack = u32(peer.ack + SIZE);
  fill(bench, peer, 5);
  let waited = 0;
  let probe: Segment[] = [];
  while (probe.length === 0 && waited < 1000) probe = bench.advance((waited += 1) && 1);
  assert.deepEqual(offsets(peer, probe), [4 * SIZE]);
  assert.ok(waited >= 40 && waited <= 60, String(waited));
  bench.time += 20_000_000n;
  const out = peer.send({ options: sack(peer, [4, 5]) });
  bench.time += 20_000_000n;
  out.push(...peer.send({ ack: SIZE, options: sack(peer, [4, 5]) }));
  out.push(...peer.send({ ack: 2 * SIZE, options: sack(peer, [4, 5]) }));
  out.push(...peer.send({ ack: 3 * SIZE, options: sack(peer, [4, 5]) }));
  assert.deepEqual(offsets(peer, out), [0, SIZE, 2 * SIZE, 3 * SIZE]);
});

test("after a time-out what the peer has is not sent again, unless it took that back", async () => {
  const { bench, peer } = await selective();
  fill(bench, peer, 10);
  peer.send({ options: sack(peer, [5, 10]) });
  const out = bench.advance(300);
  for (let at = 1; at <= 5; at++)
    out.push(...peer.send({ ack: at * SIZE, options: at < 5 ? sack(peer, [5, 10]) : [] }));
  const sent = new Set(offsets(peer, out));
  assert.deepEqual(
    [...sent]
      .sort((a, b) => a - b)
      .map((offset) => offset / SIZE)
      .slice(0, 5),
    [0, 1, 2, 3, 4],
  );
  assert.ok(!sent.has(6 * SIZE));
  const later = bench.advance(2000);
  assert.ok(offsets(peer, later).includes(5 * SIZE), "reneged: the edge stands where a block began");
});

test("blocks that cannot be are ignored: beyond what was sent, of the past, upside down, hundreds of them", async () => {
  const { bench, peer } = await selective();
  fill(bench, peer, 10);
  for (const runs of [[[11, 12]], [[-5, -2]], [[3, 2]], [[2, 2]], [[-1, 3]], [[8, 1 << 20]]] as [
    number,
    number,
  ][][]) {
    assert.deepEqual(peer.send({ options: sack(peer, ...runs) }), []);
  }
  const before = bench.kernel["chunksInUse"]() as number;
  const byte = (offset: number) => offset / SIZE;
  for (let at = 1; at < 9 * SIZE; at += 3) peer.send({ options: sack(peer, [byte(at), byte(at + 1)]) });
  assert.ok((bench.kernel["chunksInUse"]() as number) <= before + 1);
  for (let round = 0; round < 400 && !bench.events.includes("never"); round++) bench.advance(20);
  peer.send({ ack: 10 * SIZE });
  assert.equal(bench.kernel["chunksInUse"](), 0);
});
