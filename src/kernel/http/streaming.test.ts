import test from "node:test";
import assert from "node:assert/strict";
import { HttpBench } from "../../../tools/http-bench.ts";
import { textOf } from "../../../tools/latin.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const MEBIBYTE = 1 << 20;

/** Takes chunked coding apart; throws where it is not whole. */
function unchunk(text: string): string {
  let content = "";
  for (let at = 0; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    assert.ok(size >= 0 && text.slice(at + size, at + size + 2) === "\r\n");
    if (size === 0) return content;
    content += text.slice(at, at + size);
    at += size + 2;
  }
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

const PATTERN = Uint8Array.from({ length: MEBIBYTE }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

/** Writes all of `PATTERN` as room allows, `part` bytes a call. */
function streamer(bench: HttpBench, size: number, part: number): void {
  let at = 0;
  const go = (id: number): void => {
    while (at < PATTERN.length) {
      const bytes = PATTERN.subarray(at, at + part);
      const taken = bench.write(id, bytes);
      assert.ok(taken >= 0 && taken <= bytes.length);
      at += taken;
      if (taken < bytes.length) return;
    }
    assert.equal(bench.end(id), 0);
  };
  bench.app = {
    request: (id) => {
      at = 0;
      assert.equal(bench.begin(id, 200, "", size), 0);
      go(id);
    },
    writable: go,
  };
}

for (const [name, size] of [
  ["a length", MEBIBYTE],
  ["chunks", -1],
] as const) {
  test(`a response with ${name} keeps to the room there is, byte for byte`, async () => {
    for (const [room, part] of [
      [100_000, 65_536],
      [1000, 300_000],
      [7, 5000],
      [1, 100],
    ] as const) {
      const bench = await HttpBench.start();
      streamer(bench, size, part);
      const peer = bench.connect(room).send(GET);
      const limit = room < 100 ? 20_000 : Infinity; // small steps need not go all the way
      let text = peer.take();
      for (let given = room; !peer.shut && given < limit; given += room) {
        assert.ok(bench.inUse().chunks <= 2, "what waits is small");
        text += peer.give(room).take();
        if (
          text.length > MEBIBYTE &&
          (size < 0 ? text.endsWith("0\r\n\r\n") : bodyOf(text).length === MEBIBYTE)
        )
          break;
      }
      if (limit !== Infinity) continue;
      const body = size < 0 ? unchunk(bodyOf(text)) : bodyOf(text);
      assert.equal(body, textOf(PATTERN));
      assert.equal(bench.inUse().chunks, 0);
    }
  });
}

test("an app that is told to wait is told to go on once, when all has left", async () => {
  const bench = await HttpBench.start();
  bench.app = {
    request: (id) => {
      bench.begin(id, 200, "", -1);
      bench.write(id, "x".repeat(10_000));
    },
  };
  const peer = bench.connect(1000).send(GET);
  const writable = (): number => bench.entered.filter((entry) => entry.startsWith("writable")).length;
  assert.equal(writable(), 0);
  peer.give(100_000);
  assert.equal(writable(), 1);
  peer.give(100_000);
  assert.equal(writable(), 1);
});

test("a response given at once leaves as room allows, then the next request is read", async () => {
  const bench = await HttpBench.start();
  bench.app = { request: (id) => assert.equal(bench.respond(id, 200, "", PATTERN.subarray(0, 50_000)), 0) };
  const peer = bench.connect(10_000).send(GET + GET);
  assert.equal(bench.entered.length, 1, "the second request waits for the first response");
  let text = peer.take();
  for (let count = 0; count < 20; count++) text += peer.give(10_000).take();
  assert.equal(text.length, 2 * (bodyStart(text) + 50_000));
  assert.equal(bench.inUse().chunks, 0);
});

function bodyStart(text: string): number {
  return text.indexOf("\r\n\r\n") + 4;
}

test("an echo of chunks returns every byte, with back-pressure both ways", async () => {
  const bench = await HttpBench.start();
  let waiting: Uint8Array = new Uint8Array(0);
  const go = (id: number): void => {
    for (;;) {
      if (waiting.length > 0) {
        waiting = waiting.slice(bench.write(id, waiting));
        if (waiting.length > 0) return;
      }
      const got = bench.read(id, 4096);
      if (typeof got === "number") {
        if (got === -5) assert.equal(bench.end(id), 0);
        return;
      }
      waiting = got;
    }
  };
  bench.app = { request: (id) => (bench.begin(id, 200, "", -1), go(id)), readable: go, writable: go };
  const peer = bench.connect(5000);
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  let text = "";
  for (let at = 0; at < 200_000; at += 777) {
    const part = PATTERN.subarray(at, Math.min(at + 777, 200_000));
    peer
      .send(`${part.length.toString(16)};x=y\r\n`)
      .send(part)
      .send("\r\n");
    assert.ok(bench.inUse().chunks <= 4);
    if (at % 3 === 0) text += peer.give(3000).take();
  }
  peer.send("0\r\nTrailer: x\r\n\r\n");
  for (let count = 0; count < 300; count++) text += peer.give(3000).take();
  assert.equal(unchunk(bodyOf(text)), textOf(PATTERN.subarray(0, 200_000)));
  peer.finish();
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
});

test("bytes the app does not ask for stay with the stream", async () => {
  const bench = await HttpBench.start();
  const peer = bench.connect();
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n").send(new Uint8Array(100_000));
  assert.equal(peer.pending.length, 100_000);
  assert.equal(bench.inUse().chunks, 1, "the head alone is kept");
});

test("a stream that ends while bytes wait gives all memory back", async () => {
  for (const closesAtOnce of [false, true]) {
    const bench = await HttpBench.start({}, 24);
    bench.closesAtOnce = closesAtOnce;
    bench.app = { request: (id) => (bench.begin(id, 200, "", -1), void bench.write(id, "x".repeat(3000))) };
    for (let count = 0; count < 100; count++) {
      const peer = bench.connect(100).send(GET);
      if (count % 2 === 0) peer.finish();
      peer.reset();
    }
    assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
  }
});
