/**
 * What has to hold between several compartments of one image, on every platform of machine code. Scripts are in the
 * language of `test-several.ts`; what is said is one word a line, here one string.
 */
import test from "node:test";
import assert from "node:assert/strict";
import type { CompiledModule } from "../../abi/object.ts";
import { compileModule } from "../../compiler/compile.ts";
import { wat } from "../../compiler/wasm/module.harness.ts";
import { compileSource, type Ran, type RunImage } from "./compartment-suite.harness.ts";
import { COMPARTMENTS_LIMIT, type ImagePlan } from "./plan.ts";
import { planReplicas, planSeveral } from "./several-plan.harness.ts";
import { ENGINE, GLUE, SEVERAL_APP, SEVERAL_KERNEL, TABLE_APP } from "./test-several.ts";

interface Modules {
  readonly kernel: CompiledModule;
  readonly app: CompiledModule;
  readonly table: CompiledModule;
  readonly engine: CompiledModule;
  readonly glue: CompiledModule;
}

interface Several {
  readonly name: string;
  /** Two of one module. */
  readonly two: Run;
  /** 0 to 2 of one module, 3 and 4 of another. */
  readonly five: Run;
  /** 0 and 2 an engine with its glue, each with a script of its own, 1 an app. */
  readonly engines: Run;
}

type Pair = Pick<Several, "name" | "two">;

/** A script in pieces, and further lines of the configuration. */
type Run = (script: string, ...lines: string[]) => Promise<Ran>;

let modules: Promise<Modules> | undefined;

async function compileModules(): Promise<Modules> {
  const [table, engine, glue] = [TABLE_APP, ENGINE, GLUE].map((text) =>
    compileModule(wat(text), { initial: "data" }),
  );
  const [kernel, app] = [await compileSource(SEVERAL_KERNEL), await compileSource(SEVERAL_APP)];
  return { kernel, app, table: table!, engine: engine!, glue: glue! };
}

/** `count` of one module. */
export async function planMany(count: number): Promise<ImagePlan> {
  const { kernel, app } = await (modules ??= compileModules());
  return planSeveral(
    kernel,
    Array.from({ length: count }, () => ({ app })),
  );
}

async function planMixed(): Promise<ImagePlan> {
  const { kernel, app, table } = await (modules ??= compileModules());
  return planSeveral(
    kernel,
    [app, app, app, table, table].map((each) => ({ app: each })),
  );
}

async function planEngines(): Promise<ImagePlan> {
  const { kernel, app, engine, glue } = await (modules ??= compileModules());
  const enginePages = { initial: 2, maximum: 8 };
  const [first, second] = ["A", "B"].map((script) => ({ app: glue, engine, enginePages, script }));
  return planSeveral(kernel, [first!, { app }, second!]);
}

/** `most`: as many compartments as an image may have there. */
export function severalSuite(name: string, runImage: RunImage, most: number): void {
  const runOf = (makePlan: () => Promise<ImagePlan>): Run => {
    let plan: Promise<ImagePlan> | undefined;
    return async (script, ...lines) => runImage(await (plan ??= makePlan()), [`script=${script}`, ...lines]);
  };
  const several = {
    name,
    two: runOf(() => planMany(2)),
    five: runOf(planMixed),
    engines: runOf(planEngines),
  };
  testMemory(several);
  testNesting(several);
  testSuspension(several);
  testTraps(several);
  testLends(several);
  testLimits(several);
  testMemoryLimit(several);
  testKernelFaults(several);
  testMost(
    name,
    runOf(() => planMany(most)),
    most,
  );
}

/** As many compartments of one kind as `count`. */
async function planAlike(count: number): Promise<ImagePlan> {
  const { kernel, app } = await (modules ??= compileModules());
  return planReplicas(kernel, { app }, count);
}

/** The same where both are of one kind, the second begun by a restart; and as many as an image may have. */
export function replicaSuite(name: string, runImage: RunImage): void {
  const runOf = (makePlan: () => Promise<ImagePlan>, begin: string): Run => {
    let plan: Promise<ImagePlan> | undefined;
    return async (script, ...lines) =>
      runImage(await (plan ??= makePlan()), [`script=${begin}${script}`, ...lines]);
  };
  const two = runOf(() => planAlike(2), "x1 ");
  testLends({ name, two });
  testLimits({ name, two });
  testMemoryLimit({ name, two });
  testKernelFaults({ name, two });
  testReplicas(name, two);
  const many = runOf(() => planAlike(COMPARTMENTS_LIMIT), "");
  testMany(name, many);
}

/** Words of a run's output. */
export function said({ output }: Ran): string {
  return output.trimEnd().replaceAll("\n", " ");
}

