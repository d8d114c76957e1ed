import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { forgetOffer, parseOptions, offeredScale, offeredSegmentSize, emitOptions } from "./options";
const at: usize = memory.data(64, 8);
export function pointer(): usize { return at; }
export function parse(length: u32): u32 { forgetOffer(); parseOptions(at, length); return (offeredSegmentSize << 8) | offeredScale; }
export function emit(size: u32, scale: u32): u32 { return emitOptions(at, size, <u8>scale, scale == 3); }
`;
const NONE = 255;
const DEFAULT = 536;

async function options() {
  const kernel = await assemble("net/tcp/options.harness.ts", HARNESS);
  const bytes = () => new Uint8Array(kernel.memory.buffer, kernel.pointer() as number, 64);
  const parse = (...given: number[]) => {
    bytes().fill(0xee).set(given);
    const result = kernel.parse(given.length) as number;
    return { size: result >>> 8, scale: result & 255 };
  };
  return { kernel, bytes, parse };
}

test("segment size and window scale are found among padding and unknown options", async () => {
  const { parse } = await options();
  assert.deepEqual(parse(2, 4, 5, 180), { size: 1460, scale: NONE });
  assert.deepEqual(parse(1, 1, 3, 3, 7, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 2, 4, 2, 0), { size: 512, scale: 7 });
  assert.deepEqual(parse(0, 2, 4, 5, 180), { size: DEFAULT, scale: NONE }, "nothing counts behind the end");
});

test("a scale above 14 counts as 14, a wrong length as no option", async () => {
  const { parse } = await options();
  assert.equal(parse(3, 3, 200).scale, 14);
  assert.deepEqual(parse(2, 3, 5, 3, 3, 2), { size: DEFAULT, scale: 2 });
});

test("options that do not fit end the list", async () => {
  const { parse } = await options();
  for (const broken of [[2], [2, 4], [2, 4, 5], [3, 3], [8, 0], [8, 1, 2], [30, 40, 1]]) {
    assert.deepEqual(parse(...broken), { size: DEFAULT, scale: NONE }, String(broken));
  }
});

test("what is emitted can be parsed and is a whole number of words", async () => {
  const { kernel, bytes, parse } = await options();
  for (const scale of [0, 3, 14, NONE]) {
    const length = kernel.emit(1460, scale) as number;
    assert.equal(length % 4, 0);
    assert.deepEqual(parse(...bytes().slice(0, length)), { size: 1460, scale });
  }
});
