import test from "node:test";
import assert from "node:assert/strict";
import {
  ACK,
  Bench,
  bytesOf,
  established,
  FIN,
  Peer,
  PSH,
  RST,
  SYN,
  textOf,
  u32,
  type Segment,
} from "./bench.harness.ts";

const ESTABLISHED = 4;
/** `RECEIVE_LIMIT`, `RECEIVE_SCALE`; a window is told rounded up. */
const WINDOW = 512 * 1024;
const SCALE = 4;
const ROUNDING = 1 << SCALE;

const brief = (segments: Segment[]) => segments.map((segment) => [segment.flags, segment.ack]);

test("a listener completes the handshake and tells its owner after the third segment", async () => {
  const bench = await Bench.create();
  bench.kernel.listen(80);
  const peer = new Peer(bench, 80);
  const [answer, ...more] = peer.send({ flags: SYN, options: [2, 4, 5, 0xb4, 1, 3, 3, 7] });
  assert.equal(more.length, 0);
  assert.equal(answer!.flags, SYN | ACK);
  assert.equal(answer!.ack, 1001);
  assert.deepEqual([...answer!.options], [2, 4, 0x05, 0xb4, 1, 3, 3, SCALE]);
  assert.deepEqual(bench.events, []);
  peer.seq += 1;
  peer.ack = u32(answer!.seq + 1);
  assert.deepEqual(peer.send(), []);
  assert.deepEqual(bench.events, ["opened"]);
  assert.equal(bench.kernel.stateOf(bench.handles[0]!), ESTABLISHED);
});

test("a connection asked for opens with the answer and acknowledges it together with what its owner writes", async () => {
  const bench = await Bench.create();
  const [syn] = bench.turn(() => bench.kernel.connect(0x0a000002, 80, 77));
  assert.equal(syn!.flags, SYN);
  assert.ok(syn!.source >= 49152);
  const peer = new Peer(bench, syn!.source, 80, 5000);
  peer.ack = u32(syn!.seq + 1);
  const out = peer.send({ flags: SYN | ACK });
  assert.deepEqual(bench.events, ["connected"]);
  assert.deepEqual(
    out.map((segment) => [segment.flags, segment.ack]),
    [[ACK, 5001]],
  );
});

