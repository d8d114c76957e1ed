/**
 * Folding changes no result: every operation runs with its constant known, which folds it, and with the same constant
 * as a parameter of a function, which does not. Both run natively, and in V8.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { seededRandom } from "../../link/random.ts";
import { memoriesAfter } from "../native.harness.ts";
import { graphOf, sourcesOf } from "../stages.harness.ts";
import { wat } from "../wasm/module.harness.ts";
import { nameOfOp } from "./listing.ts";

type Width = "i32" | "i64";

const BITS: Readonly<Record<Width, number>> = { i32: 32, i64: 64 };
const signed = (width: Width, value: bigint) => BigInt.asIntN(BITS[width], value);
const random = seededRandom(0xf01d);
const randomBits = () =>
  BigInt(Math.floor(random() * 2 ** 32)) * 2n ** 32n + BigInt(Math.floor(random() * 2 ** 32));

function unique(width: Width, values: readonly bigint[]): bigint[] {
  return [...new Set(values.map((value) => signed(width, value)))];
}

function edges(width: Width): bigint[] {
  const top = 1n << BigInt(BITS[width] - 1);
  return [
    0n,
    1n,
    2n,
    3n,
    7n,
    10n,
    255n,
    256n,
    65535n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    top,
    top - 1n,
    top + 1n,
  ];
}

function operands(width: Width): bigint[] {
  const some = Array.from({ length: 20 }, randomBits);
  return unique(width, [...edges(width), ...edges(width).map((value) => -value), ...some]);
}

function divisors(width: Width): bigint[] {
  const small = Array.from({ length: 41 }, (_, index) => BigInt(index - 20));
  const powers = Array.from({ length: BITS[width] }, (_, exponent) => 1n << BigInt(exponent));
  const near = powers.flatMap((power) => [power, -power, power + 1n, power - 1n, -power - 1n]);
  const some = Array.from({ length: 40 }, (_, index) => randomBits() >> BigInt(index % BITS[width]));
  const known = [1000n, 10_000n, 1_000_000_007n, 0x5555_5555n, 0xaaaa_aaabn, 641n, 6_700_417n];
  return unique(width, [...small, ...near, ...some, ...known]).filter((divisor) => divisor !== 0n);
}

/** An expression over `$x`, and over `$c` where it is not known. */
interface Case {
  readonly width: Width;
  readonly expression: (constant: string) => string;
  readonly constant: bigint;
  /** Results are of this width; that of the operands unless given. */
  readonly result?: Width;
}

const OUTPUT = 1 << 16;
const PAGES = 64;

/**
 * A module that runs each case, folded and not, on every operand, and leaves the results in memory from OUTPUT on: pairs
 * of i64, by case and operand.
 */
function moduleText(width: Width, cases: readonly Case[], inputs: readonly bigint[]): string {
  const bytes = Buffer.alloc(inputs.length * 8);
  inputs.forEach((value, index) => bytes.writeBigInt64LE(value, index * 8));
  const data = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  const load = width === "i32" ? "(i32.wrap_i64 (i64.load (local.get $at)))" : "(i64.load (local.get $at))";
  const wide = (result: Width, value: string) => (result === "i64" ? value : `(i64.extend_i32_u ${value})`);
  const runs = cases.map(({ result = width, constant, expression }, index) => {
    const known = `(${width}.const ${constant})`;
    const unfolded = `(call $unfolded${index} (local.get $x) ${known})`;
    return `
      (i64.store (local.get $out) ${wide(result, expression(known))})
      (i64.store offset=8 (local.get $out) ${wide(result, unfolded)})
      (local.set $out (i32.add (local.get $out) (i32.const 16)))`;
  });
  const functions = cases.map(
    ({ result = width, expression }, index) =>
      `(func $unfolded${index} (param $x ${width}) (param $c ${width}) (result ${result}) ${expression("(local.get $c)")})`,
  );
  return `(module (memory (export "memory") ${PAGES}) (data (i32.const 0) "${data}")
    ${functions.join("\n")}
    (func (export "run") (local $at i32) (local $out i32) (local $x ${width})
      (local.set $out (i32.const ${OUTPUT}))
      (loop $next
        (local.set $x ${load}) ${runs.join("")}
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const ${bytes.length}))))))`;
}

async function requireEqual(width: Width, cases: readonly Case[], inputs: readonly bigint[]): Promise<void> {
  const length = OUTPUT + cases.length * inputs.length * 16;
  assert.ok(length <= PAGES * 65536, "the results fit the memory");
  const wasm = wat(moduleText(width, cases, inputs));
  const { native, v8 } = await memoriesAfter(wasm, "run", length);
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);
  const [ours, theirs] = [view(native), view(v8)];
  let at = OUTPUT;
  for (const input of inputs) {
    for (const { expression, constant } of cases) {
      const expected = theirs.getBigInt64(at, true);
      const text = `${expression(`${constant}`)} for ${input}`;
      assert.equal(ours.getBigInt64(at, true), expected, text);
      assert.equal(ours.getBigInt64(at + 8, true), expected, `${text}, not folded`);
      at += 16;
    }
  }
}

const CHUNK = 150;

/** Functions of a reasonable size. */
async function requireAllEqual(
  width: Width,
  cases: readonly Case[],
  inputs: readonly bigint[],
): Promise<void> {
  for (let at = 0; at < cases.length; at += CHUNK)
    await requireEqual(width, cases.slice(at, at + CHUNK), inputs);
}

