import test from "node:test";
import assert from "node:assert/strict";
import { EnterStatus } from "../../abi/entry.ts";
import { HttpBench, type Peer } from "../../../tools/http-bench.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const AGAIN = -1;
const GONE = -2;
const NOTHING = { chunks: 0, connections: 0, longHeads: 0 };

const statusOf = (peer: Peer): string => peer.take().slice("HTTP/1.1 ".length, "HTTP/1.1 200".length);

/** Requests wait at an app that goes down with the last of them; the kernel has not noticed. */
async function fallen(count: number): Promise<{ bench: HttpBench; peers: Peer[]; ids: number[] }> {
  const bench = await HttpBench.start();
  const ids: number[] = [];
  bench.app = { request: (id) => void ids.push(id) };
  const peers = Array.from({ length: count }, () => bench.connect());
  peers.slice(1).forEach((peer) => peer.send(GET));
  bench.outcome = EnterStatus.Trapped;
  peers[0]!.send(GET);
  bench.outcome = EnterStatus.Returned;
  return { bench, peers, ids };
}

/** As the root does it: all is released, and the next life begins. */
function restart(bench: HttpBench): void {
  bench.kernel.loseApp();
  bench.settle();
  bench.kernel.startApp();
}

function listen(bench: HttpBench): void {
  bench.kernel.regainApp();
  bench.settle();
}

test("open requests are answered 500 and their connections end; the app is told nothing", async () => {
  const { bench, peers, ids } = await fallen(3);
  const entered = bench.entered.length;
  restart(bench);
  for (const peer of peers) {
    assert.match(peer.take(), /^HTTP\/1\.1 500 .*\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/s);
    assert.ok(peer.shut);
    peer.finish();
  }
  for (const id of ids) assert.equal(bench.respond(id, 200, ""), GONE);
  assert.deepEqual(bench.entered.slice(entered), ["start 0"]);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a response that had begun is cut off, one that was complete still leaves", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => void bench.begin(id, 200, "", 10) };
  const begun = bench.connect().send(GET);
  bench.app = { request: (id) => void bench.respond(id, 200, "", "x".repeat(1000)) };
  const complete = bench.connect(500).send(GET);
  bench.outcome = EnterStatus.Trapped;
  bench.app = {};
  const last = bench.connect().send(GET);
  bench.outcome = EnterStatus.Returned;
  restart(bench);
  assert.ok(begun.aborted);
  assert.ok(!complete.aborted);
  complete.give(10_000);
  assert.match(complete.take(), /x{1000}$/);
  assert.equal(statusOf(last), "500");
});

test("requests that come meanwhile wait, whole or in part, until the next app listens", async () => {
  const { bench, ids } = await fallen(1);
  const [early, half] = [bench.connect().send(GET), bench.connect().send("GET / HT")];
  restart(bench);
  const late = bench.connect().send(GET);
  half.send("TP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(ids.length, 1);
  assert.deepEqual([early.take(), half.take(), late.take()], ["", "", ""]);
  bench.app = { request: (id) => void bench.respond(id, 200, "") };
  listen(bench);
  assert.deepEqual([statusOf(early), statusOf(half), statusOf(late)], ["200", "200", "200"]);
  // A second port of the same app changes nothing.
  listen(bench);
  assert.deepEqual([early.take(), half.take(), late.take()], ["", "", ""]);
});

test("a request behind another on its connection waits too", async () => {
  const bench = await HttpBench.start();
  bench.app = {
    request: (id) => {
      bench.respond(id, 200, "");
      bench.outcome = EnterStatus.Trapped;
    },
  };
  const peer = bench.connect().send(GET + GET);
  bench.outcome = EnterStatus.Returned;
  assert.equal(statusOf(peer), "200");
  restart(bench);
  bench.app = { request: (id) => void bench.respond(id, 204, "") };
  assert.equal(peer.take(), "");
  listen(bench);
  assert.equal(statusOf(peer), "204");
});

test("who waits for longer than for a head is turned away", async () => {
  const { bench } = await fallen(1);
  const peer = bench.connect().send(GET);
  restart(bench);
  bench.pass(9);
  assert.ok(!peer.shut);
  bench.pass(2);
  assert.ok(peer.shut);
});

test("a body on its way to the app that went down is not offered to the next", async () => {
  const bench = await HttpBench.start();
  const read: number[] = [];
  bench.app = { request: (id) => void read.push(bench.read(id) as number) };
  const peer = bench.connect().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  assert.deepEqual(read, [AGAIN]);
  bench.outcome = EnterStatus.Trapped;
  bench.connect().send(GET);
  bench.outcome = EnterStatus.Returned;
  const entered = bench.entered.length;
  peer.send("he");
  restart(bench);
  listen(bench);
  assert.equal(statusOf(peer), "500");
  peer.send("llo");
  assert.deepEqual(bench.entered.slice(entered), ["start 0"]);
});
