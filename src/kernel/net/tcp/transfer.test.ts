import test from "node:test";
import assert from "node:assert/strict";
import { seededRandom } from "../../../link/random.ts";
import { attempt, MEGABYTE, transfer, type Run } from "./transfer-bench.harness.ts";

/** A different kind of bad weather for each seed. */
function weather(seed: number): Run {
  const random = seededRandom(seed ^ 0x5ea);
  const faults = {
    loss: random() * 0.05,
    duplication: random() * 0.03,
    corruption: random() * 0.03,
    reordering: random() * 0.1,
    holdNs: BigInt(Math.floor(random() * 10e6)),
  };
  return { seed, faults, sloth: seed % 4 === 0 ? 24 : 0 };
}

const LONG = process.env["SKERRY_LONG"] === "1";
const SEEDS = LONG ? 1000 : 60;

test(`1 MB each way arrives whole over ${SEEDS} bad cables`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await transfer(weather(seed));
});

test("a good cable: no time-out, and the cable is used", async () => {
  const { seconds } = await transfer({
    seed: 1,
    bytes: 8 * MEGABYTE,
    cable: { delayNs: 5_000_000n, bitsPerSecond: 1e9 },
  });
  // 256 KiB a round trip of 10 ms is 26 MB/s.
  assert.ok(seconds < 0.8, `${seconds} s`);
});

test("a narrow cable with a short queue is shared without collapse", async () => {
  const { seconds } = await transfer({
    seed: 2,
    cable: { delayNs: 10_000_000n, bitsPerSecond: 10e6, frameLimit: 40 },
  });
  // 0.9 s at best. Losses come by the dozen here: one repaired a round trip takes twice as long.
  assert.ok(seconds < 1.6, `${seconds} s`);
});

test("segments that overtake others are not taken for losses", async () => {
  const { seconds } = await transfer({
    seed: 2,
    faults: { reordering: 0.1, holdNs: 4_000_000n },
    cable: { delayNs: 10_000_000n, bitsPerSecond: 100e6 },
  });
  // Who counts duplicates takes two seconds.
  assert.ok(seconds < 1.4, `${seconds} s`);
});

/** Mbit/s of a sender behind 20 ms that loses by chance: the mean of some seeds. */
async function rateAt(loss: number, bytes: number): Promise<number> {
  const cable = { delayNs: 10_000_000n, bitsPerSecond: 100e6, frameLimit: 170 };
  let seconds = 0;
  for (let seed = 1; seed <= LOSSY_SEEDS; seed++) {
    seconds += (await transfer({ seed, bytes, answerBytes: 100, faults: { loss }, cable })).seconds;
  }
  return (LOSSY_SEEDS * bytes * 8) / seconds / 1e6;
}

const LOSSY_SEEDS = 3;

test("loss by chance slows a transfer no more than the formula of a good sender says", async () => {
  for (const [loss, megabytes, share] of [
    [0.001, 12, 1],
    [0.01, 4, 0.8],
    [0.05, 1, 0.5],
  ] as const) {
    // Mathis et al., "The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm": time-outs left out.
    const formula = (1448 * 8 * Math.sqrt(1.5 / loss)) / 0.02 / 1e6;
    const rate = await rateAt(loss, megabytes * MEGABYTE);
    assert.ok(rate >= share * formula, `${loss}: ${rate} of ${formula} Mbit/s`);
  }
});

test("equal seeds give equal runs, to the frame and its time", async () => {
  const one = await transfer(weather(3));
  const two = await transfer(weather(3));
  assert.deepEqual(one, two);
});

test("control: a stream that is not the expected one fails the transfer", async () => {
  await assert.rejects(attempt({ seed: 4, bytes: 5000, forged: true }), /seed 4: 1 /);
});
