/**
 * What has to hold of compartments on every platform of machine code: one suite, run over each.
 *
 * A platform is given as a function that starts an image with a configuration and tells how it went.
 */
import test from "node:test";
import assert from "node:assert/strict";
import type { CompiledModule } from "../../abi/object.ts";
import { compileModule } from "../../compiler/compile.ts";
import { compileAssembly } from "../../image/assembly.ts";
import { PACKAGE_ROOT } from "../../image/package-root.ts";
import { planImage } from "./plan-image.ts";
import type { ImagePlan } from "./plan.ts";
import { TEST_APP, TEST_KERNEL } from "./test-programs.ts";

export interface Ran {
  readonly status: number | null;
  /** Of console stream 1. */
  readonly output: string;
  /** Control records, line by line. */
  readonly records: readonly string[];
}

/** `lines` of the boot configuration. */
export type RunImage = (plan: ImagePlan, lines: readonly string[]) => Promise<Ran>;

const RETURNED = "r=0";
const TRAPPED = "r=1";
const TIMED_OUT = "r=3";
const SUSPENDED = "r=4";

let plan: Promise<ImagePlan> | undefined;

/** AssemblyScript as a module of an image. */
export async function compileSource(source: string): Promise<CompiledModule> {
  const options = { virtualFiles: { "main.ts": source }, names: true };
  const { wasm } = await compileAssembly(PACKAGE_ROOT, "main.ts", options);
  return compileModule(wasm, { initial: "data" });
}

async function testPlan(): Promise<ImagePlan> {
  const [kernel, app] = [await compileSource(TEST_KERNEL), await compileSource(TEST_APP)];
  return planImage({ kernel, app, isNetworked: true });
}

type Run = (scenario: string, ...lines: string[]) => Promise<Ran>;

export function compartmentSuite(name: string, runImage: RunImage): void {
  const run: Run = async (scenario, ...lines) =>
    runImage(await (plan ??= testPlan()), [`scenario=${scenario}`, ...lines]);
  testEntries(name, run);
  testTraps(name, run);
  testLimits(name, run);
  testKernelFaults(name, run);
}

function testEntries(name: string, run: Run): void {
  test(`${name}: entries, service calls, ranges that are lent, clocks, seeds`, async () => {
    const { status, output, records } = await run("a");
    const expected = [RETURNED, "c=1", RETURNED, "r=2", "r=2", "f=20", "v=42", RETURNED];
    const header = ["n=0", "h=5008", `l=${0x64636261}`, RETURNED, "c=101", RETURNED];
    assert.deepEqual(output.split("\n"), [...expected, ...header, "w=1", "e=32", "z=1", ""]);
    assert.equal(status, 7);
    assert.deepEqual(records, ["exit 7"]);
  });

  test(`${name}: entries nest`, async () => {
    const { output } = await run("c");
    assert.deepEqual(output.split("\n"), ["n=0", RETURNED, "c=100", RETURNED, ""]);
  });

  test(`${name}: a compartment is suspended by a service, entered meanwhile, and resumed with a result`, async () => {
    const { output, status } = await run("d");
    const first = [SUSPENDED, RETURNED, "t=1234567890123", RETURNED];
    assert.deepEqual(output.split("\n"), [...first, SUSPENDED, RETURNED, "c=100", RETURNED, ""]);
    assert.equal(status, 0);
  });

  test(`${name}: a suspended compartment can be restarted`, async () => {
    const { output } = await run("p");
    assert.deepEqual(output.split("\n"), [SUSPENDED, "c=0", RETURNED, ""]);
  });
}

