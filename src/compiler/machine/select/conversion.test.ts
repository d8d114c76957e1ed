import test from "node:test";
import assert from "node:assert/strict";
import { twinOf } from "./twin.harness.ts";

const buffer = new DataView(new ArrayBuffer(8));
const bits64 = (value: number): bigint => {
  buffer.setFloat64(0, value);
  return buffer.getBigUint64(0);
};
const bits32 = (value: number): bigint => {
  buffer.setFloat32(0, value);
  return BigInt(buffer.getUint32(0));
};

/** Around each limit of each integer type, and what is no number. */
const LIMITS = [0, 1, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, 2 ** 63, 2 ** 64, 2 ** 100].flatMap(
  (limit) => [limit - 1, limit - 0.5, limit, limit + 0.5, limit + 1],
);
const NUMBERS = [
  ...LIMITS,
  ...LIMITS.map((each) => -each),
  ...[0.1, 0.5, 0.9, 1e-310, 2147483647.9, 4294967295.9, 1e300, Infinity].flatMap((each) => [each, -each]),
];
const NEIGHBOURS_64 = NUMBERS.flatMap((each) => [bits64(each), bits64(each) + 1n, bits64(each) - 1n]);
const FLOATS: Readonly<Record<string, readonly bigint[]>> = {
  f64: [...new Set([...NEIGHBOURS_64, 0x7ff8_0000_0000_0000n, 0xfff0_0000_dead_beefn])].map((each) =>
    BigInt.asUintN(64, each),
  ),
  f32: [
    ...new Set(NUMBERS.flatMap((each) => [bits32(each), bits32(each) + 1n, bits32(each) - 1n])),
    0x7fc0_0000n,
    0xffa1_2345n,
  ].map((each) => BigInt.asUintN(32, each)),
};
const INTEGERS = [0n, 1n, 31n, 53n, 62n, 63n].flatMap((shift) =>
  [-3n, -1n, 0n, 1n, 2n, 0x1234n, 0x400n, 0x401n, 0x8000_0080n, 0x8000_0081n].flatMap((more) => [
    (1n << shift) + more,
    -(1n << shift) + more,
    (1n << shift) * 3n + more,
  ]),
);
const ARGUMENTS: Readonly<Record<string, readonly bigint[]>> = {
  ...FLOATS,
  i32: INTEGERS.map((each) => BigInt.asIntN(32, each)),
  i64: INTEGERS.map((each) => BigInt.asIntN(64, each)),
};

/** From an i64 that is the bits of `type`, and to one. */
const FROM_BITS: Readonly<Record<string, (text: string) => string>> = {
  i32: (text) => `(i32.wrap_i64 ${text})`,
  i64: (text) => text,
  f32: (text) => `(f32.reinterpret_i32 (i32.wrap_i64 ${text}))`,
  f64: (text) => `(f64.reinterpret_i64 ${text})`,
};
const TO_BITS: Readonly<Record<string, (text: string) => string>> = {
  i32: (text) => `(i64.extend_i32_u ${text})`,
  i64: (text) => text,
  f32: (text) => `(i64.extend_i32_u (i32.reinterpret_f32 ${text}))`,
  f64: (text) => `(i64.reinterpret_f64 ${text})`,
};

const integers = ["i32", "i64"];
const floats = ["f32", "f64"];
const signs = ["s", "u"];
const crossed = (to: string[], from: string[], verb: string): string[] =>
  to.flatMap((target) =>
    from.flatMap((source) => signs.map((sign) => `${target}.${verb}_${source}_${sign}`)),
  );
const TRUNCATIONS = crossed(integers, floats, "trunc");
const OTHERS = [
  ...crossed(integers, floats, "trunc_sat"),
  ...crossed(floats, integers, "convert"),
  "f32.demote_f64",
  "f64.promote_f32",
];

/** The first type after the operation's own. */
const sourceOf = (name: string): string => /_(?:sat_)?([if]\d+)/.exec(name)![1]!;

function bodyOf(name: string, argument: string): string {
  return TO_BITS[name.slice(0, 3)]!(`(${name} ${FROM_BITS[sourceOf(name)]!(argument)})`);
}

/** The result, and the argument once more: it must not have changed. */
function functionText(name: string): string {
  return `(func (export "${name}") (param i64) (result i64 i64) ${bodyOf(name, "(local.get 0)")} (local.get 0))`;
}

