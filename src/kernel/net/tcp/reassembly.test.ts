import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { keep as keepBytes, readyPiece, dropFirstPiece, dropPieces, Piece } from "./reassembly";
import { Connection, CONNECTION_SIZE } from "./connection";
import { startChunks, chunksInUse } from "../../memory/chunk";
import { reserve } from "../../memory/arena";
let connection: Connection = changetype<Connection>(0);
let buffer: usize = 0;
export function start(chunks: u32): usize {
  startChunks(chunks);
  connection = changetype<Connection>(reserve(CONNECTION_SIZE));
  buffer = reserve(1 << 20);
  return buffer;
}
export function expect(sequence: u32): void { connection.receiveNext = sequence; }
export function keep(sequence: u32, length: u32): void { keepBytes(connection, sequence, buffer, length); }
/** Copies out what follows \`receiveNext\` without a gap. */
export function drain(): u32 {
  let count: u32 = 0;
  for (let piece = readyPiece(connection); piece != null; piece = readyPiece(connection)) {
    const skip = connection.receiveNext - piece.sequence;
    memory.copy(buffer + count, piece.bytes + skip, piece.length - skip);
    count += piece.length - skip;
    connection.receiveNext = piece.end;
    dropFirstPiece(connection);
  }
  return count;
}
export function drop(): void { dropPieces(connection); }
export function pieces(): u32 { return connection.reassemblyCount; }
export { chunksInUse };
`;

async function reassembly(chunks = 1024) {
  const kernel = await assemble("net/tcp/reassembly.harness.ts", HARNESS);
  const buffer = kernel.start(chunks) as number;
  const bytes = () => new Uint8Array(kernel.memory.buffer, buffer, 1 << 20);
  const keep = (sequence: number, data: Uint8Array) => {
    bytes().set(data);
    kernel.keep(sequence, data.length);
  };
  const drain = () => bytes().slice(0, kernel.drain() as number);
  return { kernel, keep, drain };
}

function stream(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 255);
}

test("pieces in any order, overlapping and repeated, give the stream back, across the wrap", async () => {
  const { kernel, keep, drain } = await reassembly();
  let seed = 5;
  const next = (limit: number) => (seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % limit;
  const whole = stream(60_000);
  for (let round = 0; round < 20; round++) {
    const base = 0xffff_ffff - 30_000;
    kernel.expect(base);
    for (let count = 0; count < 400; count++) {
      const from = next(whole.length);
      keep((base + from) >>> 0, whole.slice(from, from + 1 + next(3000)));
    }
    for (let from = 0; from < whole.length; from += 1000)
      keep((base + from) >>> 0, whole.slice(from, from + 1000));
    assert.deepEqual(drain(), whole);
    assert.equal(kernel.chunksInUse(), 0);
    assert.equal(kernel.pieces(), 0);
  }
});

test("what came first is kept: a later copy changes nothing", async () => {
  const { kernel, keep, drain } = await reassembly();
  kernel.expect(100);
  keep(110, Uint8Array.of(1, 1, 1, 1));
  keep(105, new Uint8Array(15).fill(2));
  keep(100, new Uint8Array(30).fill(3));
  assert.deepEqual(
    [...drain()],
    [3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, ...Array(10).fill(3)],
  );
});

test("pieces are bounded, and scarce chunks are left to others", async () => {
  const { kernel, keep } = await reassembly();
  kernel.expect(0);
  for (let at = 1; at < 4000; at += 2) keep(at, Uint8Array.of(1));
  assert.equal(kernel.pieces(), 192);
  kernel.drop();
  assert.equal(kernel.chunksInUse(), 0);
  const scarce = await reassembly(80);
  scarce.kernel.expect(0);
  for (let at = 1; at < 4000; at += 2) scarce.keep(at, Uint8Array.of(1));
  assert.equal(scarce.kernel.chunksInUse(), 80 - 64);
});

test("a run in order shares chunks", async () => {
  const { kernel, keep } = await reassembly();
  kernel.expect(0);
  for (let at = 10; at < 2010; at += 10) keep(at, new Uint8Array(10));
  assert.equal(kernel.chunksInUse(), 1);
});
