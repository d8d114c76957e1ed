/** WebSockets over streams that the test makes up: handshakes, frames however they are cut, both ends' ways to close. */
import test from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { HttpBench, type Peer } from "../../../../tools/http-bench.ts";
import { type Bytes, join, textOf } from "../../../../tools/latin.ts";
import {
  close,
  echo,
  FINAL,
  frame,
  framesOf,
  HANDSHAKE,
  open,
  text,
} from "../../../../tools/websocket-peer.ts";
import { CASES } from "./cases.harness.ts";

const GONE = -2;
const INVALID = -3;
const FULL = -4;
const REFUSED = -7;
const NOTHING = { chunks: 0, connections: 0, longHeads: 0 };

function expectNothing(bench: HttpBench): void {
  assert.deepEqual(bench.inUse(), NOTHING);
  assert.equal(bench.kernel.socketsInUse(), 0);
}

async function expectAll(send: (peer: Peer, bytes: Uint8Array) => void, cases = CASES): Promise<void> {
  const bench = await HttpBench.start();
  const { closed } = echo(bench);
  for (const [name, bytes, answer, ends] of cases) {
    const peer = open(bench);
    send(peer, bytes);
    if (ends === undefined) peer.send(close(1000));
    const sent = framesOf(peer.take());
    const expected = ends === undefined ? [...answer, "close 1000"] : answer;
    assert.deepEqual(sent, expected, name);
    assert.ok(peer.shut, `${name}: the server ends the stream`);
    peer.finish();
    assert.deepEqual(closed.splice(0), [ends ?? "1000"], name);
    expectNothing(bench);
  }
}

test("frames that come at once are answered as the table says", async () => {
  await expectAll((peer, bytes) => void peer.send(bytes));
});

test("frames that come byte by byte are answered the same", async () => {
  const short = CASES.filter(([, bytes]) => bytes.length < 2000);
  await expectAll((peer, bytes) => void peer.sendByByte(bytes), short);
});

test("frames right behind the request are not lost", async () => {
  const bench = await HttpBench.start();
  echo(bench);
  const peer = bench.connect().send(join([Buffer.from(HANDSHAKE), text("early")]));
  const sent = peer.take();
  assert.deepEqual(framesOf(sent.slice(sent.indexOf("\r\n\r\n") + 4)), ["1:early"]);
});

