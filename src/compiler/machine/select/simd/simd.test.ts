import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { listing } from "../../../../x64/listing.ts";
import { compileModule } from "../../../compile.ts";
import { opOf } from "../../../ir/tables/op.ts";
import { wat } from "../../../wasm/module.harness.ts";
import { SIMD } from "../../../wasm/tables/simd.ts";
import { twinOf, type Twin } from "../twin.harness.ts";
import { SIMD_RULES } from "./index.ts";
import { generator, isSame, vectors } from "./operands.harness.ts";

/** One instruction with certain immediates and constant operands. */
interface Variant {
  readonly name: string;
  /** Up to the operands. */
  readonly head: string;
  readonly operands: readonly string[];
  readonly result: string | undefined;
  /** In place of operands that are not read from memory. */
  readonly constants: Readonly<Record<number, string>>;
}

const CONST = 0xfd000c;
const SHUFFLE = 0xfd000d;
/** Three operands of 16 bytes each. */
const CASE_BYTES = 48;
const CASES = 400;
const RESULTS_AT = 0x8000;

const laneCount = (name: string): number => {
  const shape = /^[if]\d+x(\d+)/.exec(name)?.[1];
  return shape !== undefined ? Number(shape) : 128 / Number(/(\d+)_lane/.exec(name)![1]);
};

/** Of each pattern that has an instruction of its own, and some that have none. */
const SHUFFLES: readonly (readonly number[])[] = [
  ...[0, 16].flatMap((first) => [
    Array.from({ length: 16 }, (_, i) => first + i),
    Array.from({ length: 16 }, (_, i) => first + ((i * 4 + (i & 3)) & 15)),
    Array.from({ length: 16 }, (_, i) => first + ((i + 5) & 15)),
    Array.from({ length: 16 }, (_, i) => first + (i >> 1) + (i & 1 ? 0 : 0)),
    Array.from({ length: 16 }, (_, i) => first + 15 - i),
    Array.from({ length: 16 }, (_, i) => first + (i < 8 ? i ^ 2 : i)),
    Array.from({ length: 16 }, (_, i) => first + (i < 8 ? i : i ^ 6)),
    Array.from({ length: 16 }, (_, i) => first + (i ^ 4)),
  ]),
  ...[1, 2, 4, 8].flatMap((size) =>
    [0, 8, 16, 24].map((first) =>
      Array.from({ length: 16 }, (_, i) => {
        const group = Math.floor(i / size);
        return ((first + (group >> 1) * size + (i % size)) ^ (group & 1 ? 16 : 0)) & 31;
      }),
    ),
  ),
  ...[1, 7, 15, 17, 25].map((start) => Array.from({ length: 16 }, (_, i) => (start + i) & 31)),
  ...[0x5a, 0x0f, 0x01].map((mask) =>
    Array.from({ length: 16 }, (_, i) => i + ((mask >> (i >> 1)) & 1) * 16),
  ),
  ...[0, 16].map((first) =>
    Array.from({ length: 16 }, (_, i) => ((i < 8 ? first + 4 : first ^ 16) + (i & 7)) & 31),
  ),
  ...[3, 4, 5, 6, 7].map((seed) => {
    const random = generator(seed);
    return Array.from({ length: 16 }, () => random() >>> 27);
  }),
];

function immediatesOf(opcode: number, name: string, immediate: string): string[] {
  if (immediate === "memory") return [" offset=5"];
  if (opcode === SHUFFLE) return SHUFFLES.map((lanes) => ` ${lanes.join(" ")}`);
  if (immediate !== "lane" && immediate !== "memoryLane") return [""];
  const offset = immediate === "memoryLane" ? " offset=3" : "";
  return Array.from({ length: laneCount(name) }, (_, lane) => `${offset} ${lane}`);
}

function variantsOf([opcode, name, immediate, types]: (typeof SIMD)[number]): Variant[] {
  const [pops, push] = types!.split("->").map((part) => part.trim());
  const operands = pops!.split(" ");
  const result = push || undefined;
  const plain = immediatesOf(opcode, name, immediate).map((text) => {
    const head = `${name}${text}`;
    return { name: head, head, operands, result, constants: {} };
  });
  const more: Variant[] = [];
  if (/\.sh[lr]/.test(name)) {
    const bits = 128 / laneCount(name);
    for (let count = 0; count <= bits; count++) {
      const constants = { 1: `(i32.const ${count})` };
      more.push({ ...plain[0]!, name: `${name} by ${count}`, constants });
    }
  }
  for (const [index, type] of operands.entries()) {
    if (type !== "v128") continue;
    const constants = { [index]: "(v128.const i32x4 0x80017fff 0x0003ff80 0xffffffff 0x4f123456)" };
    more.push({ ...plain[0]!, name: `${plain[0]!.head} with constant ${index}`, constants });
  }
  return [...plain, ...more];
}

const ROWS = SIMD.filter(([opcode]) => opcode !== CONST);
const VARIANTS = ROWS.flatMap(variantsOf);

const STORES: Readonly<Record<string, string>> = {
  v128: "v128.store",
  i32: "i32.store",
  i64: "i64.store",
  f32: "f32.store",
  f64: "f64.store",
};