/** `WHO CAUSE` of each trap. */
export function traps({ records }: Ran): string[] {
  return records
    .filter((line) => line.startsWith("trap"))
    .map((line) => line.split(" ").slice(1, 3).join(" "));
}

function testMemory({ name, two, five, engines }: Several): void {
  test(`${name}: instances of one module have memories and globals of their own`, async () => {
    const ran = await two("e0,0,11 e1,0,22 e0,5 e1,6,3 e1,5 e0,5 x0 e0,5 e1,5");
    const [zero, one] = ["0m=11 0c=12 0p=1 0r=0", "1m=22 1c=23 1p=4 1r=0"];
    assert.equal(said(ran), `0r=0 1r=0 ${zero} 1r=0 ${one} ${zero} 0m=0 0c=0 0p=1 0r=0 ${one}`);
    assert.deepEqual(ran.records, ["started", "exit 0"]);
  });

  test(`${name}: tables and globals that a module changes are its instance's, and new after a restart`, async () => {
    const ran = await five("e3,5 i. e3,0 e3,5 i. e4,5 i. e0,0,7 x3 e3,5 i. e4,5 i. e0,5");
    const first = "3i=1101 3r=0 3r=0 3i=3202 3r=0 4i=1101 4r=0 0r=0";
    assert.equal(said(ran), `${first} 3i=1101 3r=0 4i=1102 4r=0 0m=7 0c=8 0p=1 0r=0`);
  });

  test(`${name}: engines with their glue have a memory, globals and a script for each pair`, async () => {
    const ran = await engines("e0,5 i. e2,5 i e1,0,7 e0,5 i. . e2,1 x0 e0,5 i. e2,5 x2 e2,5 i. e1,5");
    const nested = "0i=1065 0r=0 2i=1066 1r=0 0i=2065 0r=0 2r=0";
    assert.equal(said(ran), `${nested} 2r=1 0i=1065 0r=0 2r=1 2i=1066 2r=0 1m=7 1c=8 1p=1 1r=0`);
    assert.deepEqual(traps(ran), ["2 6"]);
  });
}

function testNesting({ name, two, five }: Several): void {
  test(`${name}: an entry within another's service call has lends of its own, and the outer ones are back`, async () => {
    const ran = await two("e0,0,11 e1,0,22 e0,4 i e1,4 i o99 .7 i o55 .8 e1,4 o1 .2");
    const nested = "0i=11 1i=22 1h=7 1l=99 1r=0 0i=11 0h=8 0l=55 0r=0";
    assert.equal(said(ran), `0r=0 1r=0 ${nested} 1h=2 1l=1 1r=0`);
  });

  test(`${name}: entries nest over five compartments, and come back to the first`, async () => {
    const set = "e0,0,10 e1,0,11 e2,0,12";
    const ran = await five(`${set} e0,4 e1,4 e2,4 e3,5 e4,5 e0,4 i o6 .5 i . i . i o3 .2 i o2 .1 i o1 .9`);
    const inner = "0i=10 0h=5 0l=6 0r=0 4i=1101 4r=0 3i=1101 3r=0 2i=12 2h=2 2l=3 2r=0";
    assert.equal(said(ran), `0r=0 1r=0 2r=0 ${inner} 1i=11 1h=1 1l=2 1r=0 0i=10 0h=9 0l=1 0r=0`);
  });

  test(`${name}: stacks are apart: frames of one stay while another's is exhausted`, async () => {
    const ran = await two("e0,7,20000 e1,3 x1 e1,7,8 .1 .5 e1,5");
    assert.equal(said(ran), `1r=1 1d=13 1r=0 0d=30005 0r=0 1m=0 1c=8 1p=1 1r=0`);
    assert.deepEqual(traps(ran), ["1 103"]);
  });
}

function testSuspension({ name, two, five }: Several): void {
  test(`${name}: one waits while others run, trap and begin again`, async () => {
    const ran = await two("e0,0,11 e0,8 s. e1,0,22 e1,1 x1 e1,5 z0,44 e0,5");
    const meanwhile = "1r=0 1r=1 1m=0 1c=0 1p=1 1r=0";
    assert.equal(said(ran), `0r=0 0r=4 ${meanwhile} 0t=44 0r=0 0m=11 0c=12 0p=1 0r=0`);
  });

  test(`${name}: several wait, and are resumed in any order, within each other's calls, too`, async () => {
    const ran = await five("e0,8 s. e1,8 s. e2,4 z0,10 z1,11 .3 e0,8 s. e1,4 e2,8 s. z2,5 z0,6 .");
    const within = "0t=10 0r=0 1t=11 1r=0 2h=3 2l=0 2r=0";
    assert.equal(said(ran), `0r=4 1r=4 ${within} 0r=4 2r=4 2t=5 2r=0 0t=6 0r=0 1h=0 1l=0 1r=0`);
  });

  test(`${name}: who is suspended is the caller of the service that asked, not who is entered meanwhile`, async () => {
    const ran = await two("e0,8 s e1,8 .5 e1,4 .6 . e1,5 z0,7");
    const meanwhile = "1t=5 1r=0 1h=6 1l=0 1r=0";
    assert.equal(said(ran), `${meanwhile} 0r=4 1m=0 1c=0 1p=1 1r=0 0t=7 0r=0`);
  });
}