test("a handshake is what RFC 6455 says, and nothing else", async () => {
  const bench = await HttpBench.start();
  const { sockets } = echo(bench);
  const variants: [number, string, string][] = [
    [INVALID, "GET ", "POST "],
    [INVALID, "HTTP/1.1", "HTTP/1.0"],
    [INVALID, "Upgrade: websocket", "Upgrade: h2c"],
    [INVALID, "Upgrade: websocket\r\n", ""],
    [INVALID, "keep-alive, Upgrade", "keep-alive"],
    [REFUSED, "Version: 13", "Version: 8"],
    [REFUSED, "Sec-WebSocket-Version: 13\r\n", ""],
    [INVALID, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"],
    [INVALID, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ==="],
    [INVALID, "\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"],
    [INVALID, "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n"],
  ];
  for (const [status, from, to] of variants) {
    const peer = bench.connect().send(HANDSHAKE.replace(from, to));
    assert.equal(sockets.pop(), status, `${from} -> ${to}`);
    peer.reset();
  }
  for (const good of ["Upgrade: h2c, WebSocket", "UPGRADE: websocket"]) {
    bench.connect().send(HANDSHAKE.replace("Upgrade: websocket", good)).reset();
    assert.ok(sockets.pop()! > 0, good);
  }
  bench.app.request = (id) =>
    assert.equal(
      bench.callWith("websocket_accept", [id], "a: b\nc: d\r\n", 0),
      INVALID,
      "fields are checked",
    );
  bench.connect().send(HANDSHAKE).reset();
  bench.app.request = (id) =>
    assert.ok(
      bench.callWith("websocket_accept", [id], "Sec-WebSocket-Protocol: chat\r\nConnection: close\r\n", 0) >
        0,
    );
  const peer = bench.connect().send(HANDSHAKE);
  assert.equal(
    peer.take(),
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
  );
  peer.reset();
  expectNothing(bench);
});

test("a message beyond the limit is refused before it is read", async () => {
  const bench = await HttpBench.start();
  const { closed } = echo(bench, 1000);
  const whole = open(bench).send(frame(FINAL | 2, "x".repeat(1001)).slice(0, 8));
  assert.deepEqual(framesOf(whole.take()), ["close 1009"]);
  const pieces = open(bench).send(join([frame(2, "x".repeat(900)), frame(0, "x".repeat(101))]));
  assert.deepEqual(framesOf(pieces.take()), ["close 1009"]);
  assert.deepEqual(closed, ["-1009", "-1009"]);
  const fits = open(bench).send(join([frame(2, "x".repeat(900)), frame(FINAL, "x".repeat(100))]));
  assert.deepEqual(framesOf(fits.take()), [`2:${"x".repeat(1000)}`]);
});

test("the app closes, the peer answers, the stream ends", async () => {
  const bench = await HttpBench.start();
  const { closed, sockets } = echo(bench);
  const peer = open(bench);
  const socket = sockets.pop()!;
  const bye = (code: number, reason: Bytes = ""): number =>
    bench.callWith("websocket_close", [socket, code], reason);
  for (const code of [999, 1004, 1006, 1015, 2999, 5000]) assert.equal(bye(code), INVALID);
  assert.equal(bye(1000, "x".repeat(124)), INVALID);
  assert.equal(bye(1000, Uint8Array.of(0xff)), INVALID);
  assert.equal(bye(4000, "enough"), 0);
  assert.equal(bye(4000), GONE);
  assert.equal(bench.callWith("websocket_send", [socket, FINAL | 1], "late"), GONE);
  peer.send(join([text("unheard"), frame(2, "a"), frame(FINAL | 9, "p"), frame(FINAL, "\xff")]));
  assert.deepEqual(framesOf(peer.take()), ["close 4000 enough"]);
  assert.deepEqual(closed, []);
  peer.send(close(4000)).finish();
  assert.deepEqual(closed, ["4000"]);
  expectNothing(bench);
});

test("a peer that never closes, goes away, or is silent does not hold its socket", async () => {
  const bench = await HttpBench.start();
  const { closed, sockets } = echo(bench);
  open(bench);
  bench.callWith("websocket_close", [sockets.pop()!, 1005], "");
  const chatty = open(bench);
  bench.callWith("websocket_close", [sockets.pop()!, 1000], "");
  bench.pass(5);
  chatty.send(text("I go on"));
  bench.pass(6);
  assert.deepEqual(closed.splice(0), ["1006", "1006"]);
  open(bench).reset();
  open(bench).finish();
  assert.deepEqual(closed.splice(0), ["1006", "1006"]);
  const silent = open(bench);
  bench.pass(61);
  assert.deepEqual(framesOf(silent.take()), ["9:"]);
  silent.send(frame(FINAL | 10));
  bench.pass(61);
  assert.deepEqual(framesOf(silent.take()), ["9:"], "asked again");
  bench.pass(31);
  assert.deepEqual(closed.splice(0), ["1006"]);
  expectNothing(bench);
});

test("what the app sends waits for room and arrives whole", async () => {
  const bench = await HttpBench.start();
  const { sockets } = echo(bench);
  const peer = bench.connect(300).send(HANDSHAKE);
  peer.take();
  const socket = sockets.pop()!;
  const send = (frame_: number, bytes: string): number =>
    bench.callWith("websocket_send", [socket, frame_], bytes);
  assert.equal(send(0, "no message is begun"), INVALID);
  assert.equal(send(3, "x"), INVALID);
  assert.equal(send(FINAL | 1, "x".repeat(65537)), INVALID);
  assert.equal(send(2, "a".repeat(50_000)), 0);
  assert.equal(send(FINAL, "b"), FULL);
  let woken = 0;
  bench.app.socketWritable = () => {
    woken++;
    assert.equal(send(FINAL | 2, "a new one"), INVALID);
    assert.equal(send(FINAL, "b"), 0);
  };
  for (let round = 0; round < 200; round++) peer.give(300);
  assert.equal(woken, 1);
  assert.deepEqual(framesOf(peer.take()), [`2+:${"a".repeat(50_000)}`, "0:b"]);
  peer.send(close(1000)).finish();
  expectNothing(bench);
});

test("a peer that pings and does not read costs one answer, that of its last ping", async () => {
  const bench = await HttpBench.start({}, 64);
  echo(bench);
  const peer = open(bench);
  peer.room = 100;
  const other = open(bench);
  for (let count = 0; count < 5000; count++) {
    peer.send(frame(FINAL | 9, `${count}`.padEnd(125)));
    assert.ok(bench.inUse().chunks <= 1, `${bench.inUse().chunks} chunks wait after ${count} pings`);
  }
  peer.send(frame(FINAL | 10, "x".repeat(125)));
  assert.deepEqual(framesOf(other.send(text("still here")).take()), ["1:still here"]);
  peer.give(1000);
  assert.deepEqual(framesOf(peer.take()), [`10:${"0".padEnd(125)}`, `10:${"4999".padEnd(125)}`]);
  assert.deepEqual(framesOf(peer.send(text("and here")).take()), ["1:and here"]);
});

test("pings and pongs are told to an app that heeds them, and to no other", async () => {
  const bench = await HttpBench.start();
  const { sockets } = echo(bench);
  const told: string[] = [];
  bench.app.socketControl = (id, opcode) => {
    const payload = bench.callFor("websocket_reason", id, 200);
    told.push(`${opcode}:${typeof payload === "number" ? "" : textOf(payload)}`);
  };
  const peer = open(bench);
  const frames = join([frame(FINAL | 9, "a"), frame(FINAL | 10, "b"), frame(FINAL | 10)]);
  assert.deepEqual(framesOf(peer.send(frames).take()), ["10:a"]);
  assert.deepEqual(told.splice(0), []);
  bench.kernel.websocket_heed(sockets[0]!);
  assert.deepEqual(framesOf(peer.sendByByte(frames).take()), ["10:a"]);
  assert.deepEqual(told.splice(0), ["9:a", "10:b", "10:"]);
  // While the answer to a ping waits for room, its payload stays.
  peer.room = 0;
  peer.send(join([frame(FINAL | 9, "first"), frame(FINAL | 9, "last"), frame(FINAL | 10, "x".repeat(125))]));
  assert.deepEqual(told.splice(0), ["9:first", "9:last", "10:"]);
  assert.deepEqual(framesOf(peer.give(1000).take()), ["10:first", "10:last"]);
  // An app that ends the socket where it is told.
  bench.app.socketControl = (id) => void bench.kernel.websocket_abort(id);
  peer.send(join([frame(FINAL | 9), text("nobody hears this")]));
  assert.ok(!bench.entered.some((entry) => /^socket(?:Closed|Readable)/.test(entry)));
  expectNothing(bench);
});

test("an app's pings and pongs leave between the frames of its message", async () => {
  const bench = await HttpBench.start();
  const { sockets } = echo(bench);
  const peer = open(bench);
  const send = (first: number, bytes: string): number =>
    bench.callWith("websocket_send", [sockets[0]!, first], bytes);
  assert.equal(send(9, "in two frames"), INVALID);
  assert.equal(send(FINAL | 9, "x".repeat(126)), INVALID);
  assert.equal(send(FINAL | 8, ""), INVALID);
  assert.equal(send(FINAL | 11, ""), INVALID);
  assert.equal(send(1, "a"), 0);
  assert.equal(send(FINAL | 9, "x".repeat(125)), 0);
  assert.equal(send(FINAL | 10, ""), 0);
  assert.equal(send(FINAL | 1, "a new message"), INVALID);
  assert.equal(send(FINAL, "b"), 0);
  assert.deepEqual(framesOf(peer.take()), ["1+:a", `9:${"x".repeat(125)}`, "10:", "0:b"]);
  peer.room = 0;
  assert.equal(send(FINAL | 9, "waits"), 0);
  assert.equal(send(FINAL | 9, "for room"), FULL);
  peer.give(1000).reset();
  expectNothing(bench);
});

test("a close frame that comes before the answer to a ping leaves without it", async () => {
  const bench = await HttpBench.start();
  echo(bench);
  const peer = open(bench);
  peer.room = 1;
  peer.send(join([frame(FINAL | 9, "1"), frame(FINAL | 9, "2"), close(1000, "bye")])).give(1000);
  assert.deepEqual(framesOf(peer.take()), ["10:1", "close 1000"]);
  assert.ok(peer.shut);
});

test("bytes that the app does not read stay with the stream", async () => {
  const bench = await HttpBench.start();
  const { sockets } = echo(bench);
  const read = bench.app.socketReadable!;
  delete bench.app.socketReadable;
  const peer = open(bench).send(text("x".repeat(5000)));
  for (let count = 0; count < 10; count++) peer.send(text("y".repeat(1000)));
  assert.ok(peer.pending.length >= 14_000);
  assert.equal(bench.inUse().chunks, 0);
  bench.app.socketReadable = read;
  bench.callFor("websocket_read", sockets[0]!, 100);
  bench.settle();
  assert.equal(framesOf(peer.take()).length, 11);
});

test("an app that goes down has its peers told to come again", async () => {
  const bench = await HttpBench.start();
  echo(bench);
  const peer = open(bench);
  bench.kernel.loseApp();
  bench.kernel.dropSockets();
  assert.deepEqual(framesOf(peer.take()), ["close 1012"]);
  peer.finish();
  expectNothing(bench);
});

test("SHA-1 is Node's", async () => {
  const { kernel } = await HttpBench.start();
  const at = kernel.start(16) as number;
  const memory = new Uint8Array(kernel.memory.buffer);
  for (let length = 0; length < 120; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 255);
    memory.set(bytes, at);
    kernel.digest(at, length, at + 256);
    const digest = Buffer.from(memory.subarray(at + 256, at + 276)).toString("hex");
    assert.equal(digest, createHash("sha1").update(bytes).digest("hex"));
  }
});
