import test from "node:test";
import assert from "node:assert/strict";
import { FetchBench } from "../../../../tools/fetch-bench.ts";

test("what no grant covers is not allowed, and an address that one covers is tried all the same", async () => {
  const bench = await FetchBench.start();
  bench.denied = ["evil", "192.0.2.1:81"];
  bench.names["both"] = ["192.0.2.1", "192.0.2.2"];
  const name = bench.get("http://evil/");
  const address = bench.get("http://a:81/");
  bench.settle();
  assert.deepEqual(bench.entered, [`failed ${name} NotAllowed`, `failed ${address} NotAllowed`]);
  assert.deepEqual(bench.asked, ["a"]);
  bench.get("http://both:81/");
  bench.settle();
  assert.equal(bench.server.address, "192.0.2.2:81");
});
