/**
 * Requests of any bytes, cut anywhere, over a stream with any room: the server must not trap, must give everything
 * back, and must answer exactly as if all bytes had come at once.
 */
import assert from "node:assert/strict";
import { CASES } from "../src/kernel/http/conformance.cases.ts";
import { HttpBench, type Peer } from "../tools/http-bench.ts";
import { bytesOf, join } from "../tools/latin.ts";
import { randomFrom, type FuzzTarget } from "./target.ts";

const SEED_SIZE_LIMIT = 400;
/** An interim response depends on when the body comes, and on nothing else. */
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const END = -5;

/** By the length of its target, a request is answered at once, after its body, or never read. */
function serve(bench: HttpBench): void {
  const bodies = new Map<number, Uint8Array>();
  const read = (id: number): void => {
    for (;;) {
      const got = bench.read(id, 1000);
      if (typeof got !== "number") {
        bodies.set(id, join([bodies.get(id) ?? new Uint8Array(0), got]));
        continue;
      }
      if (got === END) bench.respond(id, 200, "x: y\r\n", bodies.get(id) ?? "");
      return;
    }
  };
  bench.app = {
    request(id) {
      bodies.clear();
      const seen = `${bench.methodName(id)} ${bench.target(id)} ${bench.headers(id)} ${bench.header(id, "x")}`;
      if (bench.target(id).length % 3 !== 1) bench.respond(id, 200, "", seen.replace(/[\r\n]/g, ";"));
      else read(id);
    },
    readable: read,
  };
}

function answerOf(peer: Peer): string {
  peer.finish();
  for (let round = 0; round < 1000 && !peer.closed && peer.blocked; round++) peer.give(100_000);
  const text = peer.take().replaceAll(CONTINUE, "");
  const end = peer.shut ? " shut" : peer.aborted ? " aborted" : "";
  peer.reset();
  return text + end;
}

let bench: HttpBench | undefined;

async function start(): Promise<HttpBench> {
  bench ??= await HttpBench.start();
  serve(bench);
  return bench;
}

async function run(input: Uint8Array): Promise<void> {
  const server = bench ?? (await start());
  const whole = answerOf(server.connect().send(input));
  const random = randomFrom(input.reduce((sum, byte) => Math.imul(sum, 31) + byte, input.length));
  server.closesAtOnce = random(2) === 0;
  server.longestOffer = 1 + random(300);
  const peer = server.connect(random(500));
  for (let at = 0; at < input.length;) {
    const size = 1 + random(random(2) === 0 ? 8 : 200);
    peer.send(input.subarray(at, at + size));
    if (random(3) === 0) peer.give(random(300));
    at += size;
  }
  const cut = answerOf(peer);
  server.longestOffer = 1 << 20;
  server.entered.length = 0;
  assert.equal(cut, whole);
  assert.deepEqual(server.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
}

// Requests put together from parts, most of them good: mutation alone seldom comes past a head. ----------------

const LINES = [
  "GET / HTTP/1.1",
  "POST /ab HTTP/1.1",
  "HEAD /abc HTTP/1.1",
  "PUT /abcd HTTP/1.1",
  "GET / HTTP/1.0",
];
const FIELDS = [
  "X: y",
  "X:\t z ",
  "Content-Length: 5",
  "Content-Length: 0",
  "Transfer-Encoding: chunked",
  "Connection: keep-alive",
  "Connection: close",
  "Expect: 100-continue",
  `Long: ${"a".repeat(3000)}`,
];
const BODIES = [
  "",
  "hello",
  "5\r\nhello\r\n0\r\n\r\n",
  "1;a=b\r\nx\r\n00\r\nT: u\r\n\r\n",
  "2\r\nab\r\n",
  "0\r\n\r\n",
];
const FLAWS = ["", "\r", "\n", "\0", " ", "\r\n", "\x80", ":", ";"];

/** One to four requests; at most one flaw, anywhere. */
export function composeRequests(random: (limit: number) => number): Uint8Array {
  const one = (choices: readonly string[]): string => choices[random(choices.length)]!;
  let text = "";
  for (let count = 1 + random(4); count > 0; count--) {
    text += `${one(LINES)}\r\nHost: a\r\n`;
    for (let fields = random(4); fields > 0; fields--) text += `${one(FIELDS)}\r\n`;
    text += `\r\n${one(BODIES)}`;
  }
  const at = random(text.length);
  return bytesOf(text.slice(0, at) + (random(3) === 0 ? one(FLAWS) : "") + text.slice(at));
}

export const target: FuzzTarget = {
  name: "http",
  corpus: CASES.map(([, raw]) => bytesOf(raw)).filter((bytes) => bytes.length < SEED_SIZE_LIMIT),
  run,
};
