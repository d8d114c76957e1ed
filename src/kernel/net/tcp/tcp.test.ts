import test from "node:test";
import assert from "node:assert/strict";
import { ACK, Bench, bytesOf, established, FIN, Peer, PSH, RST, SYN, textOf, u32 } from "./bench.test.ts";

const CLOSED = 0;
const ESTABLISHED = 4;
const FIN_WAIT_1 = 5;
const FIN_WAIT_2 = 6;
const CLOSE_WAIT = 7;
const CLOSING = 8;
const LAST_ACK = 9;
const TIME_WAIT = 10;

test("a listener completes the handshake and tells its owner after the third segment", async () => {
  const bench = await Bench.create();
  bench.kernel.listen(80);
  const peer = new Peer(bench, 80);
  const [answer, ...more] = peer.send({ flags: SYN, options: [2, 4, 5, 0xb4, 1, 3, 3, 7] });
  assert.equal(more.length, 0);
  assert.equal(answer!.flags, SYN | ACK);
  assert.equal(answer!.ack, 1001);
  assert.deepEqual([...answer!.options], [2, 4, 0x05, 0xb4, 1, 3, 3, 3]);
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
