// HTTP (80): `/` says hello, `/bytes/N` and `/chunked/N` send N bytes, `/upload` answers with length and sum of what
// comes, `/mirror` sends it back as it comes, `/wait` takes nothing and never answers, `/counters` says what the app has seen.
import {
  begin,
  end,
  listen as listenHttp,
  read,
  respond,
  StaticResponse,
  target,
  write,
} from "skerry/native/http";
import { datagrams } from "./datagrams";
import { crc32, fillPattern, report } from "./pattern";
import { accepted, closed, late } from "./streams";

const PIECE: u32 = 4096;
const REQUESTS: u32 = 4096;
const TARGET: u32 = 64;

const enum Kind {
  None,
  Bytes,
  Upload,
  Mirror,
}

@unmanaged
class Exchange {
  kind: Kind;
  sum: u32;
  received: u64;
  sent: u64;
  wanted: u64;
  /** Mirror: what came and did not go yet. */
  waiting: u32;
}

const hello = new StaticResponse(200, "content-type: text/plain\r\n", "hello, world\n");
const missing = new StaticResponse(404, "", "");
const blocks = heap.alloc(<usize>REQUESTS * (offsetof<Exchange>() + PIECE));
const piece = heap.alloc(<usize>PIECE);
const path = heap.alloc(<usize>TARGET);
let requests: u32 = 0;
let given: u32 = 0;

export function listen(): void {
  listenHttp(80);
}

export function httpRequest(request: i32): void {
  requests++;
  const length = target(request, path, TARGET);
  if (length == 1) return hello.send(request);
  if (load<u8>(path + 1) == 0x77) return; // w
  const exchange = exchangeOf(request);
  memory.fill(changetype<usize>(exchange), 0, offsetof<Exchange>());
  // The second character: /bytes/N, /chunked/N, /upload, /mirror, /counters; the third tells the last two c's apart.
  const wish = load<u8>(path + 1);
  const isChunked = wish == 0x63 && load<u8>(path + 2) == 0x68;
  if (wish == 0x62 || isChunked) return beginBytes(request, exchange, length, isChunked);
  if (wish == 0x63) return tellCounters(request);
  if (wish != 0x75 && wish != 0x6d) return missing.send(request);
  exchange.kind = wish == 0x75 ? Kind.Upload : Kind.Mirror;
  if (exchange.kind == Kind.Mirror) begin(request, 200, 0, 0, -1);
  httpReadable(request, 0);
}

export function httpReadable(request: i32, _b: i32): void {
  const exchange = exchangeOf(request);
  if (exchange.kind == Kind.Mirror) return mirror(request, exchange);
  for (;;) {
    const count = read(request, piece, PIECE);
    if (count == -5) return answerUpload(request, exchange); // Status.End
    if (count <= 0) return;
    exchange.received += count;
    exchange.sum = crc32(exchange.sum, piece, count);
  }
}

export function httpWritable(request: i32, _b: i32): void {
  const exchange = exchangeOf(request);
  if (exchange.kind == Kind.Mirror) return mirror(request, exchange);
  produce(request, exchange);
}

export function httpClosed(request: i32, _b: i32): void {
  given++;
  const exchange = exchangeOf(request);
  // What was never written to costs no memory.
  if (exchange.kind != Kind.None) exchange.kind = Kind.None;
}

function exchangeOf(request: i32): Exchange {
  const index = <usize>(request & (REQUESTS - 1));
  return changetype<Exchange>(blocks + index * (offsetof<Exchange>() + PIECE));
}

function beginBytes(request: i32, exchange: Exchange, length: i32, isChunked: bool): void {
  for (let at = 2; at < length; at++) {
    const digit = <u32>load<u8>(path + at) - 0x30;
    if (digit < 10) exchange.wanted = exchange.wanted * 10 + digit;
  }
  exchange.kind = Kind.Bytes;
  begin(request, 200, 0, 0, isChunked ? -1 : <i64>exchange.wanted);
  produce(request, exchange);
}

function produce(request: i32, exchange: Exchange): void {
  if (exchange.kind != Kind.Bytes) return;
  while (exchange.sent < exchange.wanted) {
    const count = <u32>min<u64>(exchange.wanted - exchange.sent, PIECE);
    fillPattern(piece, exchange.sent, count);
    const taken = write(request, piece, count);
    if (taken < 0) return;
    exchange.sent += taken;
    if (<u32>taken < count) return;
  }
  exchange.kind = Kind.None;
  end(request);
}

function answerUpload(request: i32, exchange: Exchange): void {
  const text = report(exchange.received, exchange.sum);
  exchange.kind = Kind.None;
  respond(request, 200, 0, 0, changetype<usize>(text), text.byteLength);
}

function mirror(request: i32, exchange: Exchange): void {
  const place = changetype<usize>(exchange) + offsetof<Exchange>();
  for (;;) {
    if (exchange.waiting == 0) {
      const count = read(request, place, PIECE);
      if (count == -5) return finishMirror(request, exchange);
      if (count <= 0) return;
      exchange.waiting = count;
    }
    const taken = write(request, place, exchange.waiting);
    if (taken < 0) return;
    exchange.waiting -= taken;
    if (exchange.waiting > 0) return memory.copy(place, place + taken, exchange.waiting);
  }
}

function finishMirror(request: i32, exchange: Exchange): void {
  exchange.kind = Kind.None;
  end(request);
}

function tellCounters(request: i32): void {
  const text = String.UTF8.encode(
    `{"accepted":${accepted},"closed":${closed},"late":${late},"datagrams":${datagrams},"requests":${requests},"given":${given}}\n`,
  );
  const fields = String.UTF8.encode("content-type: application/json\r\n");
  respond(
    request,
    200,
    changetype<usize>(fields),
    fields.byteLength,
    changetype<usize>(text),
    text.byteLength,
  );
}
