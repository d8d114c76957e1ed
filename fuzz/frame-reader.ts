/** Frames in a byte stream: the same ones however the stream is cut, each of a length a frame may have. */
import assert from "node:assert/strict";
import { FRAME_BYTES_LIMIT, FrameReader } from "../src/link/frame-reader.ts";
import type { FuzzTarget } from "./target.ts";

const frame = (length: number) => [
  0,
  0,
  length >> 8,
  length & 255,
  ...new Array<number>(length).fill(length & 255),
];

function read(input: Uint8Array, pieceBytes: number) {
  const frames: string[] = [];
  const reader = new FrameReader((bytes) => {
    assert.ok(bytes.length > 0 && bytes.length <= FRAME_BYTES_LIMIT);
    frames.push(Buffer.from(bytes).toString("hex"));
  });
  let problem: string | undefined;
  for (let at = 0; at < input.length; at += pieceBytes) {
    problem = reader.push(input.slice(at, at + pieceBytes));
  }
  return { frames, problem, end: reader.end() };
}

export const target: FuzzTarget = {
  name: "frame-reader",
  corpus: [
    Uint8Array.from([...frame(1), ...frame(60), ...frame(300)]),
    Uint8Array.from([...frame(14), 0, 1, 0, 0, 5]),
    Uint8Array.from([255, 255, 255, 255]),
    Uint8Array.from([0, 0, 0, 0]),
  ],
  run(input) {
    const whole = read(input, Math.max(input.length, 1));
    for (const pieceBytes of [1, 5, 64]) assert.deepEqual(read(input, pieceBytes), whole);
    const taken = whole.frames.reduce((sum, text) => sum + 4 + text.length / 2, 0);
    if (whole.end === undefined) assert.equal(taken, input.length, "nothing is left over");
    else assert.ok(taken <= input.length);
  },
};
