/** Memory accesses: how many bytes, and whether they store. Atomics are not here: nothing moves across them. */
import { Op } from "./op.ts";

export interface Access {
  readonly bytes: number;
  readonly store: boolean;
}

const load = (bytes: number): Access => ({ bytes, store: false });
const store = (bytes: number): Access => ({ bytes, store: true });

const SCALAR: readonly Access[] = [
  load(4), // i32.load
  load(8),
  load(4),
  load(8),
  load(1), // i32.load8_s
  load(1),
  load(2),
  load(2),
  load(1), // i64.load8_s
  load(1),
  load(2),
  load(2),
  load(4),
  load(4),
  store(4), // i32.store
  store(8),
  store(4),
  store(8),
  store(1),
  store(2),
  store(1), // i64.store8
  store(2),
  store(4),
];

/** Scalar accesses only. */
export function accessOf(op: number): Access | undefined {
  return op >= Op.I32Load && op <= Op.I64Store32 ? SCALAR[op - Op.I32Load] : undefined;
}

/** v128.load, the widening, splatting and zero-extending loads, v128.store, lane loads and stores. */
export const SIMD_ACCESS: ReadonlyMap<number, Access> = new Map<number, Access>([
  [Op.Simd + 0x00, load(16)],
  ...[1, 2, 3, 4, 5, 6].map((n): [number, Access] => [Op.Simd + n, load(8)]),
  [Op.Simd + 0x07, load(1)],
  [Op.Simd + 0x08, load(2)],
  [Op.Simd + 0x09, load(4)],
  [Op.Simd + 0x0a, load(8)],
  [Op.Simd + 0x0b, store(16)],
  [Op.Simd + 0x54, load(1)],
  [Op.Simd + 0x55, load(2)],
  [Op.Simd + 0x56, load(4)],
  [Op.Simd + 0x57, load(8)],
  [Op.Simd + 0x58, store(1)],
  [Op.Simd + 0x59, store(2)],
  [Op.Simd + 0x5a, store(4)],
  [Op.Simd + 0x5b, store(8)],
  [Op.Simd + 0x5c, load(4)],
  [Op.Simd + 0x5d, load(8)],
]);
