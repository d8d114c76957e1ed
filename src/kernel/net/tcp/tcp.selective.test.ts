/** Selective acknowledgments, the receiver's side (RFC 2018, RFC 2883). */
import test from "node:test";
import assert from "node:assert/strict";
import { Bench, established, SYN, type Peer, type Segment } from "./bench.harness.ts";

const PERMITTED = [2, 4, 5, 0xb4, 4, 2, 1, 1];

/** The blocks of the last segment, relative to where the peer's data begins. */
function blocks(peer: Peer, segments: Segment[]): [number, number][] {
  const options = segments.at(-1)!.options;
  if (options.length === 0) return [];
  assert.deepEqual([...options.slice(0, 3)], [1, 1, 5]);
  assert.equal(options[3], options.length - 2);
  const view = new DataView(options.buffer, options.byteOffset);
  const found: [number, number][] = [];
  for (let at = 4; at < options.length; at += 8) {
    found.push([(view.getUint32(at) - peer.seq) | 0, (view.getUint32(at + 4) - peer.seq) | 0]);
  }
  return found;
}

const selective = () => established({ options: PERMITTED });
const put = (peer: Peer, seq: number, length: number) => peer.send({ seq, data: new Uint8Array(length) });

test("the permission is answered with one, and not given unasked", async () => {
  const bench = await Bench.create();
  const [syn] = bench.turn(() => bench.kernel["connect"](0x0a000002, 80, 5));
  assert.ok([...syn!.options].join().includes("4,2"));
  const { peer } = await established();
  assert.deepEqual(blocks(peer, put(peer, 10, 10)), []);
});

test("what came last is told first, and each block three times", async () => {
  const { peer } = await selective();
  assert.deepEqual(blocks(peer, put(peer, 10, 5)), [[10, 15]]);
  assert.deepEqual(blocks(peer, put(peer, 30, 5)), [
    [30, 35],
    [10, 15],
  ]);
  assert.deepEqual(blocks(peer, put(peer, 50, 5)), [
    [50, 55],
    [30, 35],
    [10, 15],
  ]);
  assert.deepEqual(blocks(peer, put(peer, 70, 5)), [
    [70, 75],
    [50, 55],
    [30, 35],
  ]);
  assert.deepEqual(blocks(peer, put(peer, 35, 5)), [
    [30, 40],
    [70, 75],
    [50, 55],
  ]);
  assert.deepEqual(
    blocks(peer, put(peer, 40, 10)),
    [
      [30, 55],
      [70, 75],
    ],
    "joined blocks are one",
  );
});

test("what has been delivered is told no more", async () => {
  const { peer } = await selective();
  put(peer, 10, 5);
  put(peer, 30, 5);
  assert.deepEqual(blocks(peer, put(peer, 0, 10)), [[30, 35]]);
  assert.deepEqual(blocks(peer, put(peer, 15, 15)), []);
});

test("a block longer than a piece is one block", async () => {
  const { peer } = await selective();
  for (let at = 1; at < 8; at++) put(peer, at * 1460, 1460);
  assert.deepEqual(blocks(peer, put(peer, 8 * 1460, 1460)), [[1460, 9 * 1460]]);
});

test("what came twice is told once, first", async () => {
  const { peer } = await selective();
  put(peer, 0, 10);
  put(peer, 20, 5);
  assert.deepEqual(blocks(peer, put(peer, 0, 10)), [
    [0, 10],
    [20, 25],
  ]);
  assert.deepEqual(blocks(peer, put(peer, 30, 5)), [
    [30, 35],
    [20, 25],
  ]);
});

test("data that goes out while some is missing says so, too, where it has room", async () => {
  const { bench, peer } = await selective();
  put(peer, 10, 5);
  const [small] = bench.turn(() => bench.write(peer.handle, "x"));
  assert.deepEqual(blocks(peer, [small!]), [[10, 15]]);
  const [full] = bench.turn(() => bench.write(peer.handle, new Uint8Array(1460)));
  assert.equal(full!.data.length, 1460);
  assert.deepEqual(blocks(peer, [full!]), []);
});

test("with time stamps all of it fits", async () => {
  const { bench, peer } = await selective();
  void peer;
  const [syn] = bench.turn(() => bench.kernel["connect"](0x0a000002, 80, 5));
  assert.equal(syn!.flags, SYN);
  assert.ok(syn!.options.length <= 40 && syn!.options.length % 4 === 0);
});
