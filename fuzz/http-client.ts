/**
 * Responses of any bytes, cut anywhere, over a stream with any room: the client must not trap, must give everything
 * back, and must come to the same as if all bytes had come at once.
 */
import assert from "node:assert/strict";
import { CASES } from "../src/kernel/http/client/conformance.cases.ts";
import { FetchBench } from "../tools/fetch-bench.ts";
import { outcomeOf } from "../tools/fetch-outcome.ts";
import { bytesOf } from "../tools/latin.ts";
import { randomFrom, type FuzzTarget } from "./target.ts";

const SEED_SIZE_LIMIT = 400;

let bench: FetchBench | undefined;

async function run(input: Uint8Array): Promise<void> {
  const client = (bench ??= await FetchBench.start());
  client.closesAtOnce = false;
  client.longestOffer = 1 << 20;
  const whole = outcomeOf(client, (server) => server.send(input));
  const random = randomFrom(input.reduce((sum, byte) => Math.imul(sum, 31) + byte, input.length));
  client.closesAtOnce = random(2) === 0;
  client.longestOffer = 1 + random(300);
  const cut = outcomeOf(client, (server) => {
    for (let at = 0; at < input.length;) {
      const size = 1 + random(random(2) === 0 ? 8 : 200);
      server.send(input.subarray(at, at + size));
      at += size;
    }
  });
  assert.equal(cut, whole);
}

export const target: FuzzTarget = {
  name: "http-client",
  corpus: CASES.map(([, raw]) => bytesOf(raw)).filter((bytes) => bytes.length < SEED_SIZE_LIMIT),
  run,
};
