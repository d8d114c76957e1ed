import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import * as rtt from "./rtt";
import { Connection, CONNECTION_SIZE } from "./connection";
import { reserve } from "../../memory/arena";
let connection: Connection = changetype<Connection>(0);
export function start(): void { connection = changetype<Connection>(reserve(CONNECTION_SIZE)); rtt.startRtt(connection); }
export function sample(ms: f64): void { rtt.takeSample(connection, <i64>(ms * 1e6)); }
export function time(sequence: u32, ms: f64): void { rtt.timeSegment(connection, sequence, <i64>(ms * 1e6)); }
export function acknowledge(sequence: u32, ms: f64): void { connection.sendUnacknowledged = sequence; rtt.sampleRtt(connection, <i64>(ms * 1e6)); }
export function stop(): void { rtt.stopTiming(connection); }
export function backOff(): void { rtt.backOff(connection); }
export function rto(): f64 { return <f64>connection.rto / 1e6; }
export function smoothed(): f64 { return <f64>connection.smoothedRtt / 1e6; }
`;

async function estimator() {
  const kernel = await assemble("net/tcp/rtt.harness.ts", HARNESS);
  kernel.start();
  return kernel;
}

test("the time-out follows RFC 6298: 1 s, then the first sample's triple, then smoothed", async () => {
  const rtt = await estimator();
  assert.equal(rtt.rto(), 1000);
  rtt.sample(200);
  assert.equal(rtt.rto(), 600);
  rtt.sample(280);
  assert.equal(rtt.smoothed(), 210);
  assert.equal(rtt.rto(), 210 + 4 * 95);
});

test("it stays between 200 ms and 60 s, and doubles with each time-out", async () => {
  const rtt = await estimator();
  for (let count = 0; count < 50; count++) rtt.sample(1);
  assert.equal(rtt.rto(), 200);
  rtt.backOff();
  assert.equal(rtt.rto(), 400);
  for (let count = 0; count < 20; count++) rtt.backOff();
  assert.equal(rtt.rto(), 60_000);
});

test("a segment that was sent again gives no sample (Karn)", async () => {
  const rtt = await estimator();
  rtt.time(100, 0);
  rtt.stop();
  rtt.acknowledge(100, 5000);
  assert.equal(rtt.smoothed(), 0);
  rtt.time(200, 0);
  rtt.acknowledge(150, 10);
  assert.equal(rtt.smoothed(), 0, "not yet covered");
  rtt.acknowledge(200, 50);
  assert.equal(rtt.smoothed(), 50);
});
