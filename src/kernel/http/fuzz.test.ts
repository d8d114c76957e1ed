import test from "node:test";
import { composeRequests, target as requests } from "../../../fuzz/http.ts";
import { target as responses } from "../../../fuzz/http-response.ts";
import { loadCorpus, mutate, randomFrom, type FuzzTarget } from "../../../fuzz/target.ts";

type Draw = (random: (limit: number) => number) => Uint8Array;

async function feed(target: FuzzTarget, count: number, draw: Draw): Promise<void> {
  const random = randomFrom(20);
  for (const seed of loadCorpus(target)) await target.run(seed);
  for (let index = 0; index < count; index++) {
    const input = draw(random);
    try {
      await target.run(input);
    } catch (error) {
      throw new Error(`input ${index}: ${JSON.stringify(Buffer.from(input).toString("latin1"))}`, {
        cause: error,
      });
    }
  }
}

const mutations = (target: FuzzTarget): Draw => {
  const seeds = loadCorpus(target);
  return (random) => mutate(seeds, random);
};

test("ten thousand broken requests are answered as if they came at once, and leave nothing behind", async () => {
  await feed(requests, 10_000, mutations(requests));
});

test("ten thousand mostly good conversations are answered the same however they are cut", async () => {
  await feed(requests, 10_000, composeRequests);
});

test("no response fields, however broken, break out of a head", async () => {
  await feed(responses, 5_000, mutations(responses));
});
