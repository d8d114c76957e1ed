import test from "node:test";
import assert from "node:assert/strict";
import { HttpBench } from "../../../tools/http-bench.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const NOTHING = { chunks: 0, connections: 0, longHeads: 0 };

async function answering(): Promise<HttpBench> {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => void bench.respond(id, 200, "") };
  return bench;
}

test("a peer that says nothing is let go after ten seconds", async () => {
  const bench = await answering();
  const peer = bench.connect();
  bench.pass(9.5);
  assert.ok(!peer.shut);
  bench.pass(1);
  assert.ok(peer.shut);
  assert.equal(peer.take(), "");
  bench.pass(6);
  assert.ok(peer.aborted, "it does not finish either");
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a head that trickles in is answered 408 ten seconds after its first byte", async () => {
  const bench = await answering();
  const peer = bench.connect().send(GET);
  bench.pass(30);
  peer.take();
  const slow = "GET / HTTP/1.1\r\nHost: a\r\nX: y";
  for (let second = 0; second < 11; second++) {
    peer.send(slow.slice(second * 2, second * 2 + 2));
    bench.pass(1);
  }
  assert.match(peer.take(), /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assert.ok(peer.shut);
});

test("an idle connection is kept for a while after each response, then let go", async () => {
  const bench = await answering();
  const peer = bench.connect();
  for (let count = 0; count < 5; count++) {
    peer.send(GET);
    bench.pass(60);
    assert.ok(!peer.shut);
  }
  bench.pass(20);
  assert.ok(peer.shut);
  peer.finish();
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an app may take its time", async () => {
  const bench = await HttpBench.start();
  const ids: number[] = [];
  bench.app = { request: (id) => void ids.push(id) };
  const peer = bench.connect().send(GET);
  bench.pass(3600);
  assert.equal(bench.respond(ids[0]!, 200, ""), 0);
  assert.match(peer.take(), /^HTTP\/1\.1 200/);
});

test("a peer that has finished waits for its answer for a while, then the app hears that it is gone", async () => {
  const bench = await HttpBench.start();
  const ids: number[] = [];
  bench.app = { request: (id) => void ids.push(id) };
  const patient = bench.connect().send(GET).finish();
  bench.pass(25);
  assert.equal(bench.respond(ids[0]!, 200, ""), 0);
  assert.match(patient.take(), /^HTTP\/1\.1 200/);
  bench.connect().send(GET).finish();
  bench.pass(31);
  assert.equal(bench.entered.at(-1), `closed ${ids[1]}`);
  bench.pass(10);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a body that stalls is answered 408, and the app hears of it", async () => {
  const bench = await HttpBench.start();
  bench.app = {
    request: (id) => void bench.read(id),
    readable: (id) => void (bench.read(id), bench.read(id)),
  };
  const peer = bench.connect().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
  bench.pass(29);
  assert.equal(peer.take(), "");
  bench.pass(2);
  assert.match(peer.take(), /^HTTP\/1\.1 408/);
  assert.match(bench.entered.at(-1)!, /^closed/);
});

test("a peer that takes nothing is cut off, and the app hears of it", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => (bench.begin(id, 200, "", -1), void bench.write(id, "x".repeat(9000))) };
  const peer = bench.connect(100).send(GET);
  bench.pass(29);
  assert.ok(!peer.aborted);
  bench.pass(2);
  assert.ok(peer.aborted);
  assert.match(bench.entered.at(-1)!, /^closed/);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a whole response that nobody takes is cut off", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => void bench.respond(id, 200, "", "x".repeat(9000)) };
  const peer = bench.connect(100).send(GET);
  bench.pass(35);
  assert.ok(peer.aborted);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an unread body that stalls ends the stream", async () => {
  const bench = await answering();
  const peer = bench.connect().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  bench.pass(35);
  assert.ok(peer.shut);
});

test("a peer is given time for what is queued when the stream ends", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => void bench.respond(id, 200, "connection: close\r\n", "x".repeat(80_000)) };
  const peer = bench.connect();
  peer.outstanding = 80_000;
  peer.send(GET);
  assert.ok(peer.shut);
  bench.pass(13);
  assert.ok(!peer.aborted);
  peer.outstanding = 0;
  bench.pass(4);
  assert.ok(peer.aborted);
});

test("an outage does not cost the end of a response, a peer that is gone costs no more than half a minute", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => void bench.respond(id, 200, "connection: close\r\n", "x") };
  const peer = bench.connect();
  peer.outstanding = 100;
  peer.send(GET);
  bench.pass(30);
  assert.ok(!peer.aborted);
  bench.pass(10);
  assert.ok(peer.aborted);
  assert.deepEqual(bench.inUse(), NOTHING);
});
