/**
 * `node --import ./tools/typescript.mjs fuzz/compiler/replay.ts NAME.json [MODULE.wasm]`: runs a kept case again, on
 * another module if one is named, and prints the calls on which V8 and Skerry's compiler disagree. Exits with 1 if
 * there are any: so it can be the command of `wasm-reduce` (see the README).
 */
import path from "node:path";
import { readFileSync } from "node:fs";
import { readCase } from "./case-file.ts";
import { nativeMachine } from "./native-machine.ts";
import { v8Machine } from "./v8-machine.ts";

const [file, other] = process.argv.slice(2);
if (file === undefined) throw new Error("which case?");
const kept = readCase(path.dirname(file), path.basename(file, ".json"));
const test = other === undefined ? kept : { ...kept, wasm: new Uint8Array(readFileSync(other)) };
const expected = await v8Machine().run(test);
const found = await nativeMachine().run(test);
let count = 0;
for (let index = 0; index < Math.max(expected.length, found.length); index++) {
  if (expected[index] === found[index]) continue;
  count++;
  // With a module of `wasm-reduce`, only that they differ may be said: it wants the same words each time.
  if (other !== undefined) continue;
  const { name, values } = test.calls[index] ?? { name: "start", values: [] };
  console.log(`${index}: ${name}(${values.join(", ")})`);
  console.log(`  v8      ${expected[index]}\n  skerry  ${found[index]}`);
}
if (other !== undefined) console.log(count > 0 ? "they differ" : "they agree");
if (count > 0) process.exitCode = 1;
