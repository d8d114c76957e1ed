/** Initial content as data is what initializers would have written: in random modules, and in those of images. */
import test from "node:test";
import assert from "node:assert/strict";
import { callsOf } from "../../fuzz/compiler/calls.ts";
import { NOT_STARTED } from "../../fuzz/compiler/execution.ts";
import { generateModule } from "../../fuzz/compiler/generate.ts";
import { nativeMachine } from "../../fuzz/compiler/native-machine.ts";
import { v8Machine } from "../../fuzz/compiler/v8-machine.ts";
import type { ServiceName } from "../abi/services.ts";
import { showFunctionType, type FunctionType } from "../abi/wasm.ts";
import { decodeModule } from "../compiler/wasm/decode.ts";
import { prepareEngine } from "../image/engine.ts";
import { buildGlue } from "../image/js-app.ts";
import { buildKernel } from "../image/kernel.ts";
import { heldAfterStart, type WasmProgram } from "../linker/initial.harness.ts";
import type { ImportSource, ProgramFunction } from "../linker/program.ts";

const RANDOM_MODULES = process.env["SKERRY_LONG"] === "1" ? 1000 : 40;
const UD2 = Uint8Array.of(0x0f, 0x0b);
const SERVICES: readonly ServiceName[] = [
  "app",
  "console",
  "clock",
  "entropy",
  "ip",
  "udp",
  "tcp",
  "dns",
  "http",
];

/** Functions that nobody calls while a program starts, one of each type. */
class Stubs {
  readonly functions: ProgramFunction[] = [];

  of(type: FunctionType): ImportSource {
    const name = showFunctionType(type);
    let index = this.functions.findIndex((each) => each.name === name);
    if (index < 0) index = this.functions.push({ name, type, code: UD2 }) - 1;
    return { kind: "function", index };
  }

  imports(wasm: Uint8Array): ImportSource[] {
    const { imports, types } = decodeModule(wasm);
    return imports.map((item) => {
      return item.kind === "function" ? this.of(types[item.type]!) : { kind: "memory", index: 0 };
    });
  }
}

async function expectSame(program: WasmProgram): Promise<void> {
  const [code, data] = [await heldAfterStart(program, "code"), await heldAfterStart(program, "data")];
  data.memories.forEach((memory, index) => {
    assert.ok(Buffer.from(memory).equals(code.memories[index]!), `memory ${index}`);
    assert.ok(memory.some((byte) => byte !== 0));
  });
  assert.deepEqual(data.globals, code.globals);
}

test("our kernel starts the same", async () => {
  const wasm = await buildKernel(SERVICES);
  const stubs = new Stubs();
  const instances = [{ wasm, imports: stubs.imports(wasm) }];
  await expectSame({ instances, functions: stubs.functions });
});

test("engine and glue, over one memory, start the same", async () => {
  const [engine, glue] = [await prepareEngine(), await buildGlue()];
  const stubs = new Stubs();
  const { initial, maximum } = engine.memoryPages;
  await expectSame({
    memories: [{ minimum: initial, maximum }],
    instances: [engine.wasm, glue].map((wasm) => ({ wasm, imports: stubs.imports(wasm) })),
    functions: stubs.functions,
  });
});

test(`${RANDOM_MODULES} random modules compute with it what V8 computes`, async () => {
  const [expected, tested] = [v8Machine(), nativeMachine("data")];
  let computing = 0;
  for (let seed = 1; seed <= RANDOM_MODULES; seed++) {
    const { wasm, functions } = generateModule(seed);
    const one = { wasm, calls: callsOf(functions, seed) };
    const lines = await expected.run(one);
    assert.ok(
      lines.every((line) => !line.startsWith(NOT_STARTED)),
      `seed ${seed}`,
    );
    assert.deepEqual(await tested.run(one), lines, `seed ${seed}`);
    if (lines.length > 0) computing++;
  }
  assert.ok(computing > 0.9 * RANDOM_MODULES, `only ${computing} export a function`);
});