/** Reads its operands at $at, and stores its result at $out. Addresses come as they are. */
function bodyOf({ head, operands, result, constants }: Variant): string {
  const isAccess = /\.(load|store)/.test(head);
  const values = operands.map((type, index) => {
    if (constants[index] !== undefined) return constants[index];
    if (isAccess && index === 0) return head.includes("store") ? "(local.get $out)" : "(local.get $at)";
    return `(${type}.load offset=${16 * index} (local.get $at))`;
  });
  const body = `(${head} ${values.join(" ")})`;
  return result === undefined ? body : `(${STORES[result]!} (local.get $out) ${body})`;
}

const loopText = (variant: Variant, index: number): string => `
  (func (export "loop ${index}") (param $at i32) (param $end i32) (param $out i32)
    (loop $next
      ${bodyOf(variant)}
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $at (i32.add (local.get $at) (i32.const ${CASE_BYTES})))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))`;
/** Outside loops, where constants stay in memory. */
const onceText = (variant: Variant, index: number): string =>
  `(func (export "once ${index}") (param $at i32) (param $out i32) ${bodyOf(variant)})`;

async function start(t: TestContext, functions: string[]): Promise<Twin> {
  return twinOf(t, `(module (memory (export "memory") 1) ${functions.join("\n")})`);
}

/** Bytes of the float lanes that a result has; NaNs may differ there. */
function floatBytes({ head, result }: Variant): number {
  if (result === "f32" || result === "f64") return result === "f32" ? 4 : 8;
  return head.startsWith("f32x4") ? 4 : head.startsWith("f64x2") ? 8 : 0;
}

async function compare(twin: Twin, variant: Variant, count: number): Promise<void> {
  const { ours, v8 } = await twin.read(RESULTS_AT, count * 16 + 16);
  const lane = floatBytes(variant);
  const [operands] = [(await twin.read(0, count * CASE_BYTES)).v8];
  for (let at = 0; at < ours.length; at += 16) {
    const [mine, other] = [ours.subarray(at, at + 16), v8.subarray(at, at + 16)];
    if (isSame(mine, other, lane)) continue;
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const given = operands.subarray(at * 3, at * 3 + CASE_BYTES);
    assert.fail(`${variant.name} of ${hex(given)}: ${hex(mine)}, V8 gives ${hex(other)}`);
  }
}

test("every vector instruction but the constant has a rule, and one only", () => {
  const ops = SIMD_RULES.map(([op]) => op).sort((a, b) => a - b);
  assert.deepEqual(
    ops,
    ROWS.map(([opcode]) => opOf(opcode)),
  );
});

test("every vector instruction gives what V8 gives, in loops", async (t) => {
  const twin = await start(t, VARIANTS.map(loopText));
  await twin.write(0, vectors(CASES * 3, 1));
  for (const [index, variant] of VARIANTS.entries()) {
    await twin.write(RESULTS_AT, new Uint8Array(CASES * 16 + 16));
    const args = [0n, BigInt(CASES * CASE_BYTES), BigInt(RESULTS_AT)];
    assert.equal(await twin.ours(`loop ${index}`, ...args), twin.v8(`loop ${index}`, ...args), variant.name);
    await compare(twin, variant, CASES);
  }
});

test("every vector instruction gives what V8 gives, outside loops", async (t) => {
  const twin = await start(t, VARIANTS.map(onceText));
  for (const seed of [2, 3]) {
    await twin.write(0, vectors(3, seed));
    for (const [index, variant] of VARIANTS.entries()) {
      await twin.write(RESULTS_AT, new Uint8Array(32));
      const args = [0n, BigInt(RESULTS_AT)];
      assert.equal(
        await twin.ours(`once ${index}`, ...args),
        twin.v8(`once ${index}`, ...args),
        variant.name,
      );
      await compare(twin, variant, 1);
    }
  }
});

test("accesses trap where the last of their bytes is outside", async (t) => {
  const accesses = VARIANTS.filter(({ head, constants }) => /\.(load|store)/.test(head) && !(1 in constants));
  const functions = accesses.map((variant, index) => {
    const body = variant.result === undefined ? `(${variant.head} ADDRESS` : `(drop (${variant.head} ADDRESS`;
    const close = variant.result === undefined ? ")" : "))";
    const vector = variant.operands.length > 1 ? "(v128.const i64x2 1 2)" : "";
    const text = `${body} ${vector}${close}`.replace(/offset=\d/, "").replace("ADDRESS", "(local.get 0)");
    return `(func (export "${index}") (param i32) ${text})`;
  });
  const twin = await start(t, functions);
  for (const [index, { name }] of accesses.entries()) {
    for (const back of [1, 2, 3, 4, 7, 8, 9, 15, 16]) {
      const address = BigInt(65536 - back);
      const expected = twin.v8(`${index}`, address);
      const outcome = await twin.ours(`${index}`, address);
      assert.equal(
        outcome,
        expected === "trap" ? "trap: out of bounds memory access" : "",
        `${name} ${back}`,
      );
    }
  }
});