test("conversions that always have a result give V8's", async (t) => {
  const twin = await twinOf(t, `(module ${OTHERS.map(functionText).join("\n")})`);
  for (const name of OTHERS) {
    for (const argument of ARGUMENTS[sourceOf(name)]!) {
      const expected = twin.v8(name, argument);
      assert.equal(await twin.ours(name, argument), expected, `${name} of ${argument.toString(16)}`);
    }
  }
});

const isNaNOf = (type: string, bits: bigint): boolean =>
  type === "f32"
    ? (bits & 0x7fff_ffffn) > 0x7f80_0000n
    : (bits & 0x7fff_ffff_ffff_ffffn) > 0x7ff0_0000_0000_0000n;

test("truncations give V8's result, or the trap that fits", async (t) => {
  const twin = await twinOf(t, `(module ${TRUNCATIONS.map(functionText).join("\n")})`);
  for (const name of TRUNCATIONS) {
    const type = sourceOf(name);
    let traps = 0;
    for (const argument of ARGUMENTS[type]!) {
      let expected = twin.v8(name, argument);
      if (expected === "trap") {
        traps++;
        expected = isNaNOf(type, argument) ? "trap: invalid conversion to integer" : "trap: integer overflow";
      }
      assert.equal(await twin.ours(name, argument), expected, `${name} of ${argument.toString(16)}`);
    }
    assert.ok(traps > 20, name);
  }
});

test("many results at once keep apart", async (t) => {
  const names = [...OTHERS, ...OTHERS, ...OTHERS];
  const all = names.map((name, index) => bodyOf(name, `(i64.rotl (local.get 0) (i64.const ${index}))`));
  // All are on the stack before the first two are joined.
  const joins = all.slice(1).map(() => "i64.add i64.const 7 i64.rotl");
  const text = `(module (func (export "all") (param i64) (result i64) ${all.join("\n")} ${joins.join("\n")}))`;
  const twin = await twinOf(t, text);
  for (const argument of [...ARGUMENTS["i64"]!, ...FLOATS["f64"]!]) {
    assert.equal(await twin.ours("all", argument), twin.v8("all", argument), argument.toString(16));
  }
});

test("a load may become part of the conversion of what it loads", async (t) => {
  const cases = [
    ["reinterpret.i32", "(i64.extend_i32_u (i32.reinterpret_f32 (f32.load offset=3 (local.get 0))))"],
    ["reinterpret.i64", "(i64.reinterpret_f64 (f64.load offset=3 (local.get 0)))"],
    ["reinterpret.f32", "(i64.trunc_sat_f32_s (f32.reinterpret_i32 (i32.load offset=3 (local.get 0))))"],
    ["reinterpret.f64", "(i64.trunc_sat_f64_s (f64.reinterpret_i64 (i64.load offset=3 (local.get 0))))"],
    ["convert.i32", "(i64.reinterpret_f64 (f64.convert_i32_s (i32.load offset=3 (local.get 0))))"],
    ["convert.u32", "(i64.reinterpret_f64 (f64.convert_i32_u (i32.load offset=3 (local.get 0))))"],
    ["convert.i64", "(i64.reinterpret_f64 (f64.convert_i64_s (i64.load offset=3 (local.get 0))))"],
    ["convert.u64", "(i64.reinterpret_f64 (f64.convert_i64_u (i64.load offset=3 (local.get 0))))"],
    ["promote", "(i64.reinterpret_f64 (f64.promote_f32 (f32.load offset=3 (local.get 0))))"],
    ["far", "(i64.reinterpret_f64 (f64.convert_i64_s (i64.load offset=0x80000000 (local.get 0))))"],
  ] as const;
  const functions = cases.map(([name, body]) => `(func (export "${name}") (param i32) (result i64) ${body})`);
  const twin = await twinOf(t, `(module (memory (export "memory") 1) ${functions.join("\n")})`);
  const places = [0, 8, 16, 24, 32, 65527, 65528, 65529, 65530, -8, -4];
  const data = new BigInt64Array([
    1n,
    -1n,
    0x4059_0000_42c8_0000n,
    -0x7edc_ba98_7654_3210n,
    0x7fff_ffff_8000_0001n,
  ]);
  await twin.write(3, new Uint8Array(data.buffer));
  for (const [name] of cases) {
    for (const place of places) {
      const expected = twin.v8(name, BigInt(place));
      const given = await twin.ours(name, BigInt(place));
      assert.equal(
        given,
        expected === "trap" ? "trap: out of bounds memory access" : expected,
        `${name} ${place}`,
      );
    }
  }
});
