import test from "node:test";
import assert from "node:assert/strict";
import { ACK, Bench, established, FIN, Peer, PEER, SYN, u32, type Segment } from "./bench.harness.ts";

const SIZE = 1460;
const offsets = (peer: Peer, segments: Segment[]) => segments.map((segment) => u32(segment.seq - peer.ack));
const fill = (bench: Bench, peer: Peer, segments: number) =>
  bench.turn(() => bench.write(peer.handle, new Uint8Array(segments * SIZE)));

test("unanswered data is sent again with doubling time-outs until the peer is given up", async () => {
  const { bench, peer } = await established();
  bench.turn(() => bench.write(peer.handle, "hello"));
  const times: number[] = [];
  let elapsed = 0;
  while (!bench.events.includes("closed 3") && elapsed < 1_000_000) {
    elapsed += 10;
    for (const segment of bench.advance(10)) {
      assert.equal(u32(segment.seq - peer.ack), 0);
      times.push(elapsed);
    }
  }
  assert.equal(times.length, 10);
  const waits = times.slice(1).map((time, index) => time - times[index]!);
  for (let index = 1; index < waits.length; index++) {
    const expected = Math.min(60_000, waits[index - 1]! * 2);
    assert.ok(Math.abs(waits[index]! - expected) <= 30, `${waits}`);
  }
  assert.ok(elapsed > 100_000, "R2 is at least 100 s");
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("the first flight is ten segments; a time-out shrinks it to one", async () => {
  const { bench, peer } = await established();
  assert.equal(fill(bench, peer, 40).length, 10);
  const again = bench.advance(300);
  assert.deepEqual(offsets(peer, again), [0]);
  assert.deepEqual(offsets(peer, peer.send({ ack: SIZE })), [SIZE, 2 * SIZE]);
});

test("three duplicate acknowledgments bring the lost segment back at once", async () => {
  const { bench, peer } = await established();
  fill(bench, peer, 30);
  assert.deepEqual(offsets(peer, peer.send()), [10 * SIZE], "limited transmit");
  assert.deepEqual(offsets(peer, peer.send()), [11 * SIZE]);
  assert.deepEqual(offsets(peer, peer.send()), [0]);
  const out = peer.send({ ack: 12 * SIZE });
  assert.ok(out.length > 0 && offsets(peer, out).every((offset) => offset >= 12 * SIZE));
});

test("in recovery a partial acknowledgment brings the next hole back (NewReno)", async () => {
  const { bench, peer } = await established();
  fill(bench, peer, 30);
  for (let count = 0; count < 3; count++) peer.send();
  const out = peer.send({ ack: 4 * SIZE });
  assert.equal(offsets(peer, out)[0], 4 * SIZE);
  const before = bench.kernel.congestionWindow(peer.handle) as number;
  peer.send({ ack: 12 * SIZE });
  assert.ok((bench.kernel.congestionWindow(peer.handle) as number) <= before);
});

test("duplicates with data, or of an empty flight, mean nothing", async () => {
  const { bench, peer } = await established();
  for (let count = 0; count < 5; count++) assert.deepEqual(peer.send(), []);
  fill(bench, peer, 5);
  for (let count = 0; count < 6; count++) {
    for (const segment of peer.send({ seq: count, data: "x" })) assert.equal(segment.data.length, 0);
  }
});

test("a lost SYN-ACK is repeated for the same SYN and by time", async () => {
  const bench = await Bench.create();
  bench.kernel.listen(80);
  const peer = new Peer(bench, 80);
  const [one] = peer.send({ flags: SYN });
  const [two] = peer.send({ flags: SYN });
  assert.deepEqual([two!.flags, two!.seq], [SYN | ACK, one!.seq]);
  const [three] = bench.advance(1100);
  assert.deepEqual([three!.flags, three!.seq], [SYN | ACK, one!.seq]);
});

test("a closed window is probed with growing pauses, for as long as the peer answers", async () => {
  const { bench, peer } = await established();
  peer.send({ window: 0 });
  assert.deepEqual(
    bench.turn(() => bench.write(peer.handle, "waiting")),
    [],
  );
  let probes = 0;
  for (let second = 0; second < 1200; second++) {
    for (const probe of bench.advance(1000)) {
      assert.equal(probe.data.length, 1);
      probes++;
      peer.send({ window: 0 });
    }
  }
  assert.ok(probes > 15 && probes < 40, String(probes));
  assert.deepEqual(bench.events, ["opened"]);
  const out = peer.send({ window: 1000 });
  assert.equal(new TextDecoder().decode(out[0]!.data), "waiting");
});

test("a probe that the peer takes is not sent twice", async () => {
  const { bench, peer } = await established();
  peer.send({ window: 0 });
  bench.turn(() => bench.write(peer.handle, "waiting"));
  let [probe] = bench.advance(1500);
  probe ??= bench.advance(1500)[0];
  assert.equal(probe!.data.length, 1);
  const out = peer.send({ ack: 1, window: 1000 });
  assert.equal(new TextDecoder().decode(out[0]!.data), "aiting");
});

test("no segment goes beyond the peer's window, and no silly one before it", async () => {
  const { bench, peer } = await established({ window: 2000 });
  const out = fill(bench, peer, 10);
  assert.deepEqual(
    out.map((segment) => segment.data.length),
    [1460],
    "540 bytes wait for a better window",
  );
  assert.deepEqual(offsets(peer, peer.send({ ack: SIZE, window: 2920 })), [SIZE, 2 * SIZE]);
});

test("the peer's scale counts, except in its SYN", async () => {
  const { bench, peer } = await established({ options: [2, 4, 5, 0xb4, 1, 3, 3, 4], window: 300 });
  assert.equal(fill(bench, peer, 10).length, 3, "300 << 4 is 3 segments and a bit");
});

test("a network that is full loses nothing", async () => {
  const { bench, peer } = await established();
  bench.kernel.setFull(true);
  assert.deepEqual(
    bench.turn(() => (bench.write(peer.handle, "patience"), bench.kernel.shutdown(peer.handle))),
    [],
  );
  bench.kernel.setFull(false);
  const out = bench.turn();
  assert.deepEqual(
    out.map((segment) => [segment.data.length, segment.flags & FIN]),
    [[8, FIN]],
  );
});

test("writers are told when there is room again", async () => {
  const { bench, peer } = await established({ options: [2, 4, 5, 0xb4, 1, 3, 3, 7], window: 65535 });
  const big = new Uint8Array(300_000);
  let taken = 0;
  let out = bench.turn(() => (taken = bench.write(peer.handle, big)));
  assert.equal(taken, 256 * 1024);
  let acknowledged = 0;
  for (let round = 0; round < 100 && !bench.events.includes("writable"); round++) {
    acknowledged += out.reduce((sum, segment) => sum + segment.data.length, 0);
    out = peer.send({ ack: acknowledged });
  }
  assert.ok(acknowledged >= 64 * 1024 && acknowledged < 140 * 1024, String(acknowledged));
  assert.equal(bench.events.filter((event) => event === "writable").length, 1);
});

test("without chunks nothing is taken, nothing breaks, and writers are told later", async () => {
  const { bench, peer } = await established({ chunks: 40 });
  const taken: number[] = [];
  while (bench.kernel.availableChunks() > 10) taken.push(bench.kernel.takeChunk() as number);
  assert.equal(bench.turn(() => assert.equal(bench.write(peer.handle, "no room"), 0)).length, 0);
  bench.take = () => 0;
  peer.send({ data: "kept only when there is room" });
  assert.deepEqual(
    bench.advance(50).map((segment) => segment.ack),
    [peer.seq],
    "not acknowledged: it was not kept",
  );
  for (const chunk of taken) bench.kernel.giveChunk(chunk);
  bench.advance(50);
  assert.ok(bench.events.includes("writable"));
});

test("a report that a segment was too long makes them shorter, if it names one in flight", async () => {
  const { bench, peer } = await established();
  const [first] = fill(bench, peer, 4);
  const report = (sequence: number) => {
    const view = new DataView(bench.kernel.memory.buffer, bench.kernel["inputBuffer"](), 8);
    view.setUint16(0, 80);
    view.setUint16(2, peer.port);
    view.setUint32(4, sequence);
    return bench.turn(() => bench.kernel["unreachable"](8, PEER, 576));
  };
  assert.deepEqual(report(u32(first!.seq - 10)), []);
  const again = report(first!.seq);
  assert.equal(again[0]!.seq, first!.seq);
  assert.ok(again.every((segment) => segment.data.length <= 536));
  assert.equal(
    again.reduce((sum, segment) => sum + segment.data.length, 0),
    4 * SIZE,
  );
});
