/** Modules of any bytes: refused with a `WasmError` or accepted, as V8 does. */
import { assertAgreement, assembled, TEXT } from "../src/compiler/wasm/agreement.harness.ts";
import { wat } from "../src/compiler/wasm/module.harness.ts";
import type { FuzzTarget } from "./target.ts";

export const target: FuzzTarget = {
  name: "wasm",
  corpus: [wat(TEXT), await assembled()],
  run: (input) => void assertAgreement(input, "this input"),
};