function testTraps(name: string, run: Run): void {
  test(`${name}: an app that traps is reported, entered no more, and fresh after a restart`, async () => {
    const { status, output, records } = await run("b");
    const one = [TRAPPED, TRAPPED, RETURNED, "c=1", RETURNED];
    assert.deepEqual(output.split("\n"), [...Array.from({ length: 7 }, () => one).flat(), ""]);
    assert.equal(status, 0);
    const told = records.map((line) => line.split(" ").slice(0, 3).join(" "));
    const traps = ["trap 0 6", "trap 0 103", "trap 0 6", "trap 0 6"];
    assert.deepEqual(told, [
      ...traps,
      "abort 0 told",
      "trap 0 100",
      "trap 0 e",
      "trap 0 6",
      "started",
      "exit 0",
    ]);
    assert.match(records[4]!, /^abort 0 told to \(main\.ts:\d+:\d+\)$/);
    assert.equal(records[6]!.split(" ")[4], "fffffff0");
    // The stack of the recursion is shown, and nothing but places in code.
    assert.ok(records[1]!.split(" ").length > 100);
    for (const line of records)
      assert.match(line, /^(trap [0-9a-f ]+( [0-9a-f]+:[0-9a-f]{1,6})*|\w+ .*|started)$/);
  });

  test(`${name}: a trap in a nested entry leaves the outer one running, and nothing enters after it`, async () => {
    const { output, records } = await run("n");
    assert.deepEqual(output.split("\n"), ["n=1", RETURNED, TRAPPED, ""]);
    assert.equal(records.filter((line) => line.startsWith("trap")).length, 1);
  });
}

function testLimits(name: string, run: Run): void {
  test(`${name}: an endless loop ends at the time limit, and the next entry is fresh`, async () => {
    const { output, records } = await run("e", "app.timeLimitMs=200");
    assert.deepEqual(output.split("\n"), [TIMED_OUT, TIMED_OUT, "c=0", RETURNED, ""]);
    assert.match(records[0]!, /^trap 0 101 [0-9a-f]+ 0( |$)/);
  });

  test(`${name}: a service that takes long is not interrupted, the app after it is`, async () => {
    const { output, records } = await run("u", "app.timeLimitMs=100");
    assert.deepEqual(output.split("\n"), ["k=1", TIMED_OUT, ""]);
    assert.match(records[0]!, /^trap 0 101 /);
  });

  test(`${name}: an app that asks hears that its time is over before it is ended, and not of the entry before`, async () => {
    const { output, records } = await run("v", "app.timeLimitMs=200");
    const inTime = ["o=0", "o=1", RETURNED];
    assert.deepEqual(output.split("\n"), [...inTime, "o=1", ...inTime, TIMED_OUT, ""]);
    assert.match(records[0]!, /^trap 0 101 /);
  });

  test(`${name}: memory grows up to the configured limit, and pages are gone after a restart`, async () => {
    const limited = await run("l", "app.memoryMiB=3");
    assert.deepEqual(limited.output.split("\n"), ["g=48", RETURNED, ""]);
    const { output, records } = await run("m");
    assert.deepEqual(output.split("\n"), ["g=11", RETURNED, "c=0", RETURNED, TRAPPED, ""]);
    assert.match(records[0]!, /^trap 0 e [0-9a-f]+ 70000( |$)/);
  });
}

function testKernelFaults(name: string, run: Run): void {
  const ends = (title: string, scenario: string, pattern: RegExp): void => {
    test(`${name}: the kernel ends the machine when it ${title}`, async () => {
      const { status, records } = await run(scenario);
      assert.equal(status, 70);
      assert.match(records.at(-2) ?? "", pattern);
      assert.equal(records.at(-1), "exit 70");
      assert.ok(!records.includes("started"));
    });
  };

  ends("copies from where nothing was lent", "f", /^trap kernel 6 /);
  ends("copies beyond what was lent", "g", /^trap kernel 6 /);
  ends("names bytes outside its memory", "h", /^trap kernel 6 /);
  ends("restarts a compartment that is entered", "i", /^trap kernel 6 /);
  ends("panics without words", "j", /^trap kernel 100 /);
  ends("panics", "s", /^trap kernel 100 /);
  ends("suspends a nested entry", "k", /^trap kernel 6 /);
  ends("resumes what is not suspended", "o", /^trap kernel 6 /);
  ends("enters a compartment that is not there", "q", /^trap kernel 6 /);
  ends("traps", "r", /^trap kernel 6 /);

  test(`${name}: what a panic says is one line`, async () => {
    const { records } = await run("s");
    assert.equal(records[0], "abort kernel X?XXX");
  });
}
