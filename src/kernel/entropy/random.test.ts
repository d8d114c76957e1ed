import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../tools/assembly-test.ts";

const HARNESS = `
import { block } from "./chacha20";
import { fillRandom } from "./random";
import { reserve } from "../memory/arena";
export function room(): usize { return reserve(65536); }
export { block, fillRandom };
`;

async function start(seed: number | null) {
  const kernel = await assemble("entropy/random.harness.ts", HARNESS, {
    platform: {
      entropySeed: (pointer: number, length: number) => {
        if (seed === null) return 0;
        new Uint8Array(kernel.memory.buffer, pointer, length).fill(seed);
        return length;
      },
    },
  });
  return { kernel, room: kernel.room() as number };
}

test("the block function gives RFC 8439 2.3.2's key stream", async () => {
  const { kernel, room } = await start(1);
  const bytes = new Uint8Array(kernel.memory.buffer);
  for (let index = 0; index < 32; index++) bytes[room + index] = index;
  bytes.set([0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0], room + 32);
  kernel.block(room + 64, room, 1, room + 32);
  assert.equal(
    Buffer.from(bytes.slice(room + 64, room + 128)).toString("hex"),
    "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e" +
      "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
  );
});

test("without a seed nothing is handed out", async () => {
  const { kernel, room } = await start(null);
  assert.equal(kernel.fillRandom(room, 64), 0);
  assert.deepEqual(new Uint8Array(kernel.memory.buffer, room, 64), new Uint8Array(64));
});

test("handed-out bytes stand nowhere else in the kernel's memory", async () => {
  const { kernel, room } = await start(5);
  kernel.fillRandom(room, 1000);
  const bytes = Buffer.from(kernel.memory.buffer.slice(0));
  const sample = bytes.subarray(room + 900, room + 916);
  assert.equal(bytes.indexOf(sample), room + 900);
  assert.equal(bytes.indexOf(sample, room + 901), -1);
});

test("different seeds and successive calls give different bytes", async () => {
  const first = await start(1);
  const second = await start(2);
  first.kernel.fillRandom(first.room, 64);
  second.kernel.fillRandom(second.room, 64);
  const take = (at: { kernel: { memory: WebAssembly.Memory }; room: number }) =>
    Buffer.from(at.kernel.memory.buffer.slice(at.room, at.room + 64)).toString("hex");
  const before = take(first);
  assert.notEqual(before, take(second));
  first.kernel.fillRandom(first.room, 64);
  assert.notEqual(before, take(first));
});
