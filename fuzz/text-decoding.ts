/** Bytes that are not UTF-8, as an app's TextDecoder gets them: the same text as Node's own decoder gives. */
import path from "node:path";
import assert from "node:assert/strict";
import { compileAssembly } from "../src/image/assembly.ts";
import type { FuzzTarget } from "./target.ts";

const FACE = path.resolve(import.meta.dirname, "../src/faces/js");
const ROOT = "utf8.fuzz.ts";
const SOURCE = `export { isAscii, isWellFormed, repair, repairedLength } from "./utf8"; memory.grow(1);`;
const INPUT = 1024;
const OUTPUT = 16384;

interface Utf8 {
  memory: WebAssembly.Memory;
  isAscii(pointer: number, length: number): number;
  isWellFormed(pointer: number, length: number): number;
  repairedLength(pointer: number, length: number): number;
  repair(target: number, pointer: number, length: number): void;
}

let compiled: Promise<Utf8> | undefined;

function utf8(): Promise<Utf8> {
  return (compiled ??= (async () => {
    const { wasm } = await compileAssembly(FACE, ROOT, { virtualFiles: { [ROOT]: SOURCE }, initialPages: 1 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource));
    return instance.exports as unknown as Utf8;
  })());
}

const hex = (...texts: string[]) => texts.map((text) => new Uint8Array(Buffer.from(text, "hex")));

export const target: FuzzTarget = {
  name: "text-decoding",
  // Characters of each length, at their bounds; overlong, surrogate, too large, cut short.
  corpus: hex(
    "61007f",
    "c280dfbf",
    "e0a080ed9fbfee8080efbfbf",
    "f0908080f48fbfbf",
    "c0afe0809ff0808080",
    "eda080edbfbf",
    "f4908080f8ff",
    "e282f09f98c3",
  ),
  async run(input) {
    const module = await utf8();
    new Uint8Array(module.memory.buffer, INPUT, input.length).set(input);
    const size = module.repairedLength(INPUT, input.length);
    module.repair(OUTPUT, INPUT, input.length);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(input);
    const wanted = new TextEncoder().encode(text);
    assert.deepEqual(new Uint8Array(module.memory.buffer, OUTPUT, size).slice(), wanted);
    const isSame = Buffer.compare(wanted, input) === 0;
    assert.equal(module.isWellFormed(INPUT, input.length) !== 0, isSame);
    assert.equal(
      module.isAscii(INPUT, input.length) !== 0,
      input.every((byte) => byte < 0x80),
    );
  },
};
