/** Feeds targets their corpus and mutations of it. */
import path from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadCorpus, loadTargets, mutate, randomFrom } from "./target.ts";
import { scriptWords } from "../tools/script-words.ts";

const HERE = import.meta.dirname;
const words = scriptWords({
  name: "fuzz",
  takes: "[TARGET...]",
  about: [
    "Feeds mutated inputs to every parser of outside bytes, in the tools and in the kernel. Keeps what fails in fuzz/found.",
  ],
  options: {
    minutes: { value: "N", default: "1", help: "in all" },
    seed: { value: "N", help: "of the random inputs; by default another each time" },
  },
  examples: ["", "--minutes 10"],
});
const { positionals } = words;

const all = await loadTargets();
const chosen = all.filter((target) => positionals.length === 0 || positionals.includes(target.name));
if (chosen.length === 0) {
  throw new Error(
    `no target is called ${positionals.join(" or ")}; there are ${all.map((each) => each.name).join(", ")}`,
  );
}
const seed = words.numberOr("seed", Date.now() % 0xffff_ffff);
const each = (words.number("minutes") * 60_000) / chosen.length;
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
