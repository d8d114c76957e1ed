/** Initial content as data, of the modules that images are made from: what their initializers would have written. */
import test from "node:test";
import assert from "node:assert/strict";
import type { ServiceName } from "../abi/services.ts";
import { showFunctionType, type FunctionType } from "../abi/wasm.ts";
import { decodeModule } from "../compiler/wasm/decode.ts";
import { prepareEngine } from "../image/engine.ts";
import { buildGlue } from "../image/js-app.ts";
import { buildKernel } from "../image/kernel.ts";
import { heldAfterStart, type WasmProgram } from "../linker/initial.harness.ts";
import type { ImportSource, ProgramFunction } from "../linker/program.ts";

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