function testTraps({ name, two, five }: Several): void {
  test(`${name}: a trap in one leaves the others as they are, inside their calls and outside`, async () => {
    const ran = await five("e0,0,11 e2,0,12 e0,4 i e1,1 e1,5 i o9 e3,5 i e1,5 . .3 e2,5 e0,5 x1 e1,5");
    const inside = "0i=11 1r=1 1r=1 0i=11 3i=1101 1r=1 3r=0 0h=3 0l=9 0r=0";
    const outside = "2m=12 2c=13 2p=1 2r=0 0m=11 0c=12 0p=1 0r=0 1m=0 1c=0 1p=1 1r=0";
    assert.equal(said(ran), `0r=0 2r=0 ${inside} ${outside}`);
    assert.deepEqual(traps(ran), ["1 6"]);
  });

  test(`${name}: one is restarted within another's call, which goes on`, async () => {
    const ran = await two("e0,0,11 e1,0,22 e1,6,2 e0,4 i e1,1 x1 e1,5 i o8 .1 e0,5");
    const within = "0i=11 1r=1 1m=0 1c=0 1p=1 1r=0 0i=11 0h=1 0l=8 0r=0";
    assert.equal(said(ran), `0r=0 1r=0 1r=0 ${within} 0m=11 0c=12 0p=1 0r=0`);
  });

  test(`${name}: one that traps where it was entered again is dead when the outer entry is over`, async () => {
    const ran = await two("e0,4 e1,4 e0,1 .1 o7 .2 e0,5 x0 e0,5");
    assert.equal(said(ran), "0r=1 1h=1 1l=0 1r=0 0h=2 0l=7 0r=0 0r=1 0m=0 0c=0 0p=1 0r=0");
    assert.deepEqual(traps(ran), ["0 6"]);
  });

  test(`${name}: pages that one has are none of another's`, async () => {
    const ran = await two("e1,6,4 e1,9,327679 e0,9,327679 e0,5 x0 e0,10 e1,5");
    assert.equal(said(ran), "1r=0 1x=77 1r=0 0r=1 0r=1 0r=1 1m=0 1c=0 1p=5 1r=0");
    assert.deepEqual(traps(ran), ["0 e", "0 6"]);
  });
}

function testReplicas(name: string, two: Run): void {
  test(`${name}: instances of one kind have memories, globals and stacks of their own`, async () => {
    const ran = await two("e0,0,11 e1,0,22 e0,5 e1,6,3 e1,5 e0,5 x0 e0,5 e1,5 e0,7,20000 e1,3 x1 e1,7,8");
    const [zero, one] = ["0m=11 0c=12 0p=1 0r=0", "1m=22 1c=23 1p=4 1r=0"];
    const after = `0m=0 0c=0 0p=1 0r=0 ${one} 1r=1 1d=12 1r=0 0d=30000 0r=0`;
    assert.equal(said(ran), `0r=0 1r=0 ${zero} 1r=0 ${one} ${zero} ${after}`);
    assert.deepEqual(traps(ran), ["1 103"]);
  });

  test(`${name}: one waits while the other runs, traps and begins again, inside calls and outside`, async () => {
    const ran = await two("e0,0,11 e0,8 s. e1,0,22 e1,1 x1 e1,5 z0,44 e0,4 i e1,1 x1 e1,5 i o8 .1 e0,5");
    const meanwhile = "1r=0 1r=1 1m=0 1c=0 1p=1 1r=0 0t=44 0r=0";
    const within = "0i=11 1r=1 1m=0 1c=0 1p=1 1r=0 0i=11 0h=1 0l=8 0r=0 0m=11 0c=12 0p=1 0r=0";
    assert.equal(said(ran), `0r=0 0r=4 ${meanwhile} ${within}`);
  });
}

