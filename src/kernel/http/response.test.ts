import test from "node:test";
import assert from "node:assert/strict";
import { HttpBench, type Peer } from "../../../tools/http-bench.ts";

const DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const INVALID = -3;
const FULL = -4;

type Answer = (bench: HttpBench, id: number) => void;

/** What one request is answered with. */
async function answered(
  answer: Answer,
  request = GET,
): Promise<{ text: string; peer: Peer; bench: HttpBench }> {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => answer(bench, id) };
  const peer = bench.connect().send(request);
  return { text: peer.take(), peer, bench };
}

test("a small response leaves in one write", async () => {
  const { text, bench } = await answered((b, id) =>
    b.respond(id, 200, "content-type: text/plain\r\n", "hello"),
  );
  assert.equal(text, `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n${DATE}Content-Length: 5\r\n\r\nhello`);
  assert.equal(bench.writes, 1);
});

test("every status has its line, unknown ones an empty reason", async () => {
  const bench = await HttpBench.start();
  let status = 200;
  bench.app = { request: (id) => assert.equal(bench.respond(id, status, ""), 0) };
  const peer = bench.connect();
  for (const [code, line] of [
    [200, "200 OK"],
    [404, "404 Not Found"],
    [511, "511 Network Authentication Required"],
    [599, "599 "],
  ] as const) {
    status = code;
    assert.equal(peer.send(GET).take().split("\r\n")[0], `HTTP/1.1 ${line}`);
  }
});

test("statuses that end no exchange are refused", async () => {
  for (const status of [0, 99, 100, 101, 103, 199, 600, -1, 1000]) {
    const { text } = await answered((b, id) => {
      assert.equal(b.respond(id, status, ""), INVALID);
      assert.equal(b.begin(id, status, "", 0), INVALID);
      assert.equal(b.respond(id, 200, ""), 0);
    });
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  }
});

test("fields that would end their line are refused and nothing is sent", async () => {
  const hostile = [
    "a: b\r\n\r\nHTTP/1.1 200 OK\r\n",
    "a: b\nc: d\r\n",
    "a: b\rc\r\n",
    "a: \0\r\n",
    "a b: c\r\n",
    ": c\r\n",
    "a\r\n",
    "a: b",
    "a : b\r\n",
    " a: b\r\n",
    "a: b\r\n c\r\n",
    "a: \x7f\r\n",
  ];
  for (const fields of hostile) {
    const { text } = await answered((b, id) => {
      assert.equal(b.respond(id, 200, fields, "x"), INVALID, JSON.stringify(fields));
      assert.equal(b.begin(id, 200, fields, 1), INVALID);
    });
    assert.equal(text, "");
  }
});

test("fields at the limit pass, over it they are refused", async () => {
  const fields = (size: number): string => `a: ${"b".repeat(size - 5)}\r\n`;
  const { text } = await answered((b, id) => {
    assert.equal(b.respond(id, 200, fields(16385)), INVALID);
    assert.equal(b.respond(id, 200, fields(16384)), 0);
  });
  assert.ok(text.includes(fields(16384)));
});

test("framing is the server's: the app's own is taken out, its close is honoured", async () => {
  const fields = "Content-Length: 99\r\nx: 1\r\ntransfer-encoding: chunked\r\nCONNECTION: close\r\ny: 2\r\n";
  const { text, peer } = await answered((b, id) => b.respond(id, 200, fields, "abc"));
  assert.equal(
    text,
    `HTTP/1.1 200 OK\r\nx: 1\r\ny: 2\r\n${DATE}Connection: close\r\nContent-Length: 3\r\n\r\nabc`,
  );
  assert.ok(peer.shut);
});

test("an app's own Date stands", async () => {
  const { text } = await answered((b, id) => b.respond(id, 200, "date: today\r\n"));
  assert.equal(text, "HTTP/1.1 200 OK\r\ndate: today\r\nContent-Length: 0\r\n\r\n");
});

test("the real clock is read once a second", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => bench.respond(id, 200, "") };
  const peer = bench.connect();
  for (let count = 0; count < 100; count++) peer.send(GET);
  assert.equal(bench.clockReads, 1);
  bench.pass(1);
  assert.match(peer.send(GET).take(), /08:49:38 GMT/);
});

test("HEAD has the length of the body and no body", async () => {
  const whole = await answered((b, id) => b.respond(id, 200, "", "hello"), HEAD + GET);
  assert.equal(
    whole.text,
    `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n${DATE}Content-Length: 5\r\n\r\nhello`,
  );
  const own = await answered((b, id) => b.respond(id, 200, "content-length: 77\r\n"), HEAD);
  assert.equal(own.text, `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 77\r\n\r\n`);
  const streamed = await answered((b, id) => {
    assert.equal(b.begin(id, 200, "", -1), 0);
    assert.equal(b.write(id, "abc"), 3);
    assert.equal(b.end(id), 0);
  }, HEAD);
  assert.equal(streamed.text, `HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n`);
});

test("204 and 304 have neither body nor framing", async () => {
  for (const [status, reason] of [
    [204, "No Content"],
    [304, "Not Modified"],
  ] as const) {
    const { text } = await answered((b, id) => b.respond(id, status, "", "dropped"), GET + HEAD);
    const one = `HTTP/1.1 ${status} ${reason}\r\n${DATE}`;
    assert.equal(text, `${one}\r\n${one}\r\n`);
  }
  const { text } = await answered((b, id) => b.respond(id, 304, "content-length: 5\r\n"));
  assert.equal(text, `HTTP/1.1 304 Not Modified\r\n${DATE}Content-Length: 5\r\n\r\n`);
});

test("HTTP/1.0 is told what happens to its connection", async () => {
  const old = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  const kept = await answered((b, id) => b.respond(id, 200, ""), old + old);
  const one = `HTTP/1.1 200 OK\r\n${DATE}Connection: keep-alive\r\nContent-Length: 0\r\n\r\n`;
  assert.equal(kept.text, one + one);
  const streamed = await answered((b, id) => {
    b.begin(id, 200, "", -1);
    b.write(id, "abc");
    b.end(id);
  }, old);
  assert.equal(streamed.text, `HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\n\r\nabc`);
  assert.ok(streamed.peer.shut, "the end of the stream is the end of the body");
});

test("a response that memory cannot hold is refused whole", async () => {
  const bench = await HttpBench.start({}, 64);
  bench.app = {
    request: (id) => {
      assert.equal(bench.respond(id, 200, "", new Uint8Array(200_000)), FULL);
      assert.equal(bench.respond(id, 200, "", "small"), 0);
    },
  };
  const peer = bench.connect(1000).send(GET);
  assert.match(peer.take(), /small$/);
});
