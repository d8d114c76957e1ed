/**
 * Random modules, run by V8 and by Skerry's compiler, compared call by call.
 *
 * A case that they disagree on is made smaller and kept in `fuzz/found/compiler`; once fixed, it belongs into
 * `fuzz/corpus-compiler`, which `corpus.test.ts` replays. With `--self-check` V8's own two compilers are compared.
 */
import path from "node:path";
import { binaryenCase, hasBinaryen, INSTALL_BINARYEN } from "./binaryen.ts";
import { callsOf } from "./calls.ts";
import { writeCase } from "./case-file.ts";
import { firstDifference, type Machine, type TestCase } from "./execution.ts";
import { generateModule } from "./generate.ts";
import { nativeMachine } from "./native-machine.ts";
import { reduceGenerated } from "./reduce.ts";
import { v8Machine } from "./v8-machine.ts";
import { scriptWords } from "../../tools/script-words.ts";

const FOUND = path.join(import.meta.dirname, "../found/compiler");
const REDUCTION_ATTEMPTS = 600;
const FOUND_LIMIT = 20;
/** Of ten modules, how many come from Binaryen where both sources are wanted. */
const BINARYEN_SHARE = 3;

const words = scriptWords({
  name: "fuzz:compiler",
  about: ["Runs random Wasm modules by our compiler and by V8: every difference is reduced and kept."],
  options: {
    minutes: { value: "N", default: "1", help: "how long" },
    count: { value: "N", help: "how many modules at most" },
    seed: { value: "N", help: "of the first module; by default another each time" },
    source: { value: "NAME", default: "both", help: "own, binaryen (wasm-opt of Debian's package), or both" },
    "self-check": { help: "compare V8's two compilers, as a control" },
  },
  examples: ["", "--minutes 10 --source own"],
});
const source = words.text("source");

interface Sides {
  readonly expected: Machine;
  readonly tested: Machine;
}

function chooseSides(): Sides {
  if (!words.has("self-check")) return { expected: v8Machine(), tested: nativeMachine() };
  return { expected: v8Machine("liftoff"), tested: v8Machine("turbofan") };
}

function ownCase(seed: number, left?: ReadonlySet<number>): TestCase {
  const { wasm, functions } = generateModule(seed, left);
  return { wasm, calls: callsOf(functions, seed) };
}

/** What the machines disagree on first, as a line; undefined where they agree. */
async function disagreement(
  sides: Sides,
  test: TestCase,
): Promise<{ call: number; text: string } | undefined> {
  const expected = await sides.expected.run(test);
  const tested = await sides.tested.run(test);
  const call = firstDifference(expected, tested);
  if (call < 0) return undefined;
  const name = test.calls[call]?.name ?? "start";
  const text = `call ${call} (${name}): ${sides.expected.name} ${expected[call]}, ${sides.tested.name} ${tested[call]}`;
  return { call, text };
}

async function reduceOwn(sides: Sides, seed: number): Promise<TestCase> {
  // Any disagreement will do, at any call: what is left in the end is looked at by a person.
  const left = await reduceGenerated(
    seed,
    REDUCTION_ATTEMPTS,
    async (attempt) => (await disagreement(sides, ownCase(seed, attempt))) !== undefined,
  );
  const whole = ownCase(seed, left);
  const last = (await disagreement(sides, whole))?.call ?? whole.calls.length;
  const calls = whole.calls.slice(0, last + 1);
  const alone = { wasm: whole.wasm, calls: calls.slice(-2) };
  return (await disagreement(sides, alone)) === undefined ? { wasm: whole.wasm, calls } : alone;
}

async function keep(sides: Sides, seed: number, source: string, text: string): Promise<void> {
  console.log(`${source} ${seed}: ${text}`);
  const test = source === "own" ? await reduceOwn(sides, seed) : binaryenCase(seed);
  const found = await disagreement(sides, test);
  const file = writeCase(FOUND, `${source}-${seed}`, test, found?.text ?? text);
  console.log(`  ${test.wasm.length} bytes in ${path.relative(process.cwd(), file)}: ${found?.text ?? text}`);
}

const wantsBinaryen = source !== "own";
if (source === "binaryen" && !hasBinaryen()) throw new Error(INSTALL_BINARYEN);
if (wantsBinaryen && !hasBinaryen()) console.log(`${INSTALL_BINARYEN}; only our own modules are run`);

const first = words.numberOr("seed", Date.now() % 0x7fff_ffff);
const sides = chooseSides();
const end = Date.now() + words.number("minutes") * 60_000;
const countLimit = words.numberOr("count", Infinity);
let modules = 0;
let calls = 0;
let found = 0;
console.log(`seed ${first}`);
while (Date.now() < end && found < FOUND_LIMIT && modules < countLimit) {
  const seed = first + modules;
  const isBinaryen =
    hasBinaryen() && (source === "binaryen" || (wantsBinaryen && seed % 10 < BINARYEN_SHARE));
  const test = isBinaryen ? binaryenCase(seed) : ownCase(seed);
  modules++;
  calls += test.calls.length;
  const difference = await disagreement(sides, test);
  if (difference === undefined) continue;
  found++;
  await keep(sides, seed, isBinaryen ? "binaryen" : "own", difference.text);
}
await sides.expected.close();
await sides.tested.close();
console.log(`${modules} modules, ${calls} calls, ${found} disagreements`);
if (found > 0) process.exitCode = 1;
