import test from "node:test";
import { target as dhcp } from "../../../fuzz/dhcp.ts";
import { target as dns } from "../../../fuzz/dns.ts";
import { target as ethernet } from "../../../fuzz/ethernet.ts";
import { target as ethernet6 } from "../../../fuzz/ethernet6.ts";
import { loadCorpus, mutate, randomFrom } from "../../../fuzz/target.ts";

const INPUTS = 20_000;

for (const target of [ethernet, ethernet6, dhcp, dns]) {
  test(`${INPUTS} inputs to ${target.name} leave the network well and its memory flat`, async () => {
    const seeds = loadCorpus(target);
    const random = randomFrom(2026);
    for (const seed of seeds) await target.run(seed);
    for (let count = 0; count < INPUTS; count++) {
      const input = mutate(seeds, random);
      try {
        await target.run(input);
      } catch (error) {
        throw new Error(`input ${count}: ${Buffer.from(input).toString("hex")}`, { cause: error });
      }
    }
  });
}
