import test from "node:test";
import assert from "node:assert/strict";
import { established, RST, u32 } from "./bench.harness.ts";

const HOUR = 3600;

test("a silent peer is asked after two hours and kept for as long as it answers", async () => {
  const { bench, peer } = await established();
  bench.kernel["keepAlive"](2 * HOUR * 1000);
  peer.send({ data: "x" });
  bench.turn(() => bench.write(peer.handle, "y"));
  peer.send({ seq: 1, ack: 1 });
  let asked = 0;
  for (let minute = 0; minute < 24 * 60; minute++) {
    for (const probe of bench.advance(60_000)) {
      assert.equal(probe.data.length, 0);
      assert.equal(u32(probe.seq - peer.ack), 0, "one before what the peer expects");
      asked++;
      peer.send({ seq: 1, ack: 1 });
    }
  }
  assert.equal(asked, 11);
  assert.deepEqual(bench.events, ["opened"]);
});

test("a peer that is gone is asked nine times, then given up with a reset", async () => {
  const { bench, peer } = await established();
  bench.kernel["keepAlive"](60_000);
  bench.turn(() => bench.write(peer.handle, "y"));
  peer.send({ ack: 1 });
  const out = [];
  for (let second = 0; second < 1000; second++) out.push(...bench.advance(1000));
  assert.equal(out.filter((segment) => segment.flags !== (RST | 16)).length, 9);
  assert.equal(out.at(-1)!.flags & RST, RST);
  assert.deepEqual(bench.events, ["opened", "closed 3"]);
});

test("control: without it a silent connection stays", async () => {
  const { bench } = await established();
  for (let hour = 0; hour < 100; hour++) assert.deepEqual(bench.advance(3_600_000), []);
  assert.deepEqual(bench.events, ["opened"]);
});