for (const width of ["i32", "i64"] as const) {
  test(`${width}: division and remainder by constants`, async () => {
    const cases = divisors(width).flatMap((constant) =>
      ["div_s", "div_u", "rem_s", "rem_u"]
        // The smallest integer by -1 traps.
        .filter((name) => name !== "div_s" || constant !== -1n)
        .flatMap((name): Case[] => [
          { width, constant, expression: (c) => `(${width}.${name} (local.get $x) ${c})` },
          {
            width,
            constant,
            // Around multiples of the divisor, where a reciprocal goes wrong first.
            expression: (c) =>
              `(${width}.${name} (${width}.sub (${width}.mul (local.get $x) ${c}) (${width}.const 1)) ${c})`,
          },
        ]),
    );
    await requireAllEqual(width, cases.filter(isSafe), operands(width));
  });

  test(`${width}: every operation with a constant on either side`, async () => {
    const names = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"];
    const comparisons = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
    const constants = unique(width, [
      ...edges(width),
      -1n,
      -2n,
      -128n,
      -129n,
      31n,
      32n,
      33n,
      63n,
      64n,
      65n,
      127n,
      128n,
    ]);
    const cases = constants.flatMap((constant) => [
      ...names.flatMap((name): Case[] => [
        { width, constant, expression: (c) => `(${width}.${name} (local.get $x) ${c})` },
        { width, constant, expression: (c) => `(${width}.${name} ${c} (local.get $x))` },
        {
          width,
          constant,
          expression: (c) => `(${width}.${name} (${width}.${name} (local.get $x) ${c}) ${c})`,
        },
        { width, constant, expression: () => `(${width}.${name} (local.get $x) (local.get $x))` },
      ]),
      ...comparisons.flatMap((name): Case[] => [
        { width, constant, result: "i32", expression: (c) => `(${width}.${name} (local.get $x) ${c})` },
        { width, constant, result: "i32", expression: (c) => `(${width}.${name} ${c} (local.get $x))` },
        {
          width,
          constant,
          result: "i32",
          expression: (c) => `(i32.eqz (${width}.${name} (local.get $x) ${c}))`,
        },
        {
          width,
          constant,
          expression: (c) => `(select (local.get $x) ${c} (${width}.${name} (local.get $x) ${c}))`,
        },
      ]),
    ]);
    await requireAllEqual(width, cases, operands(width));
  });
}

test("constants alone are computed as the machine does", async () => {
  for (const width of ["i32", "i64"] as const) {
    const values = operands(width).slice(0, 24);
    const names = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"];
    const unary = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"];
    const cases = values.flatMap((first, index): Case[] => [
      ...names.map((name): Case => {
        const known = `(${width}.const ${values[(index + 7) % values.length]!})`;
        return { width, constant: first, expression: (c) => `(${width}.${name} ${c} ${known})` };
      }),
      ...unary.map((name): Case => ({
        width,
        constant: first,
        expression: (c) => `(${width}.${name} ${c})`,
      })),
    ]);
    await requireAllEqual(width, cases, [0n]);
  }
});

test("halves of 64-bit numbers, and numbers made longer", async () => {
  const wrapped = (inner: string) => `(i64.extend_i32_u (i32.wrap_i64 ${inner}))`;
  const narrow = "(i64.extend_i32_s (i32.wrap_i64 (local.get $x)))";
  const cases = operands("i64").flatMap(
    (constant) =>
      [
        ...["add", "sub", "mul", "and", "or", "xor"].flatMap((name): Case[] => [
          { width: "i64", constant, expression: (c) => wrapped(`(i64.${name} ${narrow} ${c})`) },
          { width: "i64", constant, expression: (c) => wrapped(`(i64.${name} ${c} ${narrow})`) },
        ]),
        { width: "i64", constant, expression: (c) => `(i64.and ${wrapped("(local.get $x)")} ${c})` },
        { width: "i64", constant, expression: (c) => wrapped(`(i64.shr_u (local.get $x) ${c})`) },
      ] as Case[],
  );
  await requireAllEqual("i64", cases, operands("i64"));
});

test("a division by a constant is none any more", async () => {
  const divides = async (divisor: string) => {
    const expressions = ["i32.div_s", "i32.div_u", "i32.rem_s", "i32.rem_u"].map(
      (name) => `(func (param i32) (result i32) (${name} (local.get 0) ${divisor}))`,
    );
    const graphs = sourcesOf(wat(`(module ${expressions.join("\n")})`)).map(graphOf);
    return graphs.some(({ blocks }) =>
      blocks.some(({ values }) => values.some(({ op }) => /div|rem/.test(nameOfOp(op)))),
    );
  };
  for (const divisor of [1, 2, 3, 7, 10, -3, 1 << 30]) {
    assert.equal(await divides(`(i32.const ${divisor})`), false, `by ${divisor}`);
  }
  assert.equal(await divides("(local.get 0)"), true);
  assert.equal(await divides("(i32.const 0)"), true, "a division by 0 traps");
});

/** `x * c - 1` may be the smallest integer, which -1 does not divide. */
function isSafe({ constant, expression }: Case): boolean {
  return constant !== -1n || !expression("").includes("div_s");
}
