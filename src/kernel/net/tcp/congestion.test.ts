/** CUBIC's numbers against RFC 9438's formulas in floating point. */
import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { congestion } from "./algorithm";
import { cubeRoot } from "./cubic";
import { Connection, CONNECTION_SIZE } from "./connection";
import { reserve } from "../../memory/arena";
import { startTurn } from "../../time/clock";
let connection: Connection = changetype<Connection>(0);
export function start(size: u32, window: u32, rttMs: u32): void {
  startTurn();
  connection = changetype<Connection>(reserve(CONNECTION_SIZE));
  connection.segmentSize = size;
  connection.smoothedRtt = <i64>rttMs * 1_000_000;
  connection.sendWindowMaximum = 1 << 28;
  congestion.started(connection);
  connection.congestionWindow = window;
  fly();
}
function fly(): void { connection.sendMaximum = connection.sendUnacknowledged + connection.congestionWindow; }
export function lose(): void { fly(); congestion.lost(connection); congestion.recovered(connection); connection.congestionWindow = connection.slowStartThreshold; }
export function timeOut(): void { fly(); connection.retries = 1; congestion.timedOut(connection); }
/** Acknowledges a whole window, a segment at a time. */
export function roundTrip(): u32 {
  startTurn();
  const window = connection.congestionWindow;
  for (let bytes: u32 = 0; bytes < window; bytes += connection.segmentSize) congestion.acknowledged(connection, connection.segmentSize);
  return connection.congestionWindow;
}
export function idle(): u32 { congestion.idled(connection); return connection.congestionWindow; }
export function windowNow(): u32 { return connection.congestionWindow; }
export function threshold(): u32 { return connection.slowStartThreshold; }
export { cubeRoot };
`;

const SIZE = 1448;

async function control(segments: number, rttMs: number) {
  let time = 1_000_000_000n;
  const kernel = await assemble("net/tcp/congestion.harness.ts", HARNESS, {
    platform: { clockMonotonic: () => time },
  });
  kernel["start"](SIZE, segments * SIZE, rttMs);
  const roundTrip = () => {
    time += BigInt(rttMs) * 1_000_000n;
    return (kernel["roundTrip"]() as number) / SIZE;
  };
  return { kernel, roundTrip };
}

test("cube roots are exact to the last whole number", async () => {
  const { kernel } = await control(10, 10);
  for (const root of [0, 1, 2, 7, 100, 12_345, 1_000_000, 2_000_000]) {
    const cube = BigInt(root) ** 3n;
    assert.equal(kernel["cubeRoot"](cube), root);
    if (root > 1) assert.equal(kernel["cubeRoot"](cube - 1n), root - 1);
  }
});

test("slow start doubles in a round trip and ends in a loss of three tenths", async () => {
  const { kernel, roundTrip } = await control(10, 100);
  assert.ok(Math.abs(roundTrip() - 20) <= 1);
  assert.ok(Math.abs(roundTrip() - 40) <= 1);
  kernel["lose"]();
  assert.ok(Math.abs(kernel["threshold"]() / SIZE - 28) < 1);
});

test("on a long fat path the window follows the cubic, to a twentieth", async () => {
  const rttMs = 100;
  const { kernel, roundTrip } = await control(1000, rttMs);
  kernel["lose"]();
  const origin = Math.cbrt((1000 * 0.3) / 0.4);
  roundTrip();
  for (let round = 1; round < 150; round++) {
    const window = roundTrip();
    const seconds = (round * rttMs) / 1000;
    const expected = 0.4 * (seconds - origin) ** 3 + 1000;
    assert.ok(Math.abs(window - expected) / expected < 0.05, `${seconds} s: ${window}, not ${expected}`);
  }
});

test("on a short path it is never slower than NewReno", async () => {
  const { kernel, roundTrip } = await control(20, 1);
  kernel["lose"]();
  let window = 0;
  for (let round = 0; round < 40; round++) window = roundTrip();
  const reno = 14 + (40 * 9) / 17;
  assert.ok(window > reno * 0.9, `${window}, not ${reno}`);
});

test("a window that shrinks from loss to loss aims lower", async () => {
  const shrinking = await control(1000, 100);
  shrinking.kernel["lose"]();
  shrinking.kernel["lose"]();
  let window = 0;
  for (let round = 0; round < 60; round++) window = shrinking.roundTrip();
  assert.ok(window < 640, `${window}: not 0.85 of 700`);
});

test("a time-out leaves one segment, silence the initial window", async () => {
  const { kernel } = await control(100, 10);
  assert.equal(kernel["idle"](), 10 * SIZE);
  kernel["timeOut"]();
  assert.equal(kernel["windowNow"](), SIZE);
});
