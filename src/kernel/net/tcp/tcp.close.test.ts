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

const FIN_WAIT_1 = 5;
const FIN_WAIT_2 = 6;
const CLOSE_WAIT = 7;
const CLOSING = 8;
const LAST_ACK = 9;
const TIME_WAIT = 10;
const SECOND = 1000;
const MINUTE = 60_000;

const brief = (segments: Segment[]) => segments.map((segment) => [segment.flags, segment.ack]);

test("the peer closes first: CLOSE-WAIT, LAST-ACK, gone", async () => {
  const { bench, peer } = await established();
  assert.deepEqual(brief(peer.send({ flags: ACK | FIN, data: "bye" })), [[ACK, u32(peer.seq + 4)]]);
  assert.deepEqual(bench.events, ["opened", "finished"]);
  assert.equal(bench.kernel.stateOf(peer.handle), CLOSE_WAIT);
  const out = bench.turn(() => (bench.write(peer.handle, "late"), bench.kernel.shutdown(peer.handle)));
  assert.equal(out.length, 1);
  assert.equal(out[0]!.flags & FIN, FIN);
  assert.equal(bench.kernel.stateOf(peer.handle), LAST_ACK);
  peer.send({ seq: 4, ack: 5 });
  assert.deepEqual(bench.events, ["opened", "finished", "closed 0"]);
  assert.equal(bench.kernel.connectionCount(), 0);
});

test("this side closes first: FIN-WAIT-1 and -2, reading goes on, then TIME-WAIT for a minute", async () => {
  const { bench, peer } = await established();
  const out = bench.turn(() => bench.kernel.shutdown(peer.handle));
  assert.deepEqual(
    out.map((segment) => segment.flags),
    [ACK | FIN],
  );
  assert.equal(bench.kernel.stateOf(peer.handle), FIN_WAIT_1);
  peer.send({ ack: 1 });
  assert.equal(bench.kernel.stateOf(peer.handle), FIN_WAIT_2);
  peer.send({ ack: 1, data: "more" });
  assert.equal(bench.received.length, 4);
  peer.send({ seq: 4, ack: 1, flags: ACK | FIN });
  assert.deepEqual(bench.events, ["opened", "finished", "closed 0"]);
  assert.equal(bench.kernel.stateOf(peer.handle), TIME_WAIT);
  bench.advance(MINUTE / 2);
  assert.deepEqual(brief(peer.send({ seq: 4, ack: 1, flags: ACK | FIN })), [[ACK, u32(peer.seq + 5)]]);
  bench.advance(MINUTE - 1000);
  assert.equal(bench.kernel.connectionCount(), 1, "the repeated FIN began a new minute");
  bench.advance(2000);
  assert.equal(bench.kernel.connectionCount(), 0);
});

test("acknowledgment of our FIN and the peer's FIN in one segment go straight to TIME-WAIT", async () => {
  const { bench, peer } = await established();
  bench.turn(() => bench.kernel.shutdown(peer.handle));
  assert.deepEqual(brief(peer.send({ ack: 1, flags: ACK | FIN })), [[ACK, u32(peer.seq + 1)]]);
  assert.equal(bench.kernel.stateOf(peer.handle), TIME_WAIT);
});

test("both close at once: CLOSING, then TIME-WAIT", async () => {
  const { bench, peer } = await established();
  bench.turn(() => bench.kernel.shutdown(peer.handle));
  peer.send({ flags: ACK | FIN });
  assert.equal(bench.kernel.stateOf(peer.handle), CLOSING);
  peer.send({ seq: 1, ack: 1 });
  assert.equal(bench.kernel.stateOf(peer.handle), TIME_WAIT);
  assert.deepEqual(bench.events, ["opened", "finished", "closed 0"]);
});

test("a FIN that comes before the data in front of it waits for it", async () => {
  const { bench, peer } = await established();
  assert.deepEqual(brief(peer.send({ seq: 3, flags: ACK | FIN })), [[ACK, peer.seq]]);
  assert.deepEqual(bench.events, ["opened"]);
  assert.deepEqual(brief(peer.send({ data: "abc" })), [[ACK, u32(peer.seq + 4)]]);
  assert.deepEqual(bench.events, ["opened", "finished"]);
});