function testMany(name: string, many: Run): void {
  test(`${name}: of ${COMPARTMENTS_LIMIT}, each is its own, and none but the first is entered before its restart`, async () => {
    const last = COMPARTMENTS_LIMIT - 1;
    const some = Array.from({ length: 40 }, (_, at) => at * 26 + 1);
    const begun = some.map((at) => `x${at} e${at},0,${at + 100}`).join(" ");
    const ran = await many(
      `e1,5 e${last},5 ${begun} x${last} e0,4 i e${last},4 i o1 .2 i . e${last},1 e27,5`,
    );
    const returned = some.map((at) => `${at}r=0`).join(" ");
    const nested = `0i=0 ${last}i=0 ${last}h=2 ${last}l=1 ${last}r=0 0i=0 0h=0 0l=0 0r=0`;
    assert.equal(said(ran), `1r=1 ${last}r=1 ${returned} ${nested} ${last}r=1 27m=127 27c=128 27p=1 27r=0`);
    assert.deepEqual(traps(ran), [`${last.toString(16)} 6`]);
  });
}

function testLends({ name, two }: Pair): void {
  test(`${name}: what one lends is not lent in a call of another that it encloses`, async () => {
    const own = await two("e0,0,11 e0,4 . e0,4 p i .");
    assert.equal(said(own), "0r=0 0h=0 0l=0 0r=0 0i=11 0h=0 0l=0 0r=0");
    const ran = await two("e0,4 . e0,4 e1,8 p");
    assert.equal(said(ran), "0h=0 0l=0 0r=0");
    assert.deepEqual([ran.status, traps(ran)], [70, ["kernel 6"]]);
  });
}

function testLimits({ name, two }: Pair): void {
  test(`${name}: an endless loop in one ends, and the next entries have all of their time`, async () => {
    const ran = await two("e0,8 s. e1,2 e1,5 e0,5 z0,9 x1 e1,4 u120 .4", "app.timeLimitMs=200");
    assert.equal(said(ran), "0r=4 1r=3 1r=3 0m=0 0c=0 0p=1 0r=0 0t=9 0r=0 1h=4 1l=0 1r=0");
    assert.deepEqual(traps(ran), ["1 101"]);
  });

  test(`${name}: a loop within another's call is ended, and the call can still end in time`, async () => {
    const ran = await two("e0,0,11 e0,4 e1,2 i o3 .2", "app.timeLimitMs=100");
    assert.equal(said(ran), "0r=0 1r=3 0i=11 0h=2 0l=3 0r=0");
    assert.deepEqual(traps(ran), ["1 101"]);
  });
}

function testMemoryLimit({ name, two }: Pair): void {
  test(`${name}: each grows up to the limit, whatever another took`, async () => {
    const ran = await two("e0,6,15 e0,6,1 e0,5 e1,6,9 e1,5 x0 e0,6,16 e0,5", "app.memoryMiB=1");
    const grown = "0m=0 0c=0 0p=16 0r=0 1r=0 1m=0 1c=0 1p=10 1r=0";
    assert.equal(said(ran), `0r=0 0r=0 ${grown} 0r=0 0m=0 0c=0 0p=1 0r=0`);
  });
}

function testKernelFaults({ name, two }: Pair): void {
  const faults: readonly (readonly [title: string, script: string])[] = [
    ["restarts one whose call encloses the running one", "e0,4 e1,4 x0"],
    ["resumes one that was entered again and has not returned", "e0,8 s. e0,4 e1,4 z0,1"],
    ["suspends one within its own call, by way of another", "e0,4 e1,4 e0,4 s."],
    ["resumes one that waits for nothing, while another waits", "e0,8 s. z1,1"],
    ["enters one beyond the last", "e0,5 e2,5"],
  ];
  for (const [title, script] of faults) {
    test(`${name}: the kernel ends the machine when it ${title}`, async () => {
      const ran = await two(script);
      assert.deepEqual([ran.status, traps(ran)], [70, ["kernel 6"]]);
    });
  }
}

function testMost(name: string, run: Run, most: number): void {
  test(`${name}: an image of ${most} compartments, the last nested into the first`, async () => {
    const last = most - 1;
    const entered = Array.from({ length: most }, (_, at) => `e${at},0,${at + 100}`);
    const ran = await run(`${entered.join(" ")} e0,4 i e${last},4 i o1 .2 i . e${last},1 e0,5`);
    const returned = Array.from({ length: most }, (_, at) => `${at}r=0`).join(" ");
    const nested = `0i=100 ${last}i=${last + 100} ${last}h=2 ${last}l=1 ${last}r=0 0i=100 0h=0 0l=0 0r=0`;
    assert.equal(said(ran), `${returned} ${nested} ${last}r=1 0m=100 0c=101 0p=1 0r=0`);
    assert.deepEqual(traps(ran), [`${last.toString(16)} 6`]);
  });
}
