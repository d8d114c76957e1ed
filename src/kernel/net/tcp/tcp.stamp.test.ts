/** Time stamps (RFC 7323). */
import test from "node:test";
import assert from "node:assert/strict";
import {
  ACK,
  Bench,
  established,
  FIN,
  Peer,
  RST,
  SYN,
  u32,
  type Segment,
  type Weakening,
} from "./bench.harness.ts";

const TICK_MS = 1.048576;

/** The option, in its usual form. */
function stamps(value: number, echo: number): number[] {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0101080a);
  view.setUint32(4, u32(value));
  view.setUint32(8, u32(echo));
  return [...bytes];
}

function read(segment: Segment): { value: number; echo: number } {
  const view = new DataView(segment.options.buffer, segment.options.byteOffset);
  assert.equal(view.getUint32(0), 0x0101080a);
  return { value: view.getUint32(4), echo: view.getUint32(8) };
}

/** An open connection whose peer's clock stood at `clock` then. */
async function stamped(clock: number, weakened?: Weakening) {
  const bench = await Bench.create(weakened === undefined ? {} : { weakened });
  bench.kernel["listen"](80);
  const peer = new Peer(bench, 80);
  const options = [2, 4, 5, 0xb4, ...stamps(clock, 0)];
  const [answer] = peer.send({ flags: SYN, options });
  const offered = read({ ...answer!, options: answer!.options.slice(4) });
  assert.equal(offered.echo, u32(clock));
  peer.seq++;
  peer.ack = u32(answer!.seq + 1);
  peer.send({ options: stamps(clock, offered.value) });
  peer.handle = bench.handles[0]!;
  return { bench, peer, ours: offered.value };
}

test("every segment has stamps once both sides sent them, and is shorter for it", async () => {
  const { bench, peer, ours } = await stamped(1000);
  bench.time += 105_000_000n;
  const out = bench.turn(() => bench.write(peer.handle, new Uint8Array(3000)));
  assert.deepEqual(
    out.map((segment) => segment.data.length),
    [1448, 1448, 104],
  );
  for (const segment of out) {
    const { value, echo } = read(segment);
    assert.ok(Math.abs(u32(value - ours) - 105 / TICK_MS) <= 1);
    assert.equal(echo, 1000);
  }
});

test("our clock starts elsewhere for each flow, and neither says how long we have run", async () => {
  const bench = await Bench.create({ connections: 256 });
  bench.kernel["listen"](80);
  const clocks = Array.from({ length: 100 }, (_, index) => {
    const [answer] = new Peer(bench, 80, 1000 + index).send({ flags: SYN, options: stamps(1, 0) });
    return read({ ...answer!, options: answer!.options.slice(4) }).value;
  });
  assert.equal(new Set(clocks).size, 100);
  assert.ok(clocks.filter((clock) => clock < 1 << 28).length < 30, "spread over the whole circle");
});

test("what we echo is the clock of the segment that our acknowledgment answers, not a later one's", async () => {
  const { bench, peer, ours } = await stamped(1000);
  const echoes = (given: { seq?: number; data: string; at: number }) =>
    peer
      .send({ seq: given.seq ?? 0, data: given.data, options: stamps(given.at, ours) })
      .map((out) => read(out).echo);
  assert.deepEqual(
    echoes({ seq: 1, data: "b", at: 1020 }),
    [1000],
    "out of order: the gap's segment is awaited",
  );
  assert.deepEqual(echoes({ data: "a", at: 1010 }), [1010]);
  assert.deepEqual(echoes({ seq: 2, data: "c", at: 1030 }), []);
  assert.deepEqual(echoes({ seq: 3, data: "d", at: 1040 }), []);
  assert.deepEqual(
    bench.advance(50).map((out) => read(out).echo),
    [1030],
    "of delayed acknowledgments the first counts",
  );
});

test("a segment from before is answered and forgotten, its clock wrapped or not", async () => {
  for (const clock of [1000, 5]) {
    const { bench, peer, ours } = await stamped(clock);
    const [answer, ...more] = peer.send({ data: "old", options: stamps(clock - 10, ours) });
    assert.deepEqual([answer!.flags, answer!.ack, more.length], [ACK, peer.seq, 0]);
    assert.deepEqual(bench.received, []);
    peer.send({ data: "new", options: stamps(clock + 2, ours) });
    assert.equal(bench.received.length, 3);
  }
});

test("control: without the check the old segment is taken", async () => {
  const weakened: Weakening = ["input.ts", ["connection.stamps && isForgotten(connection)", "false"]];
  const { bench, peer, ours } = await stamped(1000, weakened);
  peer.send({ data: "old", options: stamps(990, ours) });
  assert.equal(bench.received.length, 3);
});

test("after 24 days of silence the clock may have wrapped: any counts", async () => {
  const { bench, peer, ours } = await stamped(1000);
  for (let day = 0; day < 25; day++) bench.advance(24 * 3600 * 1000);
  peer.send({ data: "new", options: stamps(500, ours) });
  assert.equal(bench.received.length, 3);
});

