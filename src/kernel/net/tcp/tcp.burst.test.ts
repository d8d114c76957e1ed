/** TCP over a network that cuts what it sends into segments, and joins what it receives. */
import test from "node:test";
import assert from "node:assert/strict";
import { ACK, Bench, FIN, Peer, PSH, type Segment } from "./bench.harness.ts";

const SIZE = 1460;
const WINDOW = 65_535;
const PERMITTED = [2, 4, 5, 0xb4, 4, 2, 1, 1];

async function cutting(options?: readonly number[]) {
  const bench = await Bench.create();
  bench.kernel["cutSegments"]();
  bench.kernel["listen"](80);
  const peer = new Peer(bench, 80).open({ window: WINDOW, ...(options === undefined ? {} : { options }) });
  bench.cutSizes.length = 0;
  return { bench, peer };
}

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 7) & 255);
const lengths = (segments: readonly Segment[]): number[] => segments.map(({ data }) => data.length);

test("all that both windows allow leaves as one, and an acknowledgment of it counts in full", async () => {
  const { bench, peer } = await cutting();
  const written = text(160_000);
  const came: Uint8Array[] = [];
  const bursts: number[] = [];
  let offset = 0;
  let sent = bench.turn(() => bench.write(peer.handle, written));
  while (sent.length > 0 && offset < written.length) {
    assert.equal(sent.length, 1);
    const { data, seq, flags } = sent[0]!;
    assert.equal(seq, peer.ack + offset);
    offset += data.length;
    assert.equal(flags, offset === written.length ? ACK | PSH : ACK);
    assert.ok(offset === written.length || data.length % SIZE === 0, "whole segments");
    came.push(data);
    bursts.push(data.length);
    sent = peer.send({ ack: offset, window: WINDOW });
  }
  assert.ok(Buffer.concat(came).equals(written));
  assert.deepEqual(bursts.slice(0, 3), [10 * SIZE, 20 * SIZE, 40 * SIZE], "slow start doubles");
  assert.ok(bench.cutSizes.every((size) => size === SIZE));
});

test("one segment's worth is not cut, and the FIN leaves with the last of many", async () => {
  const { bench, peer } = await cutting();
  assert.deepEqual(lengths(bench.turn(() => bench.write(peer.handle, text(SIZE)))), [SIZE]);
  assert.deepEqual(bench.cutSizes, [0]);
  peer.send({ ack: SIZE, window: WINDOW });
  const [last] = bench.turn(() => {
    bench.write(peer.handle, text(5000));
    bench.kernel["shutdown"](peer.handle);
  });
  assert.deepEqual([last!.data.length, last!.flags], [5000, ACK | PSH | FIN]);
});

test("what is cut carries no blocks, for which its segments have no room", async () => {
  const { bench, peer } = await cutting(PERMITTED);
  const [answer] = peer.send({ seq: 100, data: text(10) });
  assert.equal(answer!.options.length, 12, "control: a bare acknowledgment tells of the gap");
  const [burst] = bench.turn(() => bench.write(peer.handle, text(5000)));
  assert.deepEqual([burst!.data.length, burst!.options.length], [5000, 0]);
});

test("a lost burst is sent again in segments", async () => {
  const { bench, peer } = await cutting();
  bench.turn(() => bench.write(peer.handle, text(5000)));
  const again = bench.advance(1500);
  assert.deepEqual(lengths(again), [SIZE]);
});

/** The peer sends ten segments that arrive as one: what is answered. */
async function arrival(joinedFrom: number): Promise<Segment[]> {
  const { bench, peer } = await cutting();
  const answers = bench.turn(() => {
    bench.kernel["joinedFrom"](joinedFrom);
    bench.inject(peer.encode({ data: text(10 * SIZE) }));
  });
  assert.equal(bench.received.length, 10 * SIZE);
  return answers;
}

test("what was joined is acknowledged as the segments that it was", async () => {
  const [answer, ...others] = await arrival(SIZE);
  assert.deepEqual(others, []);
  assert.equal(answer!.data.length, 0);
  assert.deepEqual(await arrival(0), [], "control: one segment alone is not, at once");
});
