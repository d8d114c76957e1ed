import test from "node:test";
import assert from "node:assert/strict";
import { HttpBench, type Peer } from "../../../tools/http-bench.ts";
import { textOf } from "../../../tools/latin.ts";
import { CASES, type Expected, WAITS } from "./conformance.cases.ts";
import { HOPELESS } from "./hopeless.cases.ts";

/** An app that reads every body to its end, then answers, and notes what it saw. */
async function reader(): Promise<{ bench: HttpBench; seen: string[] }> {
  const seen: string[] = [];
  const bodies = new Map<number, string>();
  const bench = await HttpBench.start();
  const go = (id: number): void => {
    for (;;) {
      const got = bench.read(id);
      if (typeof got === "number") {
        if (got === -5) finish(id);
        return;
      }
      bodies.set(id, (bodies.get(id) ?? "") + textOf(got));
    }
  };
  const finish = (id: number): void => {
    seen.push(`${bench.methodName(id)} ${bench.target(id)} ${bodies.get(id) ?? ""}`);
    assert.equal(bench.respond(id, 200, ""), 0);
  };
  bench.app = { request: go, readable: go, closed: (id) => void bodies.delete(id) };
  return { bench, seen };
}

/** What came of a request, in the words of the table. */
function outcome(peer: Peer, seen: string[]): Expected {
  const statuses = [...peer.take().matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  const last = statuses.at(-1);
  if (last !== undefined && last >= 400) {
    assert.ok(peer.shut, "the stream ends after a refusal");
    return last;
  }
  assert.equal(statuses.length, seen.length);
  return seen.length === 0 ? WAITS : seen.join(" | ");
}

async function expectAll(send: (peer: Peer, raw: string) => void, cases = CASES): Promise<void> {
  const { bench, seen } = await reader();
  for (const [name, raw, expected] of cases) {
    seen.length = 0;
    const peer = bench.connect();
    send(peer, raw);
    assert.equal(outcome(peer, seen), expected, name);
    peer.finish().reset();
    assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, longHeads: 0 }, name);
  }
}

test("requests that come at once are read as the table says", async () => {
  await expectAll((peer, raw) => void peer.send(raw));
});

test("a request that is like the one before it is read as if it were the first", async () => {
  const { bench, seen } = await reader();
  const first = "POST /abc HTTP/1.1\r\nHost: ab\r\nContent-Length: 3\r\nX-A: 12345\r\n\r\nxyz";
  for (let at = 0; at < first.length; at++) {
    for (const other of ["x", "1", " ", ":", "\r", "\n", "\0"]) {
      const raw = first.slice(0, at) + other + first.slice(at + 1);
      seen.length = 0;
      const alone = bench.connect();
      alone.send(raw);
      const expected = outcome(alone, seen);
      seen.length = 0;
      const peer = bench.connect();
      peer.send(first).send(first);
      assert.equal(outcome(peer, seen), "POST /abc xyz | POST /abc xyz");
      seen.length = 0;
      peer.send(raw);
      assert.equal(outcome(peer, seen), expected, JSON.stringify(raw));
      for (const each of [alone, peer]) each.finish().reset();
    }
  }
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
});

test("requests that come byte by byte are read the same", async () => {
  await expectAll((peer, raw) => void peer.sendByByte(raw));
});

test("what cannot become a request is refused with the byte that says so", async () => {
  const { bench, seen } = await reader();
  for (const [raw, status] of HOPELESS) {
    seen.length = 0;
    const peer = bench.connect().send(raw.slice(0, -1));
    assert.equal(outcome(peer, seen), WAITS, JSON.stringify(raw.slice(0, -1)));
    peer.send(raw.slice(-1));
    assert.equal(outcome(peer, seen), status, JSON.stringify(raw));
    peer.finish().reset();
  }
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
});

test("a cut at any place changes nothing", async () => {
  const { bench, seen } = await reader();
  for (const [name, raw, expected] of CASES.filter(([, bytes]) => bytes.length < 400)) {
    for (let at = 1; at < raw.length; at++) {
      seen.length = 0;
      const peer = bench.connect();
      peer.send(raw.slice(0, at)).send(raw.slice(at));
      assert.equal(outcome(peer, seen), expected, `${name}, cut at ${at}`);
      peer.reset();
    }
  }
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
});

test("a stream that offers short runs changes nothing", async () => {
  const { bench, seen } = await reader();
  for (const longest of [2, 7, 64, 1000, 2040]) {
    bench.longestOffer = longest;
    for (const [name, raw, expected] of CASES) {
      seen.length = 0;
      const peer = bench.connect();
      peer.send(raw);
      assert.equal(outcome(peer, seen), expected, name);
      peer.reset();
    }
  }
});
