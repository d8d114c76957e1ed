import test from "node:test";
import assert from "node:assert/strict";
import { duplexPair, socketPair } from "./test-duplex.ts";
import { FRAME_BYTES_LIMIT, FrameReader } from "./frame-reader.ts";
import { streamDevice } from "./stream.ts";

const framed = (...frames: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.length);
      return [length, frame];
    }),
  );
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

function readAll(pieces: readonly Uint8Array[]) {
  const frames: Uint8Array[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  let problem: string | undefined;
  for (const piece of pieces) problem = reader.push(piece);
  return { lengths: frames.map(({ length }) => length), frames, problem, end: reader.end() };
}

test("frames come whole, however the stream was cut", () => {
  const bytes = framed(filled(1, 1), filled(60, 2), filled(FRAME_BYTES_LIMIT, 3), filled(1514, 4));
  for (const size of [1, 3, 4, 5, 64, 1000, bytes.length]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    const { lengths, frames, problem, end } = readAll(pieces);
    assert.deepEqual(lengths, [1, 60, FRAME_BYTES_LIMIT, 1514], `in pieces of ${size}`);
    assert.ok(frames.every((frame, index) => frame.every((byte) => byte === index + 1)));
    assert.deepEqual([problem, end], [undefined, undefined]);
  }
});

test("a length that no frame has is a result, and nothing after it is read", () => {
  const large = Buffer.alloc(4);
  large.writeUInt32BE(FRAME_BYTES_LIMIT + 1);
  const after = readAll([framed(filled(9, 1)), large, framed(filled(9, 1))]);
  assert.deepEqual(after.lengths, [9]);
  assert.match(after.problem!, /1 to 65554 bytes, found 65555/);
  assert.match(readAll([framed(new Uint8Array(0))]).problem!, /found 0/);
});

test("a stream that ends within a frame is told", () => {
  const whole = framed(filled(60, 1));
  assert.match(readAll([whole.subarray(0, 3)]).end!, /within the length/);
  assert.match(readAll([whole.subarray(0, 24)]).end!, /after 20 of a frame's 60 bytes/);
  assert.equal(readAll([whole]).end, undefined);
});

test("a guest that sends no frames but nonsense ends its device, once", async () => {
  const [near, far] = duplexPair();
  const problems: (string | undefined)[] = [];
  const device = streamDevice(near, (problem) => problems.push(problem));
  far.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  far.end();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(device.receive(), undefined);
  assert.match(problems.join(), /found 1195725856/);
  assert.equal(problems.length, 1);
});

/** As many short frames as there may wait, or as few long ones as hold as many bytes. */
const UNTAKEN: readonly (readonly [name: string, count: number, bytes: number])[] = [
  ["frames", 20_000, 1000],
  ["long frames", 500, 60_000],
];

for (const [name, sent, bytes] of UNTAKEN) {
  test(`${name} that nobody takes stay on the other side, and none is lost`, async () => {
    const [near, far] = await socketPair();
    const device = streamDevice(near, () => {});
    let isDone = false;
    const sender = (async () => {
      for (let number = 0; number < sent; number++) {
        const frame = filled(bytes, number);
        if (!far.write(framed(frame))) await new Promise((resolve) => far.once("drain", resolve));
      }
      isDone = true;
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(isDone, false, "the sender was stopped");
    let taken = 0;
    while (taken < sent) {
      const frame = device.receive();
      if (frame === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      else assert.equal(frame[0], taken++ & 255);
    }
    await sender;
    near.destroy();
    far.destroy();
  });
}

test("a stream that takes no more refuses, and the listener hears when it takes again", async () => {
  const [near, far] = await socketPair();
  const device = streamDevice(near, () => {});
  let heard = 0;
  device.onArrival(() => heard++);
  far.pause();
  let sent = 0;
  while (device.send(filled(60_000, 1))) {
    assert.ok(++sent < 1000, "it is bounded");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(heard, 0);
  let bytes = 0;
  far.on("data", (chunk: Buffer) => (bytes += chunk.length));
  far.resume();
  while (heard === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(device.send(filled(60_000, 1)), true);
  while (bytes < (sent + 1) * 60_004) await new Promise((resolve) => setTimeout(resolve, 1));
  near.destroy();
  far.destroy();
});
