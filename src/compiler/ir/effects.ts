/**
 * What each operation does besides its result: which values may be merged, moved, dropped, and which write what
 * others read.
 */
import { Op } from "./tables/op.ts";
import { accessOf, SIMD_ACCESS } from "./tables/access.ts";
import type { Value } from "./graph.ts";

export const enum Effect {
  /** The same arguments give the same result; never traps. May be moved and dropped at will. */
  Pure = 0,
  /** As pure, but may trap: merged with a dominating equal, never moved or dropped. */
  Trapping = 1,
  /** Reads memory and may trap. */
  Load = 2,
  /** Reads a global, a table or a size. */
  ReadState = 3,
  /** Writes memory. */
  Store = 4,
  /** Writes a global. */
  WriteGlobal = 5,
  /** Writes memory, nobody knows where, and nothing else: bulk instructions and atomics. */
  StoreAnywhere = 6,
  /** Anything: calls, growth, table writes. */
  Any = 7,
}

const EFFECTS = new Uint8Array(Op.End);
for (let op = 0; op < Op.End; op++) {
  const access = accessOf(op);
  if (access !== undefined) EFFECTS[op] = access.store ? Effect.Store : Effect.Load;
  if (op >= Op.Atomic && op < Op.Constant) EFFECTS[op] = Effect.StoreAnywhere;
}
for (const [op, access] of SIMD_ACCESS) EFFECTS[op] = access.store ? Effect.Store : Effect.Load;
const set = (effect: Effect, ops: readonly number[]) => {
  for (const op of ops) EFFECTS[op] = effect;
};
set(Effect.Trapping, [
  Op.I32DivS,
  Op.I32DivU,
  Op.I32RemS,
  Op.I32RemU,
  Op.I64DivS,
  Op.I64DivU,
  Op.I64RemS,
  Op.I64RemU,
  Op.I32TruncF32S,
  Op.I32TruncF32U,
  Op.I32TruncF64S,
  Op.I32TruncF64U,
  Op.I64TruncF32S,
  Op.I64TruncF32U,
  Op.I64TruncF64S,
  Op.I64TruncF64U,
]);
set(Effect.ReadState, [Op.GlobalGet, Op.TableSize, Op.MemorySize]);
set(Effect.WriteGlobal, [Op.GlobalSet]);
set(Effect.StoreAnywhere, [Op.MemoryInit, Op.MemoryCopy, Op.MemoryFill]);
set(Effect.Any, [
  Op.MemoryGrow,
  Op.DataDrop,
  Op.TableInit,
  Op.ElemDrop,
  Op.TableCopy,
  Op.TableGrow,
  Op.TableFill,
  Op.TableGet,
  Op.TableSet,
  Op.Call,
  Op.CallIndirect,
  Op.Projection,
]);

export function effectOf(op: number): Effect {
  return EFFECTS[op]!;
}

/** Kept even if nothing uses it. (A projection belongs to its call.) */
export function isRoot(value: Value): boolean {
  const effect = effectOf(value.op);
  return effect !== Effect.Pure && effect !== Effect.ReadState && value.op !== Op.Projection;
}

/** Changes what some load or state read may see. */
export function writes(value: Value): boolean {
  return effectOf(value.op) >= Effect.Store && value.op !== Op.Projection;
}

/** Whether `writer` may change what `reader`, a load or state read, gives. */
export function clobbers(writer: Value, reader: Value): boolean {
  const effect = effectOf(writer.op);
  if (effect === Effect.Any) return true;
  if (effectOf(reader.op) === Effect.ReadState) {
    return (
      effect === Effect.WriteGlobal && reader.op === Op.GlobalGet && reader.immediate === writer.immediate
    );
  }
  return effect === Effect.StoreAnywhere || (effect === Effect.Store && mayOverlap(writer, reader));
}

function mayOverlap(a: Value, b: Value): boolean {
  const left = place(a);
  const right = place(b);
  if (left.root !== right.root) return true;
  // Each sum may wrap, which moves it by 2^32: near ones that do not overlap are then far apart.
  const distance = right.offset - left.offset;
  if (Math.abs(distance) > 0x7fff_0000) return true;
  return distance < left.size && -distance < right.size;
}

/** A memory access as root + constant offset; `root` undefined for an absolute address. */
export function place(access: Value): { root: Value | undefined; offset: number; size: number } {
  const { bytes } = accessOf(access.op) ?? SIMD_ACCESS.get(access.op)!;
  const address = access.args[0]!;
  if (address.isConstant) {
    return { root: undefined, offset: (address.immediate >>> 0) + access.immediate, size: bytes };
  }
  if (address.op === Op.I32Add && address.args[1]!.isConstant) {
    return {
      root: address.args[0],
      offset: address.args[1]!.immediate + access.immediate,
      size: bytes,
    };
  }
  return { root: address, offset: access.immediate, size: bytes };
}
