/** A SYN whose answer waits for the owner of a listener for all addresses, as a gateway's does. */
import test from "node:test";
import assert from "node:assert/strict";
import {
  ACK,
  Bench,
  FIN,
  Peer,
  RST,
  SYN,
  textOf,
  u32,
  type Segment,
  type Weakening,
} from "./bench.harness.ts";

const LISTEN = 1;
const TIME_WAIT = 10;
const CLOSED_REASON_ABORTED = 2;
const PORT = 9999;
/** Segment size, selective, scale; and with stamps, whose clock is at 99. */
const FULL = [2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7];
const STAMPED = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 99, 0, 0, 0, 0, 1, 3, 3, 7];
const STAMP_AT = 11;

interface Held {
  readonly bench: Bench;
  readonly peer: Peer;
  readonly handle: number;
}

async function held(options = FULL): Promise<Held> {
  const bench = await Bench.create();
  bench.kernel["listenAny"]();
  const peer = new Peer(bench, PORT);
  assert.deepEqual(peer.send({ flags: SYN, options }), [], "nothing is said before the owner has");
  assert.deepEqual(bench.events, ["opened"]);
  return { bench, peer, handle: bench.handles[0]! };
}

const answer = ({ bench, handle }: Held): Segment[] => bench.turn(() => bench.kernel["answer"](handle));

/** The peer's third segment. */
function complete({ peer }: Held, synAck: Segment, options: readonly number[] = []): void {
  peer.seq = u32(peer.seq + 1);
  peer.ack = u32(synAck.seq + 1);
  assert.deepEqual(peer.send({ options }), []);
}

test("the owner's answer is the peer's, and both talk", async () => {
  const all = await held();
  const { bench, peer, handle } = all;
  assert.equal(bench.kernel["stateOf"](handle), LISTEN);
  const [synAck, ...more] = answer(all);
  assert.deepEqual([synAck!.flags, synAck!.ack, more.length], [SYN | ACK, 1001, 0]);
  complete(all, synAck!);
  assert.deepEqual(bench.events, ["opened", "connected"]);
  peer.send({ data: "question" });
  assert.equal(textOf(Uint8Array.from(bench.received)), "question");
  const [segment] = bench.turn(() => bench.write(handle, "answer"));
  assert.equal(textOf(segment!.data), "answer");
  assert.deepEqual(answer(all), [], "a second word changes nothing");
});

test("a peer that asks again while it waits is not answered, and its newest question counts", async () => {
  const all = await held(STAMPED);
  const { bench, peer } = all;
  for (let seconds = 0; seconds < 90; seconds++) assert.deepEqual(bench.advance(1000), []);
  assert.deepEqual(peer.send({ flags: SYN, options: STAMPED.with(STAMP_AT, 120) }), []);
  const [synAck] = answer(all);
  const stamps = [...synAck!.options.slice(synAck!.options.indexOf(8))];
  assert.equal(stamps[9], 120, "the later stamp is echoed");
  complete(all, synAck!, [1, 1, 8, 10, 0, 0, 0, 121, ...stamps.slice(2, 6)]);
  assert.deepEqual(bench.events, ["opened", "connected"]);
});

test("another life of the peer's, with other numbers and fewer offers, takes the place of the first", async () => {
  const all = await held();
  all.peer.seq = 777_000;
  assert.deepEqual(all.peer.send({ flags: SYN, options: [2, 4, 5, 0xb4] }), []);
  const [synAck] = answer(all);
  assert.deepEqual([synAck!.ack, [...synAck!.options]], [777_001, [2, 4, 5, 0xb4]]);
  complete(all, synAck!);
  assert.deepEqual(all.bench.events, ["opened", "connected"]);
});

test("a refusal is a reset that the peer believes, and silence is silence", async () => {
  const refused = await held();
  const [reset, ...more] = refused.bench.turn(() => refused.bench.kernel["refuse"](refused.handle));
  assert.deepEqual([reset!.flags, reset!.ack, more.length], [RST | ACK, 1001, 0]);
  const silent = await held();
  assert.deepEqual(
    silent.bench.turn(() => silent.bench.kernel["abort"](silent.handle)),
    [],
  );
  for (const { bench } of [refused, silent]) {
    assert.deepEqual(bench.events, ["opened", `closed ${CLOSED_REASON_ABORTED}`]);
    assert.equal(bench.kernel["connectionCount"](), 0);
  }
  const again = silent.peer.send({ flags: SYN, options: FULL });
  assert.deepEqual([again, silent.bench.handles.length], [[], 2], "who asks again is heard again");
});