test("request and response: the response carries the acknowledgment", async () => {
  const { bench, peer } = await established();
  bench.take = (handle, bytes) => {
    bench.write(handle, "answer to " + textOf(bytes));
    return bytes.length;
  };
  const out = peer.send({ flags: ACK | PSH, data: "question" });
  assert.equal(out.length, 1);
  assert.equal(textOf(out[0]!.data), "answer to question");
  assert.equal(out[0]!.ack, u32(peer.seq + 8));
  assert.equal(bench.kernel.chunksInUse(), 1);
  peer.send({ seq: 8, ack: out[0]!.data.length });
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("what is made where it leaves from is sent as if it had been written", async () => {
  const { bench, peer } = await established();
  const handle = bench.handles[0]!;
  const made = (text: string): void => {
    const place = bench.kernel["place"](handle, text.length) as number;
    assert.notEqual(place, 0);
    bench.bytes(place, text.length).set(bytesOf(text));
    bench.kernel["placed"](handle, text.length);
  };
  const [segment] = bench.turn(() => {
    assert.notEqual(bench.kernel["place"](handle, 100), 0, "a place that is not used is nothing");
    bench.write(handle, "one ");
    made("two ");
    bench.write(handle, "three");
  });
  assert.equal(textOf(segment!.data), "one two three");
  assert.equal(bench.kernel.chunksInUse(), 1);
  peer.send({ ack: segment!.data.length });
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("there is no place for what is longer than the rest of a chunk, or may not be sent", async () => {
  const { bench } = await established();
  const handle = bench.handles[0]!;
  const place = (length: number): boolean => bench.kernel["place"](handle, length) !== 0;
  assert.deepEqual([place(2048), place(2049)], [true, false]);
  bench.write(handle, new Uint8Array(2000));
  assert.deepEqual([place(48), place(49)], [true, false]);
  bench.write(handle, new Uint8Array(48));
  assert.ok(place(2048), "in the next chunk");
  bench.kernel["shutdown"](handle);
  assert.ok(!place(1));
});

test("bytes without an answer are acknowledged after 40 ms, every second full segment at once", async () => {
  const { bench, peer } = await established();
  assert.deepEqual(peer.send({ data: "x" }), []);
  assert.deepEqual(bench.advance(30), []);
  assert.deepEqual(
    bench.advance(12).map((segment) => segment.ack),
    [u32(peer.seq + 1)],
  );
  const full = new Uint8Array(1460);
  assert.deepEqual(peer.send({ seq: 1, data: full }), []);
  assert.equal(peer.send({ seq: 1461, data: full }).length, 1);
});

test("bytes go to the owner in place, and what it leaves is offered again and shrinks the window", async () => {
  const { bench, peer } = await established();
  let appetite = 3;
  const offers: string[] = [];
  bench.take = (_handle, bytes) => {
    offers.push(textOf(bytes));
    return Math.min(appetite, bytes.length);
  };
  peer.send({ data: "abcdef" });
  peer.send({ seq: 6, data: "ghi" });
  assert.deepEqual(offers, ["abcdef", "defghi"]);
  assert.equal(bench.kernel.chunksInUse(), 1);
  appetite = 100;
  bench.turn(() => bench.kernel.resume(peer.handle));
  assert.deepEqual(offers.slice(2), ["ghi"]);
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("a window that the owner does not empty closes, stays closed for probes, and its opening is told", async () => {
  const { bench, peer } = await established({ options: [2, 4, 5, 0xb4, 1, 3, 3, 0] });
  bench.take = () => 0;
  const full = new Uint8Array(1460);
  let sent = 0;
  let last: Segment | undefined;
  while (sent < WINDOW + ROUNDING) {
    for (const segment of peer.send({ seq: sent, data: full })) last = segment;
    if (last !== undefined && last.window === 0) break;
    sent += full.length;
  }
  assert.equal(last!.window, 0);
  const held = u32(last!.ack - peer.seq);
  assert.ok(held >= WINDOW - 1460 && held <= WINDOW + ROUNDING, String(held));
  const before = bench.kernel.chunksInUse();
  for (let probe = 0; probe < 20; probe++) {
    const [answer] = peer.send({ seq: held, data: "x" });
    assert.equal(answer!.window, 0);
    assert.ok(u32(answer!.ack - peer.seq) <= WINDOW + ROUNDING);
  }
  assert.ok(bench.kernel.chunksInUse() <= before + 1);
  bench.take = (_handle, bytes) => bytes.length;
  const [update] = bench.turn(() => bench.kernel.resume(peer.handle));
  assert.equal(update!.window, WINDOW >> SCALE);
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("data out of order is answered at once with a duplicate acknowledgment and delivered in order", async () => {
  const { bench, peer } = await established();
  assert.deepEqual(brief(peer.send({ seq: 3, data: "def" })), [[ACK, peer.seq]]);
  assert.deepEqual(brief(peer.send({ seq: 8, data: "ij" })), [[ACK, peer.seq]]);
  assert.deepEqual(brief(peer.send({ seq: 5, data: "fgh" })), [[ACK, peer.seq]]);
  assert.deepEqual(brief(peer.send({ data: "abcd" })), [[ACK, u32(peer.seq + 10)]]);
  assert.equal(textOf(Uint8Array.from(bench.received)), "abcdefghij");
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("old and overlapping data is delivered once, and answered", async () => {
  const { bench, peer } = await established();
  peer.send({ data: "abcd" });
  assert.deepEqual(brief(peer.send({ data: "abcd" })), [[ACK, u32(peer.seq + 4)]]);
  peer.send({ seq: 2, data: "cdef" });
  assert.equal(textOf(Uint8Array.from(bench.received)), "abcdef");
  assert.deepEqual(brief(peer.send({ seq: -5, data: "old" })), [[ACK, u32(peer.seq + 6)]]);
});

test("sequence numbers wrap in both directions", async () => {
  const bench = await Bench.create();
  bench.kernel.listen(80);
  const peer = new Peer(bench, 80, 4000, 0xffff_fff0).open();
  peer.send({ data: "0123456789" });
  peer.send({ seq: 10, data: "abcdefghij" });
  assert.equal(textOf(Uint8Array.from(bench.received)), "0123456789abcdefghij");
  assert.deepEqual(brief(bench.advance(50)), [[ACK, 5]]);
});

test("a segment with a wrong checksum, length or offset is as if it never came", async () => {
  const { bench, peer } = await established();
  const good = peer.encode({ data: "hello" });
  for (let index = 0; index < good.length; index++) {
    const bad = good.slice();
    bad[index]! ^= 0x10;
    assert.deepEqual(bench.raw(bad), []);
  }
  assert.deepEqual(bench.raw(good.slice(0, 19)), []);
  assert.deepEqual(bench.received, []);
});

test("a reset counts only with the exact sequence number; elsewhere in the window it is challenged", async () => {
  const { bench, peer } = await established();
  assert.deepEqual(brief(peer.send({ flags: RST, seq: 1 })), [[ACK, peer.seq]]);
  assert.deepEqual(peer.send({ flags: RST, seq: 2 }), [], "not again so soon");
  assert.deepEqual(peer.send({ flags: RST, seq: -1 }), []);
  assert.deepEqual(peer.send({ flags: RST, seq: 300_000 }), []);
  assert.deepEqual(bench.events, ["opened"]);
  peer.send({ flags: RST });
  assert.deepEqual(bench.events, ["opened", "closed 1"]);
  assert.equal(bench.kernel.connectionCount(), 0);
});

test("a SYN on an open connection is challenged, not believed", async () => {
  const { bench, peer } = await established();
  assert.deepEqual(brief(peer.send({ flags: SYN, seq: 100 })), [[ACK, peer.seq]]);
  bench.advance(200);
  assert.deepEqual(brief(peer.send({ flags: SYN, seq: -5000 })), [[ACK, peer.seq]]);
  assert.equal(bench.kernel.stateOf(peer.handle), ESTABLISHED);
});

test("acknowledgments of what was never sent, or far too old, are challenged and carry no data in", async () => {
  const { bench, peer } = await established({ window: 1000 });
  assert.deepEqual(brief(peer.send({ ack: 1, data: "forged" })), [[ACK, peer.seq]]);
  bench.advance(200);
  assert.deepEqual(brief(peer.send({ ack: -70_000, data: "forged" })), [[ACK, peer.seq]]);
  assert.deepEqual(bench.received, []);
});

test("a port nobody listens to answers with a reset, a reset with nothing", async () => {
  const bench = await Bench.create();
  const peer = new Peer(bench, 81);
  const [reset] = peer.send({ flags: SYN });
  assert.deepEqual([reset!.flags, reset!.seq, reset!.ack], [RST | ACK, 0, 1001]);
  const [other] = peer.send({ flags: ACK, ack: 77, data: "x" });
  assert.deepEqual([other!.flags, other!.seq], [RST, 77]);
  assert.deepEqual(peer.send({ flags: RST }), []);
});

test("an owner that refuses resets the connection", async () => {
  const bench = await Bench.create();
  bench.kernel.listen(80);
  bench.open = () => 0;
  const peer = new Peer(bench, 80);
  const [answer] = peer.send({ flags: SYN });
  peer.seq++;
  peer.ack = u32(answer!.seq + 1);
  const out = peer.send();
  assert.deepEqual(
    out.map((segment) => segment.flags),
    [RST | ACK],
  );
  assert.deepEqual(bench.events, ["opened"]);
  assert.equal(bench.kernel.connectionCount(), 0);
});

test("a listener for any port tells the owner where the peer wanted to go", async () => {
  const bench = await Bench.create();
  bench.kernel.listenAny();
  bench.open = (handle) => (bench.kernel.answer(handle), handle);
  const port = 9999;
  const peer = new Peer(bench, port).open();
  bench.kernel.local(peer.handle, bench.scratch);
  const end = Buffer.from(bench.bytes(bench.scratch, 18)).toString("hex");
  assert.equal(end, "00000000000000000000ffff0a000001270f");
  bench.kernel.remote(peer.handle, bench.scratch);
  assert.equal(
    Buffer.from(bench.bytes(bench.scratch, 18)).toString("hex"),
    "00000000000000000000ffff0a0000020fa0",
  );
});

test("half-open connections are bounded, and the bound does not hurt those that are open", async () => {
  const bench = await Bench.create({ connections: 1024 });
  bench.kernel.listen(80);
  const open = new Peer(bench, 80, 1).open();
  let answers = 0;
  for (let port = 2; port < 1000; port++) answers += new Peer(bench, 80, port).send({ flags: SYN }).length;
  assert.equal(answers, 998, "those that are not remembered get cookies");
  assert.equal(bench.kernel.connectionCount(), 513);
  open.send({ data: "still here" });
  assert.equal(bench.received.length, 10);
  for (let minutes = 0; minutes < 400; minutes++) bench.advance(1000);
  assert.equal(bench.kernel.connectionCount(), 1);
});

test("both sides may open at once", async () => {
  const bench = await Bench.create();
  const [syn] = bench.turn(() => bench.kernel.connect(0x0a000002, 80, 5));
  const peer = new Peer(bench, syn!.source, 80, 7000);
  peer.ack = syn!.seq;
  const [answer] = peer.send({ flags: SYN });
  assert.deepEqual([answer!.flags, answer!.seq, answer!.ack], [SYN | ACK, syn!.seq, 7001]);
  assert.deepEqual(
    brief(peer.send({ flags: SYN | ACK, ack: 1 })),
    [[ACK, 7001]],
    "the peer's answer to our SYN",
  );
  peer.seq++;
  peer.send({ ack: 1 });
  assert.deepEqual(bench.events, ["connected"]);
});

test("a refused connection says so; a silent peer is given up", async () => {
  const bench = await Bench.create();
  const [syn] = bench.turn(() => bench.kernel.connect(0x0a000002, 80, 5));
  const peer = new Peer(bench, syn!.source, 80, 0);
  peer.ack = u32(syn!.seq + 1);
  peer.send({ flags: RST | ACK, ack: 5 });
  assert.deepEqual(bench.events, [], "a reset that acknowledges something else is not ours");
  peer.send({ flags: RST | ACK });
  assert.deepEqual(bench.events, ["closed 4"]);
  bench.turn(() => bench.kernel.connect(0x0a000002, 80, 6));
  let asked = 0;
  for (let second = 0; second < 300; second++) asked += bench.advance(1000).length;
  assert.equal(asked, 6);
  assert.deepEqual(bench.events, ["closed 4", "closed 3"]);
});

test("an unreachable peer ends an attempt when the report names our segment", async () => {
  const bench = await Bench.create();
  const [syn] = bench.turn(() => bench.kernel.connect(0x0a000002, 80, 5));
  const report = (sequence: number) => {
    const view = new DataView(bench.kernel.memory.buffer, bench.kernel.inputBuffer(), 8);
    view.setUint16(0, syn!.source);
    view.setUint16(2, 80);
    view.setUint32(4, sequence);
    bench.turn(() => bench.kernel.unreachable(8, 0x0a000002, 0));
  };
  report(u32(syn!.seq + 9));
  assert.deepEqual(bench.events, []);
  report(syn!.seq);
  assert.deepEqual(bench.events, ["closed 5"]);
});

test("an abort sends a reset and tells the owner once", async () => {
  const { bench, peer } = await established();
  const out = bench.turn(() => bench.kernel.abort(peer.handle));
  assert.deepEqual(
    out.map((segment) => [segment.flags, segment.seq]),
    [[RST | ACK, peer.ack]],
  );
  assert.deepEqual(bench.events, ["opened", "closed 2"]);
  assert.equal(bench.kernel.connectionCount(), 0);
});

test("an owner may abort from within its own calls", async () => {
  const { bench, peer } = await established();
  bench.take = (handle) => (bench.kernel.abort(handle), 0);
  peer.send({ data: "abc", flags: ACK | FIN });
  assert.deepEqual(bench.events, ["opened", "closed 2"]);
  assert.equal(bench.kernel.connectionCount(), 0);
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("bare acknowledgments out of the window are answered seldom: two stacks never talk for ever", async () => {
  const { bench, peer } = await established();
  let answers = 0;
  for (let count = 0; count < 100; count++) answers += peer.send({ seq: -50 }).length;
  assert.equal(answers, 1);
  bench.advance(150);
  assert.equal(peer.send({ seq: -1 }).length, 1, "a keep-alive still finds us");
});