test("forty vectors at once keep apart", async (t) => {
  const random = generator(9);
  const simple = ROWS.filter(
    ([, , immediate, types]) => immediate === "none" && types === "v128 v128 -> v128",
  );
  const made = Array.from({ length: 40 }, (_, index) => {
    const [, name] = simple[random() % simple.length]!;
    return `(${name} (v128.load offset=${16 * index} (local.get 0)) (v128.load offset=${8 * index} (local.get 0)))`;
  });
  const joins = made.slice(1).map(() => `i8x16.shuffle ${SHUFFLES[random() % SHUFFLES.length]!.join(" ")}`);
  const text = `(func (export "all") (param i32) (v128.store (i32.const ${RESULTS_AT})
    (i8x16.swizzle (v128.load (i32.const 32)) (block (result v128) ${made.join("\n")} ${joins.join("\n")}))))`;
  const twin = await start(t, [text]);
  for (let seed = 1; seed < 50; seed++) {
    await twin.write(0, vectors(60, seed));
    assert.equal(await twin.ours("all", 0n), twin.v8("all", 0n));
    const { ours, v8 } = await twin.read(RESULTS_AT, 16);
    assert.deepEqual(ours, v8, `seed ${seed}`);
  }
});

test("truths decide branches and selections, asked for as they are or inverted", async (t) => {
  const names = [
    "v128.any_true",
    ...["i8x16", "i16x8", "i32x4", "i64x2"].map((shape) => `${shape}.all_true`),
  ];
  const functions = names.map((name) => {
    const truth = `(${name} (v128.load (local.get 0)))`;
    const branch = (condition: string) =>
      `(if (result i64) ${condition} (then (i64.const 3)) (else (call $other)))`;
    const results = [
      branch(truth),
      branch(`(i32.eqz ${truth})`),
      branch(`(i32.eqz (i32.eqz ${truth}))`),
      `(select (i64.const 5) (i64.const 6) ${truth})`,
      `(select (local.get 1) (i64.const 6) (i32.eqz ${truth}))`,
      `(i64.extend_i32_u (i32.eqz ${truth}))`,
    ];
    return `(func (export "${name}") (param i32 i64) (result ${results.map(() => "i64").join(" ")})
      ${results.join("\n")})`;
  });
  const twin = await start(t, [...functions, "(func $other (result i64) (i64.const 4))"]);
  const lanes = [0n, 1n, -1n, 0xffn, 0x0100n, 0x0101_0101_0101_0101n, 0x1_0000_0000n, 0x0001_0001_0001_0001n];
  for (const low of lanes) {
    for (const high of lanes) {
      await twin.write(0, new Uint8Array(new BigInt64Array([low, high]).buffer));
      for (const name of names) assert.equal(await twin.ours(name, 0n, 9n), twin.v8(name, 0n, 9n), name);
    }
  }
});

test("a shuffle that one instruction does becomes that instruction", async () => {
  const run = (start: number) => Array.from({ length: 16 }, (_, i) => (start + i) & 31);
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ["pshufd xmm0, xmm0, 0x1b", [12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]],
    ["pshuflw xmm0, xmm0, 0xe1", [2, 3, 0, 1, ...run(4).slice(0, 12)]],
    ["pshufhw xmm0, xmm0, 0xe1", [...run(0).slice(0, 8), 10, 11, 8, 9, 12, 13, 14, 15]],
    ["palignr xmm0, xmm0, 5", run(5).map((lane) => lane & 15)],
    ["palignr xmm1, xmm0, 7", run(7)],
    ["palignr xmm0, xmm1, 9", run(25)],
    ["punpcklbw xmm0, xmm1", run(0).map((i) => (i >> 1) + (i & 1) * 16)],
    ["punpckhbw xmm1, xmm0", run(0).map((i) => 8 + (i >> 1) + (i & 1 ? 0 : 16))],
    ["punpckhqdq xmm0, xmm1", [...run(8).slice(0, 8), ...run(24).slice(0, 8)]],
    ["punpcklwd xmm0, xmm0", run(0).map((i) => ((i >> 2) << 1) + (i & 1))],
    ["pblendw xmm0, xmm1, 0xf", run(0).map((i) => (i < 8 ? i + 16 : i))],
    ["shufps xmm0, xmm1, 0xe9", [...run(4).slice(0, 8), ...run(24).slice(0, 8)]],
    ["pshufb xmm0, [rip]", run(0).map((i) => 15 - i)],
  ];
  for (const [expected, lanes] of cases) {
    const shuffle = `(i8x16.shuffle ${lanes.join(" ")} (local.get 0) (local.get 1))`;
    const { code } = compileModule(wat(`(module (func (param v128 v128) (result v128) ${shuffle}))`));
    const text = await listing(code);
    // Offset, bytes, two spaces at least, instruction.
    const lines = text.split("\n").map((line) => line.trim().split(/ {2,}/).at(-1)!);
    const instructions = lines.slice(0, lines.indexOf("ret")).filter((line) => !line.startsWith("movaps"));
    assert.deepEqual(instructions, [expected], lanes.join(" "));
  }
});
