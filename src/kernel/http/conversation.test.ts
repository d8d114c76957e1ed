import test from "node:test";
import assert from "node:assert/strict";
import { type App, HttpBench, type Peer } from "../../../tools/http-bench.ts";
import { textOf } from "../../../tools/latin.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const AGAIN = -1;
const GONE = -2;
const INVALID = -3;
const END = -5;
const MISSING = -6;
const NOTHING = { chunks: 0, connections: 0, longHeads: 0 };

const post = (size: number, fields = ""): string =>
  `POST /p HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${size}\r\n\r\n`;

async function server(app: (bench: HttpBench) => App): Promise<HttpBench> {
  const bench = await HttpBench.start();
  bench.app = app(bench);
  return bench;
}

/** Leaves requests unanswered and remembers their ids. */
async function waiting(): Promise<{ bench: HttpBench; ids: number[]; peer: Peer }> {
  const ids: number[] = [];
  const bench = await server(() => ({ request: (id) => void ids.push(id) }));
  return { bench, ids, peer: bench.connect() };
}

const statusesOf = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]!);

test("an app that answers later can still read the whole head", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send("PATCH /x?y HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nAccept:\r\nx-one:  2 \r\n\r\n");
  const id = ids[0]!;
  assert.equal(bench.method(id), 9);
  assert.equal(bench.methodName(id), "PATCH");
  assert.equal(bench.target(id), "/x?y");
  assert.equal(bench.header(id, "x-ONE"), "1, 2");
  assert.equal(bench.header(id, "X-One", 3), "1, ");
  assert.equal(bench.header(id, "accept"), "");
  assert.equal(bench.header(id, "x-on"), MISSING);
  assert.equal(bench.header(id, "a".repeat(300)), MISSING);
  assert.equal(bench.headers(id), "host: h\r\nx-one: 1\r\naccept: \r\nx-one: 2\r\n");
  assert.equal(bench.bodySize(id), 0n);
  assert.deepEqual([...bench.remote(id).slice(10)], [255, 255, 192, 0, 2, 7, 0x12, 0x34]);
  assert.equal(bench.respond(id, 200, ""), 0);
  assert.equal(bench.inUse().chunks, 0);
});

test("methods have their numbers", async () => {
  const seen: number[] = [];
  const bench = await server((b) => ({
    request: (id) => (seen.push(b.method(id)), void b.respond(id, 200, "")),
  }));
  const peer = bench.connect();
  for (const name of [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PURGE",
    "GETS",
    "OPTIONSX",
    "G",
  ]) {
    peer.send(`${name} / HTTP/1.1\r\nHost: a\r\n\r\n`);
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 7, 8, 9, 0, 0, 0, 0]);
});

test("a finished id names nothing, whatever is asked", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(GET);
  const id = ids[0]!;
  bench.respond(id, 200, "");
  for (const stale of [id, 0, -1, id + 1, 0x7fffffff]) {
    assert.equal(bench.method(stale), GONE);
    assert.equal(bench.read(stale), GONE);
    assert.equal(bench.bodySize(stale), BigInt(GONE));
    assert.equal(bench.respond(stale, 200, ""), GONE);
    assert.equal(bench.begin(stale, 200, "", 0), GONE);
    assert.equal(bench.write(stale, "x"), GONE);
    assert.equal(bench.end(stale), GONE);
    bench.abort(stale);
  }
  peer.send(GET);
  assert.notEqual(ids[1], id, "the same connection's next request has another id");
});

test("a response is given once", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(GET);
  const id = ids[0]!;
  assert.equal(bench.write(id, "x"), INVALID);
  assert.equal(bench.end(id), INVALID);
  assert.equal(bench.begin(id, 200, "", 3), 0);
  assert.equal(bench.begin(id, 200, "", 3), INVALID);
  assert.equal(bench.respond(id, 200, ""), INVALID);
  assert.equal(bench.write(id, "abcd"), INVALID);
  assert.equal(bench.write(id, "abc"), 3);
  assert.equal(bench.end(id), 0);
  assert.match(peer.take(), /Content-Length: 3\r\n\r\nabc$/);
});

test("a body that ends before its length ends the stream", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(GET);
  bench.begin(ids[0]!, 200, "", 3);
  bench.write(ids[0]!, "ab");
  assert.equal(bench.end(ids[0]!), INVALID);
  assert.ok(peer.aborted);
});

test("pipelined requests are answered in order, one at a time", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(
    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  for (let count = 1; count <= 3; count++) {
    assert.equal(ids.length, count);
    assert.equal(bench.target(ids[count - 1]!), `/${count}`);
    bench.respond(ids[count - 1]!, 200 + count, "");
    bench.settle();
  }
  assert.deepEqual(statusesOf(peer.take()), ["201", "202", "203"]);
});

test("a thousand pipelined requests are answered in one turn", async () => {
  const bench = await server((b) => ({ request: (id) => void b.respond(id, 200, "", b.target(id)) }));
  const wanted = Array.from({ length: 1000 }, (_, index) => `/${index}`);
  const peer = bench.connect().send(wanted.map((target) => GET.replace("/", target)).join(""));
  assert.deepEqual(peer.take().match(/\/\d+(?=HTTP|$)/g), wanted);
  assert.equal(bench.inUse().chunks, 0);
});

test("100 (Continue) goes out when the app first reads, and only then", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(post(3, "Expect: 100-Continue\r\n"));
  assert.equal(peer.take(), "");
  assert.equal(bench.read(ids[0]!), AGAIN);
  assert.equal(bench.read(ids[0]!), AGAIN);
  assert.equal(peer.take(), "HTTP/1.1 100 Continue\r\n\r\n");
  bench.app.readable = (id) => {
    assert.equal(textOf(bench.read(id) as Uint8Array), "abc");
    assert.equal(bench.read(id), END);
    bench.respond(id, 200, "");
  };
  peer.send("abc");
  assert.deepEqual(statusesOf(peer.take()), ["200"]);
  assert.ok(!peer.shut);
});