test("a forger outside the window cannot set the clock forward", async () => {
  const { bench, peer, ours } = await stamped(1000);
  peer.send({ seq: -5000, data: "forged", options: stamps(1 << 30, ours) });
  peer.send({ seq: 1 << 20, data: "forged", options: stamps(1 << 30, ours) });
  peer.send({ data: "real", options: stamps(1001, ours) });
  assert.equal(bench.received.length, 4);
});

/** What a forger who has hit the window, but knows nothing of our numbers, might set the clock with. */
const FORGED = [
  { data: "forged", ack: 1 << 30 },
  { data: "forged", ack: -(1 << 30) },
  { seq: -1, data: "forged", ack: -(1 << 30) },
  { data: "forged", flags: 0 },
  { flags: SYN },
  { flags: SYN | ACK, ack: 1 << 30 },
];

test("a forger in the window who does not know what was sent cannot set the clock forward", async () => {
  for (const forged of FORGED) {
    const { bench, peer, ours } = await stamped(1000);
    peer.send({ ...forged, options: stamps(1 << 30, ours) });
    peer.send({ data: "real", options: stamps(1001, ours) });
    assert.equal(bench.received.length, 4, JSON.stringify(forged));
  }
});

test("control: where the clock is believed before the acknowledgment, each of them does", async () => {
  const believing = "rememberStamp(connection, segment);";
  const weakened: Weakening = [
    "input.ts",
    [
      "  if (segment.has(RST | SYN)) return receive",
      `  ${believing}\n  if (segment.has(RST | SYN)) return receive`,
    ],
    [
      "(connection: Connection): void {\n  connection.heard",
      `(connection: Connection): void {\n  ${believing}\n  connection.heard`,
    ],
  ];
  for (const forged of FORGED) {
    const { bench, peer, ours } = await stamped(1000, weakened);
    peer.send({ ...forged, options: stamps(1 << 30, ours) });
    peer.send({ data: "real", options: stamps(1001, ours) });
    assert.equal(bench.received.length, 0, JSON.stringify(forged));
  }
});

test("segments without stamps are not the peer's, except resets", async () => {
  const { bench, peer } = await stamped(1000);
  assert.deepEqual(peer.send({ data: "forged" }), []);
  assert.deepEqual(peer.send({ flags: ACK | FIN }), []);
  assert.deepEqual(bench.received, []);
  peer.send({ flags: RST });
  assert.ok(bench.events.includes("closed 1"));
});

test("control: a peer that never sent any sends data without", async () => {
  const { bench, peer } = await established();
  peer.send({ data: "x", options: stamps(1, 1) });
  assert.equal(bench.received.length, 1, "and its stamps mean nothing");
});

test("a retransmission is measured by its stamp", async () => {
  const { bench, peer } = await stamped(1000);
  const initial = bench.kernel["rto"](peer.handle) as bigint;
  bench.turn(() => bench.write(peer.handle, "lost"));
  let again: Segment[] = [];
  for (let ms = 0; again.length === 0; ms += 10) again = bench.advance(10);
  assert.ok((bench.kernel["rto"](peer.handle) as bigint) > initial);
  bench.time += 50_000_000n;
  peer.send({ ack: 4, options: stamps(1100, read(again[0]!).value) });
  const after = bench.kernel["rto"](peer.handle) as bigint;
  assert.ok(after >= 200_000_000n && after < 400_000_000n, String(after));
});

test("after a lost SYN-ACK data starts with the round trip that the stamps tell, not with three seconds", async () => {
  for (const withStamps of [true, false]) {
    const bench = await Bench.create();
    bench.kernel["listen"](80);
    const peer = new Peer(bench, 80);
    peer.send({ flags: SYN, options: withStamps ? stamps(1000, 0) : [] });
    const [again] = bench.advance(1100);
    bench.time += 30_000_000n;
    peer.seq++;
    peer.ack = u32(again!.seq + 1);
    const clock = withStamps ? read({ ...again!, options: again!.options.slice(4) }).value : 0;
    peer.send({ options: withStamps ? stamps(2100, clock) : [] });
    const rto = bench.kernel["rto"](bench.handles[0]!) as bigint;
    assert.equal(rto < 1_000_000_000n, withStamps, String(rto));
  }
});

test("a SYN with a later stamp begins a new life in TIME-WAIT, wherever its number lies", async () => {
  const { bench, peer, ours } = await stamped(1000);
  bench.turn(() => bench.kernel["shutdown"](peer.handle));
  peer.send({ ack: 1, flags: ACK | FIN, options: stamps(1001, ours) });
  const again = { flags: SYN, ack: -peer.ack, seq: -100_000 };
  assert.equal(peer.send({ ...again, options: stamps(1000, 0) })[0]!.flags, ACK, "not later");
  assert.equal(peer.send({ ...again, options: stamps(2000, 0) })[0]!.flags, SYN | ACK);
});
