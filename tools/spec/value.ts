/**
 * Values that scripts pass and patterns that they expect, as bit patterns.
 *
 * A reference is 64 bits as in compiled code: null is 0; `(ref.extern N)` travels as N + 1. What a function
 * reference's bits are is the executor's affair: patterns only ask whether it is null.
 *
 * Tests: value.test.ts
 */
import { ValueType, valueTypeName } from "../../src/abi/wasm.ts";
import type { List } from "./expression.ts";
import { F32, F64, floatBits, infinityBits, integerBits, quietBit } from "./literal.ts";
import { ScriptError, UnsupportedError, atomText, head } from "./script-error.ts";

export interface Value {
  readonly type: ValueType;
  readonly bits: bigint;
}

type Lane = bigint | "nan:canonical" | "nan:arithmetic";

export type Pattern =
  /** Lowest lane first; a scalar has one lane. */
  | {
      readonly kind: "lanes";
      readonly type: ValueType;
      readonly laneBits: number;
      readonly float: boolean;
      readonly lanes: readonly Lane[];
    }
  /** A float of either size: what the assertions of Wasm 1.0 say. */
  | { readonly kind: "nan"; readonly nan: "nan:canonical" | "nan:arithmetic" }
  | { readonly kind: "reference"; readonly types: readonly ValueType[]; readonly is: "null" | "any" | bigint }
  | { readonly kind: "either"; readonly patterns: readonly Pattern[] };

interface Shape {
  readonly count: number;
  readonly bits: number;
  readonly float: boolean;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  i8x16: { count: 16, bits: 8, float: false },
  i16x8: { count: 8, bits: 16, float: false },
  i32x4: { count: 4, bits: 32, float: false },
  i64x2: { count: 2, bits: 64, float: false },
  f32x4: { count: 4, bits: 32, float: true },
  f64x2: { count: 2, bits: 64, float: true },
};

const SCALARS: Readonly<Record<string, { readonly type: ValueType; readonly shape: Shape }>> = {
  "i32.const": { type: ValueType.I32, shape: { count: 1, bits: 32, float: false } },
  "i64.const": { type: ValueType.I64, shape: { count: 1, bits: 64, float: false } },
  "f32.const": { type: ValueType.F32, shape: { count: 1, bits: 32, float: true } },
  "f64.const": { type: ValueType.F64, shape: { count: 1, bits: 64, float: true } },
};

const REFERENCE_TYPES: Readonly<Record<string, ValueType>> = {
  func: ValueType.FuncRef,
  funcref: ValueType.FuncRef,
  extern: ValueType.ExternRef,
  externref: ValueType.ExternRef,
  nofunc: ValueType.FuncRef,
  noextern: ValueType.ExternRef,
};
const ANY_REFERENCE: readonly ValueType[] = [ValueType.FuncRef, ValueType.ExternRef];

/** An argument of an action. */
export function parseValue(list: List): Value {
  const pattern = parsePattern(list);
  if (pattern.kind === "lanes") {
    let bits = 0n;
    for (const [index, lane] of pattern.lanes.entries()) {
      if (typeof lane !== "bigint") throw new ScriptError(list.start, `${lane} is no value`);
      bits |= lane << BigInt(index * pattern.laneBits);
    }
    return { type: pattern.type, bits };
  }
  if (pattern.kind === "reference" && pattern.types.length === 1 && pattern.is !== "any") {
    return { type: pattern.types[0]!, bits: pattern.is === "null" ? 0n : pattern.is };
  }
  throw new ScriptError(list.start, "expected a constant");
}

export function parsePattern(list: List): Pattern {
  const name = head(list);
  const scalar = SCALARS[name];
  if (scalar !== undefined) return lanes(list, scalar.type, scalar.shape, 1);
  if (name === "v128.const") {
    return lanes(list, ValueType.V128, shapeOf(list), 2);
  }
  if (name === "either") {
    const patterns = list.items.slice(1).map((item) => {
      if (item.kind !== "list") throw new ScriptError(item.start, "expected a pattern");
      return parsePattern(item);
    });
    return { kind: "either", patterns };
  }
  return referencePattern(list, name);
}

function shapeOf(list: List): Shape {
  const shape = SHAPES[atomText(list, 1)];
  if (shape === undefined) throw new ScriptError(list.start, "unknown vector shape");
  const count = list.items.length - 2;
  if (count === shape.count || shape.float) return shape;
  // Binaryen's tests name one shape and mean the one that has as many lanes.
  return Object.values(SHAPES).find((other) => other.count === count && !other.float) ?? shape;
}

