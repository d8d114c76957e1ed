// TCP: echo (7), a sink that answers with length and sum (9), a source of as many bytes as it is asked for (19).
import { listen as listenTcp, read, shutdown, write } from "skerry/native/tcp";
import { crc32, fillPattern, report } from "./pattern";

const PIECE: u32 = 2048;
const CONNECTIONS: u32 = 4096;

const enum Kind {
  None,
  Echo,
  Sink,
  Source,
}

@unmanaged
class Stream {
  kind: Kind;
  sum: u32;
  /** Bytes that came, and that went. */
  received: u64;
  sent: u64;
  /** Source: how many to send. */
  wanted: u64;
  isAsked: bool;
  isOver: bool;
  /** Echo: what came and did not go yet. */
  waiting: u32;
}

/** What the app has seen of its connections. */
export let accepted: u32 = 0;
export let closed: u32 = 0;
/** Bytes that came after the source had said that it was done. */
export let late: u64 = 0;

const blocks = heap.alloc(<usize>CONNECTIONS * (offsetof<Stream>() + PIECE));
const piece = heap.alloc(<usize>PIECE);
let echo: i32 = -1;
let sink: i32 = -1;

export function listen(): void {
  echo = listenTcp(7);
  sink = listenTcp(9);
  listenTcp(19);
}

export function tcpAccepted(listener: i32, connection: i32): void {
  accepted++;
  const stream = streamOf(connection);
  memory.fill(changetype<usize>(stream), 0, offsetof<Stream>());
  stream.kind = listener == echo ? Kind.Echo : listener == sink ? Kind.Sink : Kind.Source;
}

export function tcpReadable(connection: i32, _b: i32): void {
  const stream = streamOf(connection);
  if (stream.kind == Kind.Echo) return mirror(connection, stream);
  for (;;) {
    const count = read(connection, piece, PIECE);
    if (count <= 0) return;
    stream.received += count;
    if (stream.kind == Kind.Sink) stream.sum = crc32(stream.sum, piece, count);
    else ask(connection, stream, count);
  }
}

export function tcpWritable(connection: i32, _b: i32): void {
  const stream = streamOf(connection);
  if (stream.kind == Kind.Echo) mirror(connection, stream);
  if (stream.kind == Kind.Source) produce(connection, stream);
}

export function tcpFinished(connection: i32, _b: i32): void {
  const stream = streamOf(connection);
  if (stream.kind == Kind.Echo) return mirror(connection, stream);
  if (stream.kind == Kind.Sink) {
    const text = report(stream.received, stream.sum);
    write(connection, changetype<usize>(text), text.byteLength);
    shutdown(connection);
  }
  if (stream.kind == Kind.Source && !stream.isAsked) shutdown(connection);
}

export function tcpClosed(connection: i32, _reason: i32): void {
  closed++;
  streamOf(connection).kind = Kind.None;
}

function streamOf(connection: i32): Stream {
  const index = <usize>(connection & (CONNECTIONS - 1));
  return changetype<Stream>(blocks + index * (offsetof<Stream>() + PIECE));
}

/** Sends back what came; takes no more than can go. */
function mirror(connection: i32, stream: Stream): void {
  const place = changetype<usize>(stream) + offsetof<Stream>();
  for (;;) {
    if (stream.waiting == 0) {
      const count = read(connection, place, PIECE);
      if (count == -5) shutdown(connection); // Status.End
      if (count <= 0) return;
      stream.waiting = count;
    }
    const taken = write(connection, place, stream.waiting);
    if (taken < 0) return;
    stream.waiting -= taken;
    if (stream.waiting > 0) return memory.copy(place, place + taken, stream.waiting);
  }
}

/** The source's question: a decimal number and a line's end. */
function ask(connection: i32, stream: Stream, count: u32): void {
  if (stream.isOver) late += count;
  for (let at: u32 = 0; at < count && !stream.isAsked; at++) {
    const digit = load<u8>(piece + at);
    if (digit == 0x0a) stream.isAsked = true;
    else stream.wanted = stream.wanted * 10 + digit - 0x30;
  }
  if (stream.isAsked && !stream.isOver) produce(connection, stream);
}

function produce(connection: i32, stream: Stream): void {
  while (stream.sent < stream.wanted) {
    const count = <u32>min<u64>(stream.wanted - stream.sent, PIECE);
    fillPattern(piece, stream.sent, count);
    const taken = write(connection, piece, count);
    if (taken < 0) return;
    stream.sent += taken;
    if (<u32>taken < count) return;
  }
  if (!stream.isAsked || stream.isOver) return;
  stream.isOver = true;
  shutdown(connection);
}