test("the end is told only after the owner has taken all bytes, also when both sides are done", async () => {
  const { bench, peer } = await established();
  bench.take = () => 0;
  bench.turn(() => bench.kernel.shutdown(peer.handle));
  peer.send({ ack: 1, data: "unread", flags: ACK | FIN });
  assert.deepEqual(bench.events, ["opened"]);
  bench.advance(2 * MINUTE);
  assert.equal(bench.kernel.connectionCount(), 1, "the bytes are still the owner's");
  bench.take = (_handle, bytes) => bytes.length;
  bench.turn(() => bench.kernel.resume(peer.handle));
  assert.deepEqual(bench.events, ["opened", "finished", "closed 0"]);
  assert.equal(bench.kernel.connectionCount(), 0);
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("a lost FIN is sent again", async () => {
  const { bench, peer } = await established();
  bench.turn(() => bench.kernel.shutdown(peer.handle));
  const again = bench.advance(300);
  assert.deepEqual(
    again.map((segment) => [segment.flags, segment.seq]),
    [[ACK | FIN, peer.ack]],
  );
});

test("a new life of the flow may replace TIME-WAIT when its numbers are higher, else it is challenged", async () => {
  const { bench, peer } = await established();
  bench.turn(() => bench.kernel.shutdown(peer.handle));
  peer.send({ ack: 1, flags: ACK | FIN });
  const [challenge] = peer.send({ flags: SYN, seq: -10, ack: -peer.ack });
  assert.equal(challenge!.flags, ACK);
  const [answer] = peer.send({ flags: SYN, seq: 1000, ack: -peer.ack });
  assert.equal(answer!.flags, SYN | ACK);
  assert.ok(u32(answer!.seq - peer.ack) < 2 ** 31 && answer!.seq !== peer.ack, "our numbers are higher, too");
});

test("connections in TIME-WAIT make room for new ones, oldest first", async () => {
  const bench = await Bench.create({ connections: 32 });
  bench.kernel.listen(80);
  for (let port = 1; port <= 200; port++) {
    const peer = new Peer(bench, 80, port).open();
    bench.turn(() => bench.kernel.shutdown(peer.handle));
    peer.send({ ack: 1, flags: ACK | FIN });
  }
  assert.equal(bench.events.filter((event) => event === "closed 0").length, 200);
  assert.ok(bench.kernel.connectionCount() <= 32);
});

test("a reset does not cut TIME-WAIT short", async () => {
  const { bench, peer } = await established();
  bench.turn(() => bench.kernel.shutdown(peer.handle));
  peer.send({ ack: 1, flags: ACK | FIN });
  peer.send({ seq: 1, flags: 4 });
  assert.equal(bench.kernel.connectionCount(), 1);
});

test("a shutdown during the handshake is kept until it is done", async () => {
  const bench = await Bench.create();
  let handle = 0;
  const [syn] = bench.turn(() => (handle = bench.kernel.connect(0x0a000002, 80, 5)));
  bench.turn(() => (bench.write(handle, "all"), bench.kernel.shutdown(handle)));
  const peer = new Peer(bench, syn!.source, 80, 100);
  peer.ack = u32(syn!.seq + 1);
  const out = peer.send({ flags: SYN | ACK });
  assert.equal(out.length, 1);
  assert.equal(out[0]!.data.length, 3);
  assert.equal(out[0]!.flags & FIN, FIN);
});

test("the end of what was lost with a reset is not told", async () => {
  const { bench, peer } = await established();
  bench.take = () => 0;
  peer.send({ data: "unread", flags: ACK | FIN });
  peer.send({ seq: 7, flags: RST });
  assert.deepEqual(bench.events, ["opened", "closed 1"]);
  assert.equal(bench.kernel.connectionCount(), 0);
});

const ARMS_FOR_THE_DEAD: Weakening = ["provider.ts", [" || !writes(connection.state)) return;", ") return;"]];
const TIMERS_OUTLIVE: Weakening = [
  "lifetime.ts",
  ["  disarmTimers(connection);\n  giveConnection", "  giveConnection"],
];

/** An owner answers who has ended and was not yet said to have; then others have the blocks. */
async function answerTheDead(weakened: Weakening, alsoWeakened?: Weakening): Promise<void> {
  const more = alsoWeakened === undefined ? {} : { alsoWeakened };
  const bench = await Bench.create({ connections: 32, weakened, ...more });
  bench.kernel.listen(80);
  for (let round = 0; round < 8; round++) {
    const peers = [1, 2, 3, 4].map((port) => new Peer(bench, 80, 10 * round + port).open());
    bench.turn(() => {
      for (const peer of peers) {
        bench.inject(peer.encode({ flags: RST }));
        assert.equal(bench.write(peer.handle, "nobody takes it"), 0);
      }
    });
    for (const port of [5, 6, 7, 8]) new Peer(bench, 80, 10 * round + port).open();
    bench.advance(SECOND);
  }
}

test("an answer to who has ended arms no timer", () => answerTheDead(TIMERS_OUTLIVE));

test("no timer outlives its connection", () => answerTheDead(ARMS_FOR_THE_DEAD));

test("control: one that does leads where nothing is", () =>
  assert.rejects(answerTheDead(ARMS_FOR_THE_DEAD, TIMERS_OUTLIVE), WebAssembly.RuntimeError));
