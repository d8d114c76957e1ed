/**
 * `npm run bench:ablation`: what each optimization of the compiler brings. All cases are compiled with everything and
 * with one optimization left out, and run in turn; a ratio of 1.10 means: without it, 10 % slower.
 */
import { compileModule } from "../../src/compiler/compile.ts";
import { OPTIMIZATIONS } from "../../src/compiler/optimization.ts";
import { KERNELS, kernelWasm } from "./kernels.ts";
import { measureCase, summarize, type CaseTimes } from "./measure.ts";
import { engineWithout, nativeEngine } from "./native.ts";
import { quickJsCase } from "./quickjs.ts";
import type { BenchmarkCase } from "./case.ts";
import { scriptWords } from "../../tools/script-words.ts";

const rounds = scriptWords({
  name: "bench:ablation",
  about: ["What each of the compiler's optimizations is worth: time and bytes of code without it."],
  options: { rounds: { value: "N", default: "3", help: "runs of each, in turns" } },
}).number("rounds");
const engines = [nativeEngine, ...OPTIMIZATIONS.map((each) => engineWithout(each, each))];

const cases: BenchmarkCase[] = [await quickJsCase()];
for (const name of KERNELS) cases.push({ name, modules: [{ name, wasm: await kernelWasm(name) }] });

const all: CaseTimes[] = [];
for (const one of cases) {
  all.push(await measureCase(one, engines, rounds));
  console.error(`measured ${one.name}`);
}

const engine = cases[0]!.modules[0]!.wasm;
const codeBytes = compileModule(engine).code.length;
console.log("| without | kernels, geometric mean | most | QuickJS handler | QuickJS code |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const each of OPTIMIZATIONS) {
  const { geometricMean, worst, quickJs } = summarize(all, each, nativeEngine.name)!;
  const bytes = compileModule(engine, { without: new Set([each]) }).code.length;
  console.log(
    `| ${each} | ${geometricMean.toFixed(2)} | ${worst.ratio.toFixed(2)} (${worst.name}) | ` +
      `${quickJs!.toFixed(2)} | ${(((bytes - codeBytes) / codeBytes) * 100).toFixed(0)} % |`,
  );
}
