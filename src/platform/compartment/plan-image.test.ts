import test from "node:test";
import assert from "node:assert/strict";
import type { CompiledModule } from "../../abi/object.ts";
import { AppEntry } from "../../abi/entry.ts";
import { ValueType, type FunctionType } from "../../abi/wasm.ts";
import { LinkError } from "../../linker/link-error.ts";
import { link } from "../../linker/link.ts";
import { compiledModule, type TestModule } from "../../linker/test-module.ts";
import { planImage, type ImageModules } from "./plan-image.ts";

const I32 = ValueType.I32;
const I64 = ValueType.I64;
const NOTHING: FunctionType = { parameters: [], results: [] };
const memory = { imported: false, limits: { minimum: 1, maximum: undefined }, shared: false };

type Import = NonNullable<TestModule["imports"]>[number];
type Export = readonly [name: string, type: FunctionType];

function importOf(module: string, name: string, of: FunctionType = NOTHING): Import {
  return { module, name, kind: "function", of };
}

function moduleOf(imports: readonly Import[], exports: readonly Export[] = []): CompiledModule {
  return compiledModule({
    memory,
    imports,
    functions: exports.map(([name, type]) => ({ name, type, emit: () => {} })),
  });
}

const WRITE: FunctionType = { parameters: [I32, I32, I32], results: [] };

function kernelOf(imports: readonly Import[] = [], ...exports: Export[]): CompiledModule {
  return moduleOf(imports, [["start", NOTHING], ["run", NOTHING], ["console_write", WRITE], ...exports]);
}

/** Plans and links, without any platform's code. */
function build(modules: Partial<ImageModules>) {
  const plan = planImage({ kernel: kernelOf(), app: moduleOf([]), isNetworked: false, ...modules });
  const functions = Object.fromEntries(plan.functions.map((_, index) => [index, 0]));
  const emit = () => ({
    bytes: new Uint8Array(16),
    readOnly: new Uint8Array(0),
    relocations: new Int32Array(0),
    entry: 0,
    memoryGrow: 0,
    tableGrow: 0,
    entryStubs: [],
    functions,
  });
  return { plan, linked: link(plan.program, { stateBytes: 0, emit }) };
}

function refused(modules: Partial<ImageModules>, pattern: RegExp): void {
  assert.throws(
    () => build(modules),
    (error) => {
      assert.ok(error instanceof LinkError, String(error));
      assert.match(error.message, pattern);
      return true;
    },
  );
}

test("a service call leads through a gate to the kernel's function", () => {
  const app = moduleOf([importOf("console", "write", WRITE)], [["start", NOTHING]]);
  const { plan, linked } = build({ app });
  assert.deepEqual(
    plan.functions.map((each) => (each.kind === "gate" ? [each.target.index, each.compartment] : each.kind)),
    [[2, 0]],
  );
  assert.equal(plan.compartments[0]!.entries[AppEntry.Start]!.instance, 1);
  assert.equal(plan.compartments[0]!.entries[AppEntry.Alarm], undefined);
  // The platform's code follows all else: the import leads there.
  const code = linked.instances[1]!.functions[0]!.code;
  assert.ok(linked.regions.every(({ end }) => end <= code) && code < linked.sections.code.sizeBytes);
});

test("engine and glue import each other, over one memory", () => {
  const shared = { module: "env", name: "memory", kind: "memory" } as const;
  const imported = { imported: true, limits: { minimum: 2, maximum: 8 }, shared: false };
  const engine = compiledModule({
    memory: imported,
    imports: [
      shared,
      importOf("face", "call"),
      importOf("env", "abort", { parameters: [I32, I32, I32, I32], results: [] }),
    ],
    functions: [{ name: "evaluate", type: NOTHING, emit: () => {} }],
  });
  const app = compiledModule({
    memory: imported,
    imports: [shared, importOf("engine", "evaluate"), importOf("console", "write", WRITE)],
    functions: [
      { name: "call", type: NOTHING, emit: () => {} },
      { name: "reserveSource", type: { parameters: [I32], results: [I32] }, emit: () => {} },
    ],
  });
  const { plan, linked } = build({ engine, app, enginePages: { initial: 2, maximum: 8 }, script: "1;" });
  assert.deepEqual(plan.compartments[0]!.instances, [1, 2]);
  assert.equal(linked.instances[1]!.memory, linked.instances[2]!.memory);
  assert.notEqual(linked.instances[0]!.memory, linked.instances[1]!.memory);
  assert.deepEqual([...plan.compartments[0]!.script!.bytes], [0x31, 0x3b, 0]);
});

test("what was not granted fails to link, by name", () => {
  for (const [module, name] of [
    ["platform", "consoleWrite"],
    ["compartment", "copyIn"],
    ["device", "pin"],
    ["engine", "evaluate"],
    ["wasi_snapshot_preview1", "fd_write"],
    ["console", "read"],
    ["console", "constructor"],
    ["constructor", "write"],
    ["env", "memory"],
  ] as const) {
    refused({ app: moduleOf([importOf(module, name)]) }, new RegExp(`${module}\\.${name}`));
  }
  for (const [module, name] of [
    ["platform", "systemCall"],
    ["platform", "toString"],
    ["console", "write"],
    ["env", "abort"],
  ] as const) {
    refused({ kernel: kernelOf([importOf(module, name)]) }, new RegExp(`${module}\\.${name}`));
  }
});

test("a service that the image's kernel lacks is named", () => {
  const fill = importOf("entropy", "fill", { parameters: [I32, I32], results: [I32] });
  refused({ app: moduleOf([fill]) }, /kernel exports no function "entropy_fill"/);
});

test("types are held against what stands behind them", () => {
  refused(
    { app: moduleOf([importOf("console", "write")]) },
    /console\.write: expected .* found \(i32, i32, i32\)/,
  );
  refused({ kernel: kernelOf([importOf("platform", "exit")]) }, /platform\.exit/);
  const fill: Export = ["entropy_fill", { parameters: [I64], results: [] }];
  const app = moduleOf([importOf("entropy", "fill", { parameters: [I32, I32], results: [I32] })]);
  refused({ app, kernel: kernelOf([], fill) }, /"entropy_fill": expected \(i32, i32\) -> \(i32\)/);
  refused({ app: moduleOf([], [["start", { parameters: [I64], results: [] }]]) }, /entry "start"/);
  refused({ app: moduleOf([], [["alarm", { parameters: [], results: [I32] }]]) }, /entry "alarm"/);
  refused({ kernel: moduleOf([], [["start", NOTHING]]) }, /exports no function "run"/);
  refused({ script: "1;" }, /exports no function "reserveSource"/);
});
