/** Blocks with more values than a call can have arguments. */
import test from "node:test";
import { compileModule } from "./compile.ts";
import { moduleWithCode, type Bytes } from "./wasm/module.harness.ts";

/** V8 passes some 120,000. */
const COUNT = 150_000;

const FENCE: Bytes = [0xfe, 0x03, 0x00];
const BLOCK: Bytes = [0x02, 0x40, 0x0c, 0x00, 0x0b];
const many = (code: Bytes): number[] => Array.from({ length: COUNT }, () => code).flat();

test(`a block of ${COUNT} values is joined to the one before`, () => {
  compileModule(moduleWithCode([...many(FENCE), ...BLOCK, ...many(FENCE)]));
});
