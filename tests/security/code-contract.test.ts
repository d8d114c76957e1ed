/**
 * All code that the compiler emits keeps the code contract (docs/internals/code-contract.md), and code that breaks it
 * is refused: each bad piece stands beside a good one that differs in what is wrong.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { KERNELS, kernelWasm } from "../../bench/compiler/kernels.ts";
import { generateModule } from "../../fuzz/compiler/generate.ts";
import { SERVICES } from "../../src/abi/services.ts";
import { compileModule } from "../../src/compiler/compile.ts";
import { prepareEngine } from "../../src/image/engine.ts";
import { buildGlue } from "../../src/image/js-app.ts";
import { buildKernel } from "../../src/image/kernel.ts";
import { moduleOf } from "./code-contract/bad-code.ts";
import { BAD_CONTROL } from "./code-contract/bad-control.ts";
import { BAD_MEMORY } from "./code-contract/bad-memory.ts";
import { checkModule, showViolations } from "./code-contract/check.ts";

const RANDOM_MODULES = 60;
const SHOWN = 5;

async function requireKept(name: string, wasm: Uint8Array): Promise<void> {
  const module = compileModule(wasm);
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
  await requireKept("kernel", await buildKernel(Object.keys(SERVICES) as (keyof typeof SERVICES)[]));
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