test("100 (Continue) is left out when the body is there already", async () => {
  const bench = await server((b) => ({
    request: (id) => {
      assert.equal(textOf(b.read(id) as Uint8Array), "abc");
      b.respond(id, 200, "");
    },
  }));
  const peer = bench.connect().send(`${post(3, "Expect: 100-continue\r\n")}abc`);
  assert.deepEqual(statusesOf(peer.take()), ["200"]);
});

test("a peer that waits for 100 (Continue) and is answered at once is let go", async () => {
  const bench = await server((b) => ({ request: (id) => void b.respond(id, 403, "") }));
  const peer = bench.connect().send(post(3, "Expect: 100-continue\r\n"));
  assert.match(peer.take(), /^HTTP\/1\.1 403 Forbidden\r\n(.*\r\n)*Connection: close\r\n/);
  assert.ok(peer.shut);
});

test("an unread body is thrown away and the connection goes on", async () => {
  const bench = await server((b) => ({ request: (id) => void b.respond(id, 200, "") }));
  const peer = bench.connect();
  peer.send(`${post(5)}hello${GET}`);
  peer.send(`${post(200_000)}`);
  for (let sent = 0; sent < 200_000; sent += 1000) peer.send("x".repeat(1000));
  peer
    .send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`)
    .send(`0\r\n\r\n${GET}`);
  assert.deepEqual(statusesOf(peer.take()), ["200", "200", "200", "200", "200"]);
  assert.ok(!peer.shut);
});

test("too long an unread body ends the connection, which says so", async () => {
  const bench = await server((b) => ({ request: (id) => void b.respond(id, 200, "") }));
  const peer = bench.connect().send(post(300_000));
  assert.match(peer.take(), /Connection: close/);
  assert.ok(peer.shut && !peer.aborted);
  const chunks = bench.connect().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (let count = 0; count < 300 && !chunks.shut; count++) chunks.send(`400\r\n${"x".repeat(1024)}\r\n`);
  assert.ok(chunks.shut);
  peer.send("x".repeat(1000)).finish();
  chunks.finish();
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an app that reads late finds the body that came early", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(`${post(5)}hello`);
  assert.equal(peer.pending.length, 5, "the body stays with the stream");
  let body = "";
  bench.app.readable = (id) => {
    body += textOf(bench.read(id, 3) as Uint8Array);
    bench.read(id, 0);
  };
  assert.equal(bench.read(ids[0]!), AGAIN);
  bench.settle();
  assert.equal(body, "hel");
  assert.equal(bench.read(ids[0]!), AGAIN);
  bench.settle();
  assert.equal(body, "hello");
  assert.equal(bench.read(ids[0]!), END);
});

test("a broken body is refused, and the app hears of it", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert.equal(bench.read(ids[0]!), AGAIN);
  peer.send("x\r\n");
  assert.deepEqual(statusesOf(peer.take()), ["400"]);
  assert.deepEqual(bench.entered.slice(1), [`closed ${ids[0]}`]);
  assert.equal(bench.read(ids[0]!), GONE);
});

test("a body that is broken where the app reads makes the request gone", async () => {
  const results: (number | Uint8Array)[] = [];
  const bench = await server((b) => ({
    request: (id) => void results.push(b.read(id), b.read(id), b.read(id)),
  }));
  const peer = bench
    .connect()
    .send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nx\r\n");
  assert.deepEqual(results, [Uint8Array.of(97), GONE, GONE]);
  assert.deepEqual(statusesOf(peer.take()), ["400"]);
});

test("a peer that goes away is reported once, with an id that is gone", async () => {
  for (const leave of ["reset", "finish"] as const) {
    const { bench, ids, peer } = await waiting();
    peer.send(post(5));
    bench.app.closed = (id) => assert.equal(bench.method(id), GONE);
    peer[leave]();
    assert.deepEqual(bench.entered.slice(1), [`closed ${ids[0]}`]);
    if (leave === "finish") assert.deepEqual(statusesOf(peer.take()), ["400"]);
    assert.deepEqual(bench.inUse(), NOTHING);
  }
});

test("a peer that has finished speaking is still answered", async () => {
  const { bench, ids, peer } = await waiting();
  peer.send(GET).finish();
  assert.deepEqual(bench.entered.length, 1);
  bench.respond(ids[0]!, 200, "", "x");
  assert.match(peer.take(), /Connection: close\r\nContent-Length: 1\r\n\r\nx$/);
  bench.settle();
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a peer that finishes within a head is refused, one between requests is not", async () => {
  const { bench, peer } = await waiting();
  peer.send("GET / HT").finish();
  assert.deepEqual(statusesOf(peer.take()), ["400"]);
  const idle = bench.connect().finish();
  assert.equal(idle.take(), "");
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an aborted request ends its stream without a word to the app", async () => {
  for (const closesAtOnce of [false, true]) {
    const bench = await server((b) => ({ request: (id) => b.abort(id) }));
    bench.closesAtOnce = closesAtOnce;
    const peer = bench.connect().send(GET + GET);
    assert.ok(peer.closed);
    assert.equal(bench.entered.length, 1);
    assert.deepEqual(bench.inUse(), NOTHING);
  }
});

test("connections beyond the limit are refused, and places are given back", async () => {
  const { bench } = await waiting();
  const peers = Array.from({ length: 4095 }, () => bench.connect());
  assert.ok(peers.every((peer) => !peer.closed));
  assert.ok(bench.connect().closed);
  peers[7]!.reset();
  assert.ok(!bench.connect().closed);
});
