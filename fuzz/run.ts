/** `npm run fuzz -- [NAME...] --minutes N [--seed N]`: feeds targets their corpus and mutations of it. */
import path from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadCorpus, loadTargets, mutate, randomFrom } from "./target.ts";

const HERE = import.meta.dirname;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } },
});

const all = await loadTargets();
const chosen = all.filter((target) => positionals.length === 0 || positionals.includes(target.name));
if (chosen.length === 0) {
  throw new Error(
    `no target is called ${positionals.join(" or ")}; there are ${all.map((each) => each.name).join(", ")}`,
  );
}
const seed = Number(values.seed ?? Date.now() % 0xffff_ffff);
const each = (Number(values.minutes) * 60_000) / chosen.length;
console.log(`seed ${seed}`);
for (const target of chosen) {
  const seeds = loadCorpus(target);
  const random = randomFrom(seed);
  const end = Date.now() + each;
  let runs = 0;
  while (Date.now() < end) {
    const input = runs < seeds.length ? seeds[runs]! : mutate(seeds, random);
    runs++;
    try {
      await target.run(input);
    } catch (error) {
      const folder = path.join(HERE, "found", target.name);
      mkdirSync(folder, { recursive: true });
      const file = path.join(folder, `${seed}-${runs}`);
      writeFileSync(file, input);
      console.log(`${target.name}: failed on ${path.relative(process.cwd(), file)}\n${String(error)}`);
      process.exitCode = 1;
      break;
    }
  }
  console.log(`${target.name}: ${runs} inputs`);
}
