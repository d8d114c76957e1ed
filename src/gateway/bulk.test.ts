import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { buffer as readAll } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { BLOCK_SIZE } from "./blocks.ts";
import { PATTERN_PERIOD, patternBytes } from "./test-guest.ts";
import { forwardTo, joined, settled, type Joined } from "./test-joined.ts";

const SINK = 9;
const SOURCE = 19;
const SIZE = 100 * 1024 * 1024;
const LIMIT_MS = 120_000;
/** A connection's queues in both stacks, in chunks of 2 KiB: what a far peer may be sent, and the largest window. */
const CHUNKS_LIMIT = (2 * (2048 + 512)) / 2 + 64;

const period = patternBytes(0, PATTERN_PERIOD);

/** The hash of the pattern's first `length` bytes. */
function patternHash(length: number): string {
  const hash = createHash("sha256");
  for (let at = 0; at < length; at += PATTERN_PERIOD) hash.update(period.subarray(0, length - at));
  return hash.digest("hex");
}

function sizeBytes(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
}

/** Watches how much both sides hold while `work` runs: the most chunks and blocks, and the speed. */
async function watched(joint: Joined, name: string, work: () => Promise<void>) {
  let mostChunks = 0;
  let mostBlocks = 0;
  const watch = setInterval(() => {
    mostChunks = Math.max(mostChunks, joint.gateway.counts.chunks + joint.guest.chunksInUse);
    mostBlocks = Math.max(mostBlocks, joint.gateway.counts.blocks);
  }, 5);
  const started = performance.now();
  await work();
  const elapsedMs = performance.now() - started;
  clearInterval(watch);
  const speed = SIZE / 1e3 / elapsedMs;
  process.stdout.write(
    `# ${name}: ${speed.toFixed(0)} MB/s, at most ${mostChunks} chunks, ${mostBlocks} blocks\n`,
  );
  assert.ok(elapsedMs < LIMIT_MS, `${elapsedMs} ms`);
  assert.ok(mostChunks <= CHUNKS_LIMIT, `${mostChunks} chunks`);
  assert.ok(mostBlocks * BLOCK_SIZE <= 1024 * 1024, `${mostBlocks} blocks`);
}

/** The same whether frames are those of a wire, or long and unsummed. */
function each(name: string, work: (offloads: boolean) => Promise<void>): void {
  for (const offloads of [false, true])
    test(`${name}${offloads ? ", in long frames" : ""}`, () => work(offloads));
}

each("100 MB down: every byte right, in bounded time and memory", async (offloads) => {
  const joint = await joined({ offloads, forwards: [forwardTo(SOURCE)] });
  const socket = net.connect(joint.port(), "127.0.0.1");
  const hash = createHash("sha256");
  await watched(joint, "download", async () => {
    socket.write(sizeBytes(SIZE));
    for await (const bytes of socket) hash.update(bytes as Buffer);
  });
  assert.equal(hash.digest("hex"), patternHash(SIZE));
  joint.stop();
});

each("100 MB up: every byte right, in bounded time and memory", async (offloads) => {
  const joint = await joined({ offloads, forwards: [forwardTo(SINK)] });
  const socket = net.connect({ port: joint.port(), host: "127.0.0.1", allowHalfOpen: true });
  await watched(joint, "upload", async () => {
    for (let at = 0; at < SIZE; at += PATTERN_PERIOD) {
      if (!socket.write(period.subarray(0, SIZE - at))) await once(socket, "drain");
    }
    socket.end();
    const answer = await readAll(socket);
    assert.deepEqual([answer.readUInt32LE(0), answer.readUInt32LE(4)], [SIZE, 0]);
  });
  joint.stop();
});

each("a client that does not read holds the guest back, and nobody's memory grows", async (offloads) => {
  const joint = await joined({ offloads, forwards: [forwardTo(SOURCE)] });
  const socket = net.connect(joint.port(), "127.0.0.1");
  socket.write(sizeBytes(SIZE));
  await once(socket, "readable");
  const now = () => ({
    chunks: joint.gateway.counts.chunks + joint.guest.chunksInUse,
    blocks: joint.gateway.counts.blocks,
  });
  let held = now();
  // Until nothing moves any more; on a busy host that takes a while.
  for (let before = -1; before !== held.blocks; held = now()) {
    before = held.blocks;
    await sleep(300);
  }
  assert.ok(held.chunks > 0 && held.chunks <= CHUNKS_LIMIT, `${held.chunks} chunks`);
  assert.ok(held.blocks > 0 && held.blocks * BLOCK_SIZE <= 1024 * 1024, `${held.blocks} blocks`);
  const hash = createHash("sha256");
  for await (const bytes of socket) hash.update(bytes as Buffer);
  assert.equal(hash.digest("hex"), patternHash(SIZE));
  await settled(() => joint.gateway.counts.streams === 0 && joint.gateway.counts.blocks === 0);
  joint.stop();
});
