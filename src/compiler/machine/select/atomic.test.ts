import test from "node:test";
import assert from "node:assert/strict";
import { ATOMICS } from "../../wasm/tables/atomics.ts";
import { twinOf, type Twin } from "./twin.harness.ts";

interface Access {
  readonly name: string;
  readonly operands: readonly string[];
  readonly result: string | undefined;
  readonly bytes: number;
}

/** All but fence, wait and notify. */
const ACCESSES: readonly Access[] = ATOMICS.filter(([opcode]) => opcode >= 0xfe0010).map(
  ([, name, , types, exponent]) => {
    const [pops, result] = types!.split("->").map((part) => part.trim());
    return { name, operands: pops!.split(" ").slice(1), result: result || undefined, bytes: 2 ** exponent! };
  },
);

const OPERANDS = [
  0n,
  1n,
  0x80n,
  0xffn,
  0x1ffn,
  0x8001n,
  0xffffn,
  0x1_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  -1n,
].concat(0x1_8899_aabbn, 0x1122_3344_5566_7788n);
const INITIAL = [0n, -1n, 0xffn, 0xffffn, 0xffff_ffffn, 0x8070_6050_4030_2010n, 0x1122_3344_5566_7788n];

/** With a static offset of 8; `used` gives the result. */
function functionText({ name, operands, result }: Access, isUsed: boolean): string {
  const parameters = ["i32", ...operands];
  const gets = parameters.map((_, index) => `(local.get ${index})`).join(" ");
  const body = `(${name} offset=8 ${gets})`;
  const head = `(func (export "${name}${isUsed ? "" : " dropped"}") (param ${parameters.join(" ")})`;
  if (result === undefined) return `${head} ${body})`;
  return isUsed ? `${head} (result ${result}) ${body})` : `${head} (drop ${body}))`;
}

const ALL = ACCESSES.flatMap((access) => [functionText(access, true), functionText(access, false)]);

async function compare(twin: Twin, name: string, initial: bigint, args: bigint[]): Promise<void> {
  await twin.write(
    0,
    new Uint8Array(new BigInt64Array([0n, initial, 0n].map((n) => BigInt.asIntN(64, n))).buffer),
  );
  const expected = twin.v8(name, ...args);
  const what = `${name} ${args.map((each) => each.toString(16)).join()} on ${initial.toString(16)}`;
  assert.equal(await twin.ours(name, ...args), expected, what);
  const memory = await twin.read(0, 24);
  assert.deepEqual(memory.ours, memory.v8, what);
}

test("accesses give V8's results and leave its memory", async (t) => {
  const twin = await twinOf(t, `(module (memory (export "memory") 1) ${ALL.join("\n")})`);
  for (const { name, operands, result, bytes } of ACCESSES) {
    const names = result === undefined || operands.length === 0 ? [name] : [name, `${name} dropped`];
    const lists =
      operands.length === 0 ? [[]] : OPERANDS.map((first) => [first, ~first].slice(0, operands.length));
    for (const each of names) {
      for (const initial of INITIAL) {
        for (const list of lists) await compare(twin, each, initial, [BigInt(8 - bytes), ...list]);
      }
    }
  }
});

test("a narrow compare-exchange wraps what it expects, and extends what it gives", async (t) => {
  const exchanges = ACCESSES.filter(({ name }) => name.includes("cmpxchg"));
  const twin = await twinOf(t, `(module (memory (export "memory") 1) ${ALL.join("\n")})`);
  const initial = 0x1122_3344_5566_7788n;
  for (const { name, bytes } of exchanges) {
    const bits = BigInt(8 * bytes);
    const held = BigInt.asUintN(8 * bytes, initial);
    for (const [expected, matches] of [
      [held, true],
      [held | (-1n << bits), true],
      [held ^ 1n, false],
      [~held, false],
    ] as const) {
      await twin.write(8, new Uint8Array(new BigInt64Array([initial]).buffer));
      assert.equal(await twin.ours(name, 0n, expected, -1n), held.toString(16), name);
      const { ours } = await twin.read(8, 8);
      const now = new DataView(ours.buffer).getBigUint64(0, true);
      assert.equal(now, matches ? initial | (2n ** bits - 1n) : initial, `${name} ${expected.toString(16)}`);
    }
  }
});

test("an unaligned address traps before anything else, one outside the memory where it is used", async (t) => {
  const odd = ACCESSES.map((access) => functionText(access, true).replace("offset=8", "offset=3"));
  const constant = ACCESSES.map(({ name, operands, result }) => {
    const zeros = operands.map((type) => `(${type}.const 0)`).join(" ");
    const type = result === undefined ? "" : `(result ${result})`;
    const body = (address: number) => `(${name} (i32.const ${address}) ${zeros})`;
    return `(func (export "${name} at 16") ${type} ${body(16)}) (func (export "${name} at 17") ${type} ${body(17)})`;
  });
  const twin = await twinOf(
    t,
    `(module (memory (export "memory") 1) ${ALL.join("\n")} ${constant.join("\n")})`,
  );
  const twinOdd = await twinOf(t, `(module (memory (export "memory") 1) ${odd.join("\n")})`);
  const unaligned = "trap: unaligned atomic";
  for (const { name, operands, bytes } of ACCESSES) {
    const operandsOfZero = operands.map(() => 0n);
    for (let address = 0; address < 16; address++) {
      const expected = address % bytes === 0;
      const outcome = await twin.ours(name, BigInt(address), ...operandsOfZero);
      assert.equal(outcome !== unaligned, expected, `${name} ${address}: ${outcome}`);
      const other = await twinOdd.ours(name, BigInt(address), ...operandsOfZero);
      assert.equal(other !== unaligned, (address + 3) % bytes === 0, `${name} ${address} + 3: ${other}`);
    }
    for (const address of [65536 - 8, 0xffff_fff8]) {
      const outcome = await twin.ours(name, BigInt(address), ...operandsOfZero);
      assert.equal(outcome, "trap: out of bounds memory access", name);
    }
    assert.equal((await twin.ours(`${name} at 16`)).startsWith("trap"), false, name);
    assert.equal(await twin.ours(`${name} at 17`), bytes === 1 ? twin.v8(`${name} at 17`) : unaligned, name);
  }
});

test("a loop of every operation keeps its numbers, and a fence changes nothing", async (t) => {
  const operations = ["add", "sub", "and", "or", "xor", "xchg"];
  const widths = [
    "i64.atomic.rmw.OP",
    "i64.atomic.rmw32.OP_u",
    "i64.atomic.rmw16.OP_u",
    "i64.atomic.rmw8.OP_u",
  ];
  const steps = operations.flatMap((operation) =>
    widths.map(
      (width, index) =>
        `(local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 5))
          (${width.replace("OP", operation)} offset=${index * 8} (i32.shl (local.get $n) (i32.const 3))
            (i64.mul (local.get $sum) (local.get $seed)))))
         (atomic.fence)`,
    ),
  );
  const text = `(module (memory (export "memory") 1)
    (func (export "run") (param $seed i64) (result i64) (local $sum i64) (local $n i32)
      (loop $next ${steps.join("\n")}
        (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
      (local.get $sum)))`;
  const twin = await twinOf(t, text);
  for (const seed of [3n, 0x9e37_79b9_7f4a_7c15n, -5n]) {
    assert.equal(await twin.ours("run", seed), twin.v8("run", seed));
    const memory = await twin.read(0, 1024);
    assert.deepEqual(memory.ours, memory.v8);
  }
});
