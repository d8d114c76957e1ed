/** Much data on one connection: what it may hold, and that neither end waits for the other's turn to end. */
import test from "node:test";
import assert from "node:assert/strict";
import { Bench, established, Peer, type Segment, type Weakening } from "./bench.harness.ts";

const SIZE = 1460;
const KIB = 1024;
/** Chunks of which no transfer below takes half. */
const CHUNKS = 8192;
const WIDE = { options: [2, 4, 5, 0xb4, 1, 3, 3, 7], window: 65535 };

const text = (length: number): Uint8Array => new Uint8Array(length);
const bytesIn = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { data }) => sum + data.length, 0);

/** The most that a writer without end has waiting and unacknowledged, a round trip being so long. */
async function mostHeld(roundTripMs: number): Promise<number> {
  const { bench, peer } = await established({ ...WIDE, chunks: CHUNKS, roundTripMs });
  const piece = text(64 * KIB);
  let [written, acknowledged, most] = [0, 0, 0];
  const fill = (): void => {
    for (let taken = piece.length; taken === piece.length; written += taken) {
      taken = bench.write(peer.handle, piece);
    }
    most = Math.max(most, written - acknowledged);
  };
  bench.onEvent = (name) => name === "writable" && fill();
  let out = bench.turn(fill);
  for (let round = 0; round < 20; round++) {
    bench.advance(roundTripMs);
    out = out.flatMap(({ data }) => peer.send({ ack: (acknowledged += data.length) }));
  }
  return most;
}

test("a connection holds its congestion window twice: to a near peer 640 KiB, to a far one 2 MiB", async () => {
  assert.equal(await mostHeld(1), 640 * KIB);
  assert.equal(await mostHeld(20), 2048 * KIB);
});

test("one whose peer takes nothing holds 256 KiB", async () => {
  const { bench, peer } = await established({ ...WIDE, chunks: CHUNKS });
  let held = 0;
  bench.turn(() => {
    for (let taken = 1; taken > 0; held += taken) taken = bench.write(peer.handle, text(64 * KIB));
  });
  assert.equal(held, 256 * KIB);
});

/** How many of a long transfer's segments are shorter than those that the network cuts, the last one left out. */
async function shortSegments(weakened?: Weakening): Promise<number> {
  const bench = await Bench.create({ chunks: CHUNKS, ...(weakened === undefined ? {} : { weakened }) });
  bench.kernel["cutSegments"]();
  bench.kernel["listen"](80);
  const peer = new Peer(bench, 80).open(WIDE);
  let left = 16384 * KIB;
  const fill = (): void => {
    for (let taken = 1; taken > 0 && left > 0; left -= taken) {
      taken = bench.write(peer.handle, text(Math.min(64 * KIB, left)));
    }
  };
  bench.onEvent = (name) => name === "writable" && fill();
  const lengths: number[] = [];
  let acknowledged = 0;
  let out = bench.turn(fill);
  while (out.length > 0) {
    lengths.push(...out.map(({ data }) => data.length));
    acknowledged += bytesIn(out);
    out = peer.send({ ack: acknowledged });
  }
  assert.equal(acknowledged, 16384 * KIB);
  const longest = Math.max(...lengths);
  // Slow start's flights end where the window does.
  return lengths.slice(60, -1).filter((length) => length < longest).length;
}

test("while its writer waits with more, nothing short leaves", async () => {
  assert.equal(await shortSegments(), 0);
  const hasty: Weakening = ["output.ts", [" && isFollowed(connection)", " && false"]];
  assert.ok((await shortSegments(hasty)) > 10, "control: what is left over leaves by itself");
});

/** Bare acknowledgments of 512 KiB that one turn takes. */
async function acknowledgments(weakened?: Weakening): Promise<number[]> {
  const { bench, peer } = await established({
    ...WIDE,
    chunks: CHUNKS,
    ...(weakened === undefined ? {} : { weakened }),
  });
  bench.take = (_handle, bytes) => bytes.length;
  const part = text(32 * KIB);
  // The window of a SYN has 64 KiB.
  peer.send({ data: part });
  peer.seq += part.length;
  assert.equal(bench.advance(50).length, 1);
  const out = bench.turn(() => {
    bench.kernel["joinedFrom"](SIZE);
    for (let at = 0; at < 512 * KIB; at += part.length) bench.inject(peer.encode({ seq: at, data: part }));
  });
  return out.map(({ ack }) => (ack - peer.seq) / KIB);
}

test("a turn that takes much acknowledges every 128 KiB of it", async () => {
  assert.deepEqual(await acknowledgments(), [128, 256, 384, 512]);
  const late: Weakening = [
    "delivery.ts",
    ["if (connection.unacknowledgedBytes >= ACKNOWLEDGED_WITHIN_TURN)", "if (false)"],
  ];
  assert.deepEqual(await acknowledgments(late), [512], "control: once, when its sender has long waited");
});
