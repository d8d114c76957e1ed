/** The numeric instructions of Wasm 2.0 (binary format, 5.4.7), by result type, without the vectors'. */
import { ValueType } from "../../../src/abi/wasm.ts";

export interface Operator {
  readonly opcode: readonly number[];
  readonly operands: readonly ValueType[];
  readonly result: ValueType;
  /** Division and remainder: what a divisor of zero, or -1, makes trap. */
  readonly divides?: boolean;
  /** Float to integer with a trap where the integer does not exist. */
  readonly truncates?: boolean;
  /** A shift or rotation: the second operand counts bits. */
  readonly shifts?: boolean;
  /** Shows bits of its (last) float operand, so that a NaN's payload must be known. */
  readonly exposes?: boolean;
}

const { I32, I64, F32, F64 } = {
  I32: ValueType.I32,
  I64: ValueType.I64,
  F32: ValueType.F32,
  F64: ValueType.F64,
} as const;

function range(first: number, last: number, operands: readonly ValueType[], result: ValueType): Operator[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    opcode: [first + index],
    operands,
    result,
  }));
}

const flagged = (list: Operator[], flags: Partial<Operator>): Operator[] =>
  list.map((one) => ({ ...one, ...flags }));

const saturating = (code: number, operand: ValueType, result: ValueType): Operator => ({
  opcode: [0xfc, code],
  operands: [operand],
  result,
});

export const OPERATORS: readonly Operator[] = [
  ...range(0x45, 0x45, [I32], I32),
  ...range(0x46, 0x4f, [I32, I32], I32),
  ...range(0x50, 0x50, [I64], I32),
  ...range(0x51, 0x5a, [I64, I64], I32),
  ...range(0x5b, 0x60, [F32, F32], I32),
  ...range(0x61, 0x66, [F64, F64], I32),
  ...range(0x67, 0x69, [I32], I32),
  ...range(0x6a, 0x6c, [I32, I32], I32),
  ...flagged(range(0x6d, 0x70, [I32, I32], I32), { divides: true }),
  ...range(0x71, 0x73, [I32, I32], I32),
  ...flagged(range(0x74, 0x78, [I32, I32], I32), { shifts: true }),
  ...range(0x79, 0x7b, [I64], I64),
  ...range(0x7c, 0x7e, [I64, I64], I64),
  ...flagged(range(0x7f, 0x82, [I64, I64], I64), { divides: true }),
  ...range(0x83, 0x85, [I64, I64], I64),
  ...flagged(range(0x86, 0x8a, [I64, I64], I64), { shifts: true }),
  ...range(0x8b, 0x91, [F32], F32),
  ...range(0x92, 0x97, [F32, F32], F32),
  ...flagged(range(0x98, 0x98, [F32, F32], F32), { exposes: true }),
  ...range(0x99, 0x9f, [F64], F64),
  ...range(0xa0, 0xa5, [F64, F64], F64),
  ...flagged(range(0xa6, 0xa6, [F64, F64], F64), { exposes: true }),
  ...range(0xa7, 0xa7, [I64], I32),
  ...flagged(range(0xa8, 0xa9, [F32], I32), { truncates: true }),
  ...flagged(range(0xaa, 0xab, [F64], I32), { truncates: true }),
  ...range(0xac, 0xad, [I32], I64),
  ...flagged(range(0xae, 0xaf, [F32], I64), { truncates: true }),
  ...flagged(range(0xb0, 0xb1, [F64], I64), { truncates: true }),
  ...range(0xb2, 0xb3, [I32], F32),
  ...range(0xb4, 0xb5, [I64], F32),
  ...range(0xb6, 0xb6, [F64], F32),
  ...range(0xb7, 0xb8, [I32], F64),
  ...range(0xb9, 0xba, [I64], F64),
  ...range(0xbb, 0xbb, [F32], F64),
  ...flagged(range(0xbc, 0xbc, [F32], I32), { exposes: true }),
  ...flagged(range(0xbd, 0xbd, [F64], I64), { exposes: true }),
  ...range(0xbe, 0xbe, [I32], F32),
  ...range(0xbf, 0xbf, [I64], F64),
  ...range(0xc0, 0xc1, [I32], I32),
  ...range(0xc2, 0xc4, [I64], I64),
  saturating(0, F32, I32),
  saturating(1, F32, I32),
  saturating(2, F64, I32),
  saturating(3, F64, I32),
  saturating(4, F32, I64),
  saturating(5, F32, I64),
  saturating(6, F64, I64),
  saturating(7, F64, I64),
];

export interface Access {
  readonly opcode: readonly number[];
  readonly type: ValueType;
  readonly bytes: number;
  /** Of the vectors' accesses to one lane. */
  readonly lanes?: number;
}

const plain = (opcode: number, type: ValueType, bytes: number): Access => ({ opcode: [opcode], type, bytes });
const vector = (opcode: number, bytes: number, lanes?: number): Access => ({
  opcode: [0xfd, opcode],
  type: ValueType.V128,
  bytes,
  ...(lanes === undefined ? {} : { lanes }),
});

export const LOADS: readonly Access[] = [
  plain(0x28, I32, 4),
  plain(0x29, I64, 8),
  plain(0x2a, F32, 4),
  plain(0x2b, F64, 8),
  plain(0x2c, I32, 1),
  plain(0x2d, I32, 1),
  plain(0x2e, I32, 2),
  plain(0x2f, I32, 2),
  plain(0x30, I64, 1),
  plain(0x31, I64, 1),
  plain(0x32, I64, 2),
  plain(0x33, I64, 2),
  plain(0x34, I64, 4),
  plain(0x35, I64, 4),
  vector(0, 16),
  vector(1, 8),
  vector(2, 8),
  vector(3, 8),
  vector(4, 8),
  vector(5, 8),
  vector(6, 8),
  vector(7, 1),
  vector(8, 2),
  vector(9, 4),
  vector(10, 8),
  vector(0x5c, 4),
  vector(0x5d, 8),
];

export const STORES: readonly Access[] = [
  plain(0x36, I32, 4),
  plain(0x37, I64, 8),
  plain(0x38, F32, 4),
  plain(0x39, F64, 8),
  plain(0x3a, I32, 1),
  plain(0x3b, I32, 2),
  plain(0x3c, I64, 1),
  plain(0x3d, I64, 2),
  plain(0x3e, I64, 4),
  vector(0x0b, 16),
];

/** Take an address and a vector, and give a vector. */
export const LANE_LOADS: readonly Access[] = [
  vector(0x54, 1, 16),
  vector(0x55, 2, 8),
  vector(0x56, 4, 4),
  vector(0x57, 8, 2),
];

export const LANE_STORES: readonly Access[] = [
  vector(0x58, 1, 16),
  vector(0x59, 2, 8),
  vector(0x5a, 4, 4),
  vector(0x5b, 8, 2),
];
