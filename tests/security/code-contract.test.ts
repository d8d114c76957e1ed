/**
 * All code that the compiler emits keeps the code contract (docs/internals/code-contract.md), and code that breaks it
 * is refused: each bad piece stands beside a good one that differs in what is wrong.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { readdirSync, readFileSync } from "node:fs";
import { KERNELS, kernelWasm } from "../../bench/compiler/kernels.ts";
import { generateModule } from "../../fuzz/compiler/generate.ts";
import { SERVICES } from "../../src/abi/services.ts";
import { compileModule } from "../../src/compiler/compile.ts";
import { OPTIMIZATIONS, type CompilerOptions } from "../../src/compiler/optimization.ts";
import { wat } from "../../src/compiler/wasm/module.harness.ts";
import { prepareEngine } from "../../src/image/engine.ts";
import { buildGlue } from "../../src/image/js-app.ts";
import { buildKernel } from "../../src/image/kernel.ts";
import { emitRoutines } from "../../src/linker/routines.ts";
import { linkForProcess } from "../../src/platform/process/platform.ts";
import { moduleOf } from "./code-contract/bad-code.ts";
import { BAD_CONTROL } from "./code-contract/bad-control.ts";
import { BAD_MEMORY } from "./code-contract/bad-memory.ts";
import { checkModule, showViolations } from "./code-contract/check.ts";
import { findChanges, findStrayJumps } from "./code-contract/linked.ts";
import { checkRoutine } from "./code-contract/routine.ts";

const RANDOM_MODULES = process.env["SKERRY_LONG"] === "1" ? 1000 : 60;
const MODULES_WITHOUT = 8;
const SHOWN = 5;

async function requireKept(name: string, wasm: Uint8Array, options: CompilerOptions = {}): Promise<void> {
  const module = compileModule(wasm, options);
  const violations = checkModule(module);
  const shown = await showViolations(module, violations.slice(0, SHOWN));
  assert.equal(violations.length, 0, `${name}: ${violations.length} violations\n${shown}`);
}

for (const one of [...BAD_MEMORY, ...BAD_CONTROL]) {
  test(`${one.name} is refused`, async () => {
    const good = moduleOf(one, false);
    assert.equal(await showViolations(good, checkModule(good)), "", "the control is refused too");
    const found = checkModule(moduleOf(one, true)).map(({ message }) => message);
    assert.ok(
      found.some((message) => one.says.test(message)),
      `found: ${found.join("; ") || "nothing"}`,
    );
  });
}

test("the compiler's benchmark keeps the contract", async () => {
  for (const name of KERNELS) await requireKept(name, await kernelWasm(name));
});

test("the kernel with all its services, and the glue between engine and kernel, keep it", async () => {
  const services = Object.keys(SERVICES) as (keyof typeof SERVICES)[];
  await requireKept("kernel", await buildKernel(services));
  await requireKept("kernel with drivers", await buildKernel(services, false, "bare"));
  await requireKept("glue", await buildGlue());
});

test("QuickJS keeps it", async () => {
  await requireKept("engine", (await prepareEngine()).wasm);
});

test(`${RANDOM_MODULES} random modules keep it`, async () => {
  for (let seed = 1; seed <= RANDOM_MODULES; seed++) {
    await requireKept(`seed ${seed}`, generateModule(seed).wasm);
  }
});

test("it is kept where initial content is data, as in images", async () => {
  for (let seed = 1; seed <= RANDOM_MODULES; seed++) {
    await requireKept(`seed ${seed}`, generateModule(seed).wasm, { initial: "data" });
  }
  await requireKept("glue", await buildGlue(), { initial: "data" });
  await requireKept("engine", (await prepareEngine()).wasm, { initial: "data" });
});

test("the modules of the golden tests keep it, which have an instruction of every kind", async () => {
  const folder = path.join(import.meta.dirname, "../../src/compiler/testdata");
  const files = readdirSync(folder).filter((name) => name.endsWith(".wat"));
  assert.ok(files.length > 0);
  for (const file of files) await requireKept(file, wat(readFileSync(path.join(folder, file), "utf8")));
});

test("it is kept without any one optimization, and without all: none is needed for safety", async () => {
  const sets = [...OPTIMIZATIONS.map((one) => new Set([one])), new Set(OPTIMIZATIONS)];
  for (const without of sets) {
    for (let seed = 1; seed <= MODULES_WITHOUT; seed++) {
      await requireKept(`seed ${seed} without ${[...without].join()}`, generateModule(seed).wasm, {
        without,
      });
    }
  }
});

test("the routines touch nothing but what they are given", () => {
  const { assembled, offsets } = emitRoutines();
  const starts = [...offsets.values(), assembled.code.length];
  for (const [number, start] of starts.slice(0, -1).entries()) {
    const end = starts[number + 1]!;
    assert.deepEqual(checkRoutine(assembled.code, start, end), []);
    const damaged = assembled.code.slice();
    damaged.set([0x48, 0x89, 0x03], start); // mov [rbx], rax
    assert.notDeepEqual(checkRoutine(damaged, start, end), []);
    damaged.set([0xfd], start); // std
    assert.notDeepEqual(checkRoutine(damaged, start, end), []);
  }
});

test("the linker changes nothing but the fields, and tables of jumps lead where the module says", async () => {
  const module = compileModule(await kernelWasm("bytecode"));
  assert.ok(module.jumps.length > 0, "a module with a jump table");
  const linked = linkForProcess({ instances: [{ module, imports: [] }] });
  assert.deepEqual(findChanges(linked), []);
  assert.deepEqual(findStrayJumps(linked), []);
  const { code, constants } = linked.sections;
  code.bytes[linked.instances[0]!.code]! ^= 1;
  constants.bytes.fill(1);
  assert.deepEqual(findChanges(linked), [linked.instances[0]!.code]);
  assert.notDeepEqual(findStrayJumps(linked), []);
});
