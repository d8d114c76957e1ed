/** The functions that allocate for the engine, called as it calls them: over its own C library, against a model of blocks. */
import test from "node:test";
import assert from "node:assert/strict";
import { randomFrom } from "../../fuzz/target.ts";
import { prepareEngine } from "./engine.ts";
import { encodeExport } from "./wasm-names.ts";
import { extended, rewrite, SECTION } from "./wasm-sections.ts";

const TABLE_KIND = 1;
const MEMORY_PAGES = 256;
const RECORD = { resize: 8, state: 16 } as const;
const LISTS_BYTES = 136;
const LISTED_BYTES = 1 << 20;

type Callable = (...values: number[]) => number;

async function openHeap() {
  const { wasm } = await prepareEngine();
  const table = encodeExport({ name: "table", kind: TABLE_KIND, index: 0 });
  const open = rewrite(wasm, new Map([[SECTION.export, extended(wasm, SECTION.export, [table])]]));
  const module = new WebAssembly.Module(open as BufferSource);
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  const face = Object.fromEntries(
    WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0] as const),
  );
  const exports = new WebAssembly.Instance(module, { face, env: { memory } }).exports;
  const call = (name: string, ...values: number[]) => (exports[name] as Callable)(...values);
  call("initialize");
  const words = new Uint32Array(memory.buffer);
  const runtime = call("QTS_NewRuntime");
  const lists = call("malloc", LISTS_BYTES);
  words.fill(0, lists / 4, (lists + LISTS_BYTES) / 4);
  const first = call("useHeap", lists, words[(runtime + RECORD.resize) / 4]!);
  const at = (number: number) => (exports["table"] as WebAssembly.Table).get(first + number) as Callable;
  const state = runtime + RECORD.state;
  return {
    bytes: new Uint8Array(memory.buffer),
    allocate: (size: number) => at(0)(state, size),
    free: (block: number) => at(1)(state, block),
    resize: (block: number, size: number) => at(2)(state, block, size),
    usable: (block: number) => at(3)(block),
    trim: () => call("trimHeap"),
    keep: (bytes: number) => (words[lists / 4] = bytes),
    /** Bytes that the lists may take yet. */
    room: () => words[lists / 4]!,
    count: () => words[state / 4]!,
    counted: () => words[state / 4 + 1]!,
  };
}

for (const listed of [0, LISTED_BYTES]) {
  test(`blocks keep what is written to them and are counted, with ${listed} bytes in lists`, async () => {
    const heap = await openHeap();
    heap.keep(listed);
    const draw = randomFrom(listed + 1);
    const [count, counted] = [heap.count(), heap.counted()];
    const blocks = new Map<number, { size: number; mark: number }>();
    const fill = (block: number, size: number, mark: number) => {
      assert.ok(block !== 0 && block % 8 === 0 && heap.usable(block) >= size, `${block} for ${size} bytes`);
      heap.bytes.fill(mark, block, block + size);
      blocks.set(block, { size, mark });
    };
    const check = (block: number, size: number, mark: number) =>
      assert.ok(
        heap.bytes.subarray(block, block + size).every((byte) => byte === mark),
        `block ${block} is damaged`,
      );
    for (let turn = 0; turn < 20_000; turn++) {
      const size = draw(8) === 0 ? 1 + draw(5000) : 1 + draw(280);
      const known = [...blocks.keys()];
      if (known.length < 300 && draw(2) === 0) {
        fill(heap.allocate(size), size, turn & 0xff);
        continue;
      }
      const block = known[draw(known.length)];
      if (block === undefined) continue;
      const old = blocks.get(block)!;
      check(block, old.size, old.mark);
      blocks.delete(block);
      if (draw(2) === 0) heap.free(block);
      else {
        const moved = heap.resize(block, size);
        check(moved, Math.min(size, old.size), old.mark);
        fill(moved, size, old.mark);
      }
      if (turn % 5000 === 0) heap.trim();
    }
    const held = [...blocks.keys()].reduce((sum, block) => sum + heap.usable(block) + 4, 0);
    assert.deepEqual([heap.count() - count, heap.counted() - counted], [blocks.size, held]);
    for (const [block, { size, mark }] of blocks) {
      check(block, size, mark);
      heap.free(block);
    }
    assert.deepEqual([heap.count(), heap.counted()], [count, counted]);
    assert.equal(heap.room() < listed, listed > 0, "lists hold blocks, where they may");
    heap.trim();
    assert.equal(heap.room(), listed);
  });
}

test("a small block that was freed is the next of its size; one of no size is none", async () => {
  const heap = await openHeap();
  const block = heap.allocate(100);
  heap.free(block);
  heap.keep(LISTED_BYTES);
  const [one, other] = [heap.allocate(100), heap.allocate(100)];
  for (const freed of [one, other]) heap.free(freed);
  assert.deepEqual([heap.allocate(97), heap.allocate(100)], [other, one]);
  assert.equal(heap.resize(0, 0), 0);
  assert.equal(heap.resize(heap.allocate(50), 0), 0);
  heap.free(0);
  assert.equal(heap.usable(0), 0);
});

test("memory that ends is refused, after the lists were given back", async () => {
  const heap = await openHeap();
  heap.keep(0xffff_ffff);
  const blocks: number[] = [];
  for (let block = heap.allocate(200); block !== 0; block = heap.allocate(200)) blocks.push(block);
  assert.ok(blocks.length > 10_000);
  const before = [heap.count(), heap.counted()];
  assert.equal(heap.allocate(100_000), 0);
  assert.equal(heap.resize(blocks[0]!, 100_000), 0);
  assert.deepEqual([heap.count(), heap.counted()], before);
  for (const block of blocks.splice(1)) heap.free(block);
  const large = heap.resize(blocks[0]!, 100_000);
  assert.ok(large !== 0 && heap.allocate(5_000_000) !== 0);
});