test("an owner that does not want a stream, answers within the call, or ends it there", async () => {
  const bench = await Bench.create();
  bench.kernel["listenAny"]();
  const knock = (port: number) => new Peer(bench, PORT, port).send({ flags: SYN }).map(({ flags }) => flags);
  bench.open = () => 0;
  assert.deepEqual(knock(1), [RST | ACK]);
  bench.open = (handle) => (bench.kernel["abort"](handle), 0);
  assert.deepEqual(knock(2), []);
  bench.open = (handle) => (bench.kernel["abort"](handle), handle);
  assert.deepEqual(knock(3), []);
  bench.open = (handle) => (bench.kernel["answer"](handle), handle);
  assert.deepEqual(knock(4), [SYN | ACK]);
  assert.deepEqual(bench.events, ["opened", "opened", "opened", "closed 2", "opened"]);
  assert.equal(bench.kernel["connectionCount"](), 1);
});

test("what else comes for a SYN that waits ends nothing: resets, acknowledgments, text", async () => {
  const all = await held();
  const { bench, peer } = all;
  assert.deepEqual(peer.send({ flags: RST, seq: 1 }), []);
  assert.deepEqual(peer.send({ flags: RST | ACK, seq: 1 }), []);
  assert.deepEqual(peer.send({ flags: 0, seq: 1, data: "x" }), []);
  const [reset] = peer.send({ flags: ACK, seq: 1, ack: 5 });
  assert.deepEqual([reset!.flags, reset!.seq], [RST, 5], "RFC 9293 3.10.7.2");
  assert.deepEqual(
    bench.turn(() => bench.kernel["shutdown"](all.handle)),
    [],
  );
  assert.equal(bench.turn(() => bench.write(all.handle, "early")).length, 0);
  complete(all, answer(all)[0]!);
  assert.deepEqual(bench.events, ["opened", "connected"]);
});

test("a new life of a stream that this side ended waits for the owner as the first did", async () => {
  const all = await held();
  const { bench, peer, handle } = all;
  complete(all, answer(all)[0]!);
  const [fin] = bench.turn(() => bench.kernel["shutdown"](handle));
  peer.send({ flags: FIN | ACK, ack: 1 });
  assert.equal(bench.kernel["stateOf"](handle), TIME_WAIT);
  const next = new Peer(bench, PORT, 4000, 5_000_000);
  assert.deepEqual(next.send({ flags: SYN, options: FULL }), []);
  const [synAck] = bench.turn(() => bench.kernel["answer"](bench.handles[1]!));
  assert.deepEqual([synAck!.flags, synAck!.ack], [SYN | ACK, 5_000_001]);
  assert.ok(u32(synAck!.seq - fin!.seq) < 2 ** 31, "its numbers are beyond the first life's");
  assert.equal(bench.kernel["connectionCount"](), 1);
});

test("those that wait are bounded, and nobody is promised by a cookie what the owner has not", async () => {
  const bench = await Bench.create({ connections: 2048 });
  bench.kernel["listenAny"]();
  for (let port = 1; port <= 600; port++) {
    assert.deepEqual(new Peer(bench, PORT, port).send({ flags: SYN, options: FULL }), []);
  }
  assert.deepEqual([bench.handles.length, bench.kernel["connectionCount"]()], [512, 512]);
  const [first, second] = bench.handles;
  bench.turn(() => bench.kernel["abort"](first!));
  const late = new Peer(bench, PORT, 600);
  assert.deepEqual(late.send({ flags: SYN, options: FULL }), []);
  assert.equal(bench.handles.length, 513, "a place that is free again is given");
  const [synAck] = bench.turn(() => bench.kernel["answer"](second!));
  const open = new Peer(bench, PORT, 2, 1001);
  open.ack = u32(synAck!.seq + 1);
  open.send();
  assert.deepEqual(bench.events.slice(-1), ["connected"]);
  bench.turn(() => bench.kernel["abort"](second!));
  new Peer(bench, PORT, 601).send({ flags: SYN, options: FULL });
  new Peer(bench, PORT, 602).send({ flags: SYN, options: FULL });
  assert.equal(bench.handles.length, 514, "one that opened has given its place back once");
});

test("control: with cookies the same peers are promised a stream that nobody has asked for", async () => {
  const weakened: Weakening = ["handshake.ts", ["if (!listener.any) answerWithCookie", "answerWithCookie"]];
  const bench = await Bench.create({ connections: 2048, weakened });
  bench.kernel["listenAny"]();
  const knock = (port: number) => new Peer(bench, PORT, port).send({ flags: SYN, options: FULL });
  for (let port = 1; port <= 512; port++) assert.deepEqual(knock(port), []);
  assert.deepEqual(
    knock(513).map(({ flags }) => flags),
    [SYN | ACK],
  );
});