function lanes(list: List, type: ValueType, shape: Shape, first: number): Pattern {
  if (list.items.length !== first + shape.count) {
    throw new ScriptError(list.start, `expected ${shape.count} number(s) in ${head(list)}`);
  }
  const lanes = list.items.slice(first).map((_, index) => lane(list, first + index, shape));
  return { kind: "lanes", type, laneBits: shape.bits, float: shape.float, lanes };
}

function lane(list: List, index: number, shape: Shape): Lane {
  const text = atomText(list, index);
  if (shape.float && (text === "nan:canonical" || text === "nan:arithmetic")) return text;
  const bits = shape.float ? floatBits(text, formatOf(shape.bits)) : integerBits(text, shape.bits);
  if (bits === undefined)
    throw new ScriptError(list.items[index]!.start, `"${text}" is no number of this type`);
  return bits;
}

function referencePattern(list: List, name: string): Pattern {
  const operand = list.items[1];
  if (name === "ref.null") {
    if (operand === undefined) return { kind: "reference", types: ANY_REFERENCE, is: "null" };
    const type = REFERENCE_TYPES[atomText(list, 1)];
    if (type === undefined) throw new UnsupportedError("gc");
    return { kind: "reference", types: [type], is: "null" };
  }
  if (name === "ref.func" && operand?.kind === "string") throw new UnsupportedError("Binaryen's dialect");
  if (name === "ref.func") return { kind: "reference", types: [ValueType.FuncRef], is: "any" };
  if (name === "ref.extern") {
    if (operand === undefined) return { kind: "reference", types: [ValueType.ExternRef], is: "any" };
    const number = integerBits(atomText(list, 1), 32);
    if (number === undefined) throw new ScriptError(list.start, "expected a number in ref.extern");
    return { kind: "reference", types: [ValueType.ExternRef], is: number + 1n };
  }
  if (/^ref\.(any|eq|i31|i31_shared|struct|array|host)$/.test(name)) throw new UnsupportedError("gc");
  if (name === "tuple.make") throw new UnsupportedError("Binaryen's dialect");
  if (name === "ref.exn") throw new UnsupportedError("exceptions");
  throw new ScriptError(list.start, `"${name}" is no constant`);
}

export function matches(value: Value, pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "either":
      return pattern.patterns.some((one) => matches(value, one));
    case "nan":
      if (value.type === ValueType.F32) return laneMatches(value.bits, pattern.nan, 32);
      return value.type === ValueType.F64 && laneMatches(value.bits, pattern.nan, 64);
    case "reference":
      if (!pattern.types.includes(value.type)) return false;
      if (pattern.is === "null") return value.bits === 0n;
      return pattern.is === "any" ? value.bits !== 0n : value.bits === pattern.is;
    case "lanes":
      if (value.type !== pattern.type) return false;
      return pattern.lanes.every((expected, index) => {
        const bits = BigInt.asUintN(pattern.laneBits, value.bits >> BigInt(index * pattern.laneBits));
        return laneMatches(bits, expected, pattern.laneBits);
      });
  }
}

function laneMatches(bits: bigint, expected: Lane, laneBits: number): boolean {
  if (typeof expected === "bigint") return bits === expected;
  const format = formatOf(laneBits);
  const magnitude = BigInt.asUintN(laneBits - 1, bits);
  const canonical = infinityBits(format) | quietBit(format);
  // An arithmetic NaN has the canonical one's bit set, and any others (Wasm 2.0 core, 4.3.3).
  return expected === "nan:canonical" ? magnitude === canonical : (magnitude & canonical) === canonical;
}

function formatOf(bits: number): typeof F32 {
  return bits === 32 ? F32 : F64;
}

export function showValue(value: Value): string {
  return `${valueTypeName(value.type)}:0x${value.bits.toString(16)}`;
}

export function showPattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case "either":
      return pattern.patterns.map(showPattern).join(" or ");
    case "nan":
      return pattern.nan;
    case "reference":
      return `${typeof pattern.is === "bigint" ? `0x${pattern.is.toString(16)}` : pattern.is} reference`;
    case "lanes": {
      const lanes = pattern.lanes.map((lane) => (typeof lane === "bigint" ? `0x${lane.toString(16)}` : lane));
      return `${valueTypeName(pattern.type)}:${lanes.join(" ")}`;
    }
  }
}
