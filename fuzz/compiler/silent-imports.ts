/**
 * What `wasm-opt -ttf` imports are loggers. Here nobody listens: functions of the same types that do nothing, in Wasm,
 * because JavaScript cannot be called with vectors.
 */
import { decodeModule } from "../../src/compiler/wasm/decode.ts";
import { ByteWriter } from "./byte-writer.ts";

/** Throws a `WasmError` where the module is broken; functions with results are not among what is known. */
export function silentImports(wasm: Uint8Array): WebAssembly.Imports {
  const { imports, types } = decodeModule(wasm);
  const functions = imports.flatMap((one) =>
    one.kind === "function" ? [{ ...one, type: types[one.type]! }] : [],
  );
  if (functions.length === 0) return {};
  const module = new ByteWriter();
  module.byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  module.section(1, functions.length, (section) => {
    for (const { type } of functions) {
      section.byte(0x60);
      section.vector(Uint8Array.from(type.parameters));
      section.byte(0);
    }
  });
  module.section(3, functions.length, (section) => functions.forEach((_, index) => section.unsigned(index)));
  module.section(7, functions.length, (section) => {
    functions.forEach((_, index) => {
      section.name(String(index));
      section.byte(0);
      section.unsigned(index);
    });
  });
  module.section(10, functions.length, (section) => functions.forEach(() => section.byte(2, 0, 0x0b)));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes as BufferSource));
  const given: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  functions.forEach((one, index) => {
    (given[one.module] ??= {})[one.name] = exports[String(index)]!;
  });
  return given;
}
