import test from "node:test";
import assert from "node:assert/strict";
import { loadCorpus, loadTargets, mutate, randomFrom } from "./target.ts";

const MUTATIONS = process.env["SKERRY_LONG"] === "1" ? 2000 : 1000;

const targets = await loadTargets();

for (const target of targets) {
  test(`${target.name} withstands its corpus and ${MUTATIONS} mutations of it`, async () => {
    const seeds = loadCorpus(target);
    assert.ok(seeds.length > 0, "a target has a corpus");
    const random = randomFrom(1);
    for (const seed of seeds) await target.run(seed);
    for (let count = 0; count < MUTATIONS; count++) await target.run(mutate(seeds, random));
  });
}

test("every parser of outside bytes has a target", () => {
  const names = targets.map((target) => target.name).join(" ");
  for (const parser of ["dhcp", "dns", "http", "tcp"]) assert.match(names, new RegExp(parser));
});
