/** Peers that move a byte now and then: what they may hold, and who must not suffer for it. */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Status } from "../../abi/status.ts";
import { HttpBench, type Peer } from "../../../tools/http-bench.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const upload = (size: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`;
const HOUR = 3600;

/** The server in which a byte, be it one, buys all of the time anew. */
function withoutRate(): Record<string, string> {
  const text = readFileSync(path.join(import.meta.dirname, "patience.ts"), "utf8");
  const rate = "const TIME_OF_BYTE: i64 = SECOND / PEER_RATE;";
  assert.ok(text.includes(rate), "the control controls");
  return { "http/patience.ts": text.replace(rate, "const TIME_OF_BYTE: i64 = PATIENCE;") };
}

const start = (weakened: boolean): Promise<HttpBench> =>
  HttpBench.start({}, 256, weakened ? withoutRate() : {});

/** An app that reads whatever comes, and answers at the body's end. */
function reads(bench: HttpBench): void {
  const readAll = (id: number): void => {
    let got = bench.read(id);
    while (typeof got !== "number" && got.length > 0) got = bench.read(id);
    if (got === Status.End) bench.respond(id, 200, "");
  };
  bench.app = { request: readAll, readable: readAll };
}

/** An app whose answer is as long as anybody takes. */
function writes(bench: HttpBench): void {
  const write = (id: number): void => {
    while (bench.write(id, "x".repeat(1000)) === 1000);
  };
  bench.app = { request: (id) => (bench.begin(id, 200, "", -1), write(id)), writable: write };
}

const isGone = (peer: Peer): boolean => peer.aborted || peer.shut;

/** Does something each `seconds` for up to an hour: how many seconds the server bore it. */
function bore(bench: HttpBench, peer: Peer, seconds: number, act: () => void): number {
  let passed = 0;
  for (; passed < HOUR && !isGone(peer); passed += seconds) {
    act();
    bench.pass(seconds);
  }
  return passed;
}

async function sending(bytes: number, seconds: number, weakened = false): Promise<number> {
  const bench = await start(weakened);
  reads(bench);
  const peer = bench.connect().send(upload(10_000_000));
  return bore(bench, peer, seconds, () => void peer.send("x".repeat(bytes)));
}

async function taking(bytes: number, seconds: number, weakened = false): Promise<number> {
  const bench = await start(weakened);
  writes(bench);
  const peer = bench.connect(20_000).send(GET);
  return bore(bench, peer, seconds, () => void peer.give(bytes));
}

test("a byte of a body each 29 s buys a minute at most", async () => {
  assert.ok((await sending(1, 29)) <= 58);
  assert.ok((await sending(1, 29, true)) >= HOUR, "control: without a rate, an hour and more");
});

test("a byte of a response taken each 29 s buys a minute at most", async () => {
  assert.ok((await taking(1, 29)) <= 58);
  assert.ok((await taking(1, 29, true)) >= HOUR, "control: without a rate, an hour and more");
});

/** As `taking`, where the stream tells of room only once there is much of it: what is acknowledged counts before. */
async function acknowledging(bytes: number, seconds: number): Promise<number> {
  const bench = await start(false);
  writes(bench);
  const peer = bench.connect(2_000_000).send(GET);
  return bore(bench, peer, seconds, () => void (peer.outstanding -= bytes));
}

test("bytes that were acknowledged count, though there is no room to write yet", async () => {
  assert.ok((await acknowledging(300, 1)) >= HOUR);
  assert.ok((await acknowledging(200, 1)) < 300);
});

test("who moves more than the rate may go on, who moves less may not", async () => {
  assert.ok((await sending(300, 1)) >= HOUR);
  assert.ok((await sending(200, 1)) < 300);
  assert.ok((await taking(300, 1)) >= HOUR);
  assert.ok((await taking(200, 1)) < 300);
});

test("a stock is worth half a minute, however large", async () => {
  const bench = await start(false);
  reads(bench);
  const peer = bench.connect().send(upload(10_000_000)).send("x".repeat(1_000_000));
  bench.pass(29);
  assert.ok(!isGone(peer));
  bench.pass(2);
  assert.ok(isGone(peer));
});

test("a pause is forgiven when it was made up for, and then forgiven again", async () => {
  const bench = await start(false);
  reads(bench);
  const peer = bench.connect().send(upload(10_000_000));
  for (let round = 0; round < 10; round++) {
    bench.pass(25);
    peer.send("x".repeat(25 * 240));
  }
  assert.ok(!isGone(peer));
});

test("a new request each time does not buy the time anew", async () => {
  const bench = await start(false);
  reads(bench);
  const peer = bench.connect();
  const act = (): void => void peer.send("x").send(upload(1));
  peer.send(upload(1));
  assert.ok(bore(bench, peer, 25, act) <= 75);
});

test("a body that nobody reads pays too, and a response that waits as a whole", async () => {
  const answering = await start(false);
  answering.app = { request: (id) => void answering.respond(id, 200, "") };
  const sender = answering.connect().send(upload(100_000));
  assert.ok(bore(answering, sender, 29, () => void sender.send("x")) <= 58);
  const whole = await start(false);
  whole.app = { request: (id) => void whole.respond(id, 200, "", "x".repeat(60_000)) };
  const taker = whole.connect(100).send(GET);
  assert.ok(bore(whole, taker, 29, () => void taker.give(1)) <= 58);
  const patient = whole.connect(100).send(GET);
  let text = "";
  for (let second = 0; second < 240; second++) {
    bench300(whole, patient);
    text += patient.take();
  }
  assert.ok(text.endsWith("x".repeat(60_000)), "300 bytes a second are enough for all of it");
});

function bench300(bench: HttpBench, peer: Peer): void {
  peer.give(300);
  bench.pass(1);
}

test("an app that takes its time costs its peer nothing: events, a body read late, an answer written late", async () => {
  const bench = await start(false);
  const ids: number[] = [];
  bench.app = { request: (id) => void ids.push(id) };
  const events = bench.connect().send(GET);
  bench.begin(ids[0]!, 200, "", -1);
  for (let round = 0; round < 20; round++) {
    bench.pass(200);
    assert.equal(bench.write(ids[0]!, "data: x\n\n"), 9);
  }
  assert.ok(!isGone(events));
  const late = bench.connect().send(upload(3)).send("abc");
  bench.pass(HOUR);
  bench.app.readable = (id) => assert.equal((bench.read(id) as Uint8Array).length, 3);
  assert.equal(bench.read(ids[1]!), Status.Again, "they are still with the stream");
  bench.settle();
  bench.pass(HOUR);
  assert.equal(bench.respond(ids[1]!, 200, ""), 0);
  assert.match(late.take(), /^HTTP\/1\.1 200/);
  late.send(upload(3));
  bench.pass(20);
  assert.ok(!isGone(late), "none of its patience was used up");
});
