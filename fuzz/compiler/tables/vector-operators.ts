/** The vector instructions of Wasm 2.0 (binary format, 5.4.8) but loads, stores and constants. */
import { ValueType } from "../../../src/abi/wasm.ts";

export interface VectorOperator {
  readonly code: number;
  readonly operands: readonly ValueType[];
  readonly result: ValueType;
  /** The immediate is a lane below this. */
  readonly lanes?: number;
  /** The result may hold NaNs that engines are free to choose: lanes of 32 or 64 bits. */
  readonly floatBits?: 32 | 64;
}

const V = ValueType.V128;
const { I32, I64, F32, F64 } = {
  I32: ValueType.I32,
  I64: ValueType.I64,
  F32: ValueType.F32,
  F64: ValueType.F64,
} as const;

const list = (
  codes: readonly number[],
  operands: readonly ValueType[],
  result: ValueType,
  more: Partial<VectorOperator> = {},
): VectorOperator[] => codes.map((code) => ({ code, operands, result, ...more }));

const span = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const lane = (
  code: number,
  lanes: number,
  operands: readonly ValueType[],
  result: ValueType,
): VectorOperator => ({
  code,
  operands,
  result,
  lanes,
});

export const VECTOR_OPERATORS: readonly VectorOperator[] = [
  // Swizzle, splats, lanes.
  ...list([0x0e], [V, V], V),
  ...list([0x0f, 0x10, 0x11], [I32], V),
  ...list([0x12], [I64], V),
  ...list([0x13], [F32], V, { floatBits: 32 }),
  ...list([0x14], [F64], V, { floatBits: 64 }),
  lane(0x15, 16, [V], I32),
  lane(0x16, 16, [V], I32),
  lane(0x17, 16, [V, I32], V),
  lane(0x18, 8, [V], I32),
  lane(0x19, 8, [V], I32),
  lane(0x1a, 8, [V, I32], V),
  lane(0x1b, 4, [V], I32),
  lane(0x1c, 4, [V, I32], V),
  lane(0x1d, 2, [V], I64),
  lane(0x1e, 2, [V, I64], V),
  lane(0x1f, 4, [V], F32),
  { ...lane(0x20, 4, [V, F32], V), floatBits: 32 },
  lane(0x21, 2, [V], F64),
  { ...lane(0x22, 2, [V, F64], V), floatBits: 64 },
  // Comparisons: i8x16, i16x8, i32x4, f32x4, f64x2, i64x2.
  ...list([...span(0x23, 0x4c), ...span(0xd6, 0xdb)], [V, V], V),
  // Bits.
  ...list([0x4d], [V], V),
  ...list([0x4e, 0x4f, 0x50, 0x51], [V, V], V),
  ...list([0x52], [V, V, V], V),
  ...list([0x53], [V], I32),
  // Conversions between floats.
  ...list([0x5e], [V], V, { floatBits: 32 }),
  ...list([0x5f], [V], V, { floatBits: 64 }),
  // i8x16.
  ...list([0x60, 0x61, 0x62], [V], V),
  ...list([0x63, 0x64, 0x83, 0x84, 0xa3, 0xa4, 0xc3, 0xc4], [V], I32),
  ...list([0x65, 0x66], [V, V], V),
  ...list([0x6b, 0x6c, 0x6d], [V, I32], V),
  ...list([...span(0x6e, 0x73), ...span(0x76, 0x79), 0x7b], [V, V], V),
  // Rounding of floats, which stands among the integers.
  ...list([0x67, 0x68, 0x69, 0x6a], [V], V, { floatBits: 32 }),
  ...list([0x74, 0x75, 0x7a, 0x94], [V], V, { floatBits: 64 }),
  // Pairwise sums, i16x8.
  ...list(span(0x7c, 0x7f), [V], V),
  ...list([0x80, 0x81], [V], V),
  ...list([0x82, 0x85, 0x86], [V, V], V),
  ...list(span(0x87, 0x8a), [V], V),
  ...list([0x8b, 0x8c, 0x8d], [V, I32], V),
  ...list([...span(0x8e, 0x93), ...span(0x95, 0x99), ...span(0x9b, 0x9f)], [V, V], V),
  // i32x4.
  ...list([0xa0, 0xa1], [V], V),
  ...list(span(0xa7, 0xaa), [V], V),
  ...list([0xab, 0xac, 0xad], [V, I32], V),
  ...list([0xae, 0xb1, ...span(0xb5, 0xba), ...span(0xbc, 0xbf)], [V, V], V),
  // i64x2.
  ...list([0xc0, 0xc1], [V], V),
  ...list(span(0xc7, 0xca), [V], V),
  ...list([0xcb, 0xcc, 0xcd], [V, I32], V),
  ...list([0xce, 0xd1, 0xd5, ...span(0xdc, 0xdf)], [V, V], V),
  // f32x4, f64x2.
  ...list([0xe0, 0xe1, 0xe3], [V], V, { floatBits: 32 }),
  ...list(span(0xe4, 0xeb), [V, V], V, { floatBits: 32 }),
  ...list([0xec, 0xed, 0xef], [V], V, { floatBits: 64 }),
  ...list(span(0xf0, 0xf7), [V, V], V, { floatBits: 64 }),
  // Conversions between floats and integers.
  ...list([0xf8, 0xf9, 0xfc, 0xfd], [V], V),
  ...list([0xfa, 0xfb], [V], V),
  ...list([0xfe, 0xff], [V], V),
];

/** i8x16.shuffle: 16 lanes of 32 as immediates. */
export const SHUFFLE = 0x0d;
