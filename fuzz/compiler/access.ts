/**
 * Loads and stores whose addresses are what compilers fold: sums, shifts, masks, constants and offsets near the ends
 * of memory, and index arithmetic that wraps.
 */
import { ValueType, WASM_PAGE_BYTES } from "../../src/abi/wasm.ts";
import { payload } from "./constant.ts";
import { exactExpression, expression } from "./expression.ts";
import type { FunctionScope } from "./shape.ts";
import { LANE_LOADS, LANE_STORES, LOADS, STORES, type Access } from "./tables/operators.ts";

const SMALL_OFFSETS = [0, 0, 0, 0, 1, 2, 4, 8, 12, 16, 24, 127, 128, 1024];
const RISKY_OFFSETS = [65535, 65536, 0x10000 * 2, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffff0, 0xffffffff];
const MASKS = [0xff, 0x3f8, 0xfff, 0x7fff, 0xfffc];
const BASES = [-1, -4, -8, -16, -128, -65536, 1, 4, 16, 1024, 0x8000];

/** Leaves an address on the stack: the offset to go with it for an access of `bytes` bytes. */
export function address(scope: FunctionScope, bytes: number, depth: number): number {
  const { choice, code, module } = scope;
  const size = module.memoryPages * WASM_PAGE_BYTES;
  switch (choice.below(scope.isRisky ? 9 : 7)) {
    case 0: {
      scope.constant32(choice.below(1024));
      return choice.pick(SMALL_OFFSETS);
    }
    case 1: {
      // At the end of memory, on the last byte that is right, and where risks are taken one further.
      const last = size - bytes + (scope.isRisky && choice.chance(30) ? choice.between(1, bytes) : 0);
      const offset = choice.chance(50) ? choice.below(2048) : 0;
      scope.constant32(last - offset);
      return offset;
    }
    case 2:
    case 3: {
      masked(scope, choice.pick(MASKS), depth);
      return choice.pick(SMALL_OFFSETS);
    }
    case 4: {
      // base + (index << scale)
      masked(scope, 0xff, depth);
      scope.constant32(choice.below(4));
      code.byte(0x74);
      masked(scope, 0x3ff, depth);
      code.byte(0x6a);
      return choice.pick(SMALL_OFFSETS);
    }
    case 5:
      return wrapping(scope, depth);
    case 6: {
      // An address that comes from memory.
      masked(scope, 0xff, depth);
      code.byte(0x2d, 0, 0);
      return choice.pick(SMALL_OFFSETS);
    }
    case 7: {
      masked(scope, 0xffff, depth);
      return choice.pick(RISKY_OFFSETS);
    }
    default:
      expression(scope, ValueType.I32, depth);
      return choice.pick(SMALL_OFFSETS);
  }
}

/** Sums and differences that pass through 2^32: right as 32-bit arithmetic only. */
function wrapping(scope: FunctionScope, depth: number): number {
  const { choice, code } = scope;
  const base = choice.pick(BASES);
  masked(scope, 0xfff, depth);
  scope.constant32(base);
  code.byte(0x6a);
  if (choice.chance(50) || !scope.isRisky) {
    // Undone by a second sum: in range in the end, but not by the first sum and an offset alone.
    scope.constant32(base);
    code.byte(0x6b);
    return choice.pick(SMALL_OFFSETS);
  }
  return choice.chance(60) ? Math.max(0, -base) : choice.pick(SMALL_OFFSETS);
}

function masked(scope: FunctionScope, mask: number, depth: number): void {
  expression(scope, ValueType.I32, depth);
  scope.constant32(mask);
  scope.code.byte(0x71);
}

function writeImmediates(scope: FunctionScope, access: Access, offset: number): void {
  scope.code.byte(...access.opcode);
  // The alignment is a hint that may be wrong: at most the access's own.
  scope.code.unsigned(scope.choice.below(Math.log2(access.bytes) + 1));
  scope.code.unsigned(offset);
  if (access.lanes !== undefined) scope.code.byte(scope.choice.below(access.lanes));
}

export function load(scope: FunctionScope, type: ValueType, depth: number): void {
  const lanes = type === ValueType.V128 && scope.choice.chance(20);
  const access = scope.choice.pick(lanes ? LANE_LOADS : LOADS.filter((one) => one.type === type));
  const offset = address(scope, access.bytes, depth);
  if (lanes) expression(scope, ValueType.V128, depth);
  writeImmediates(scope, access, offset);
}

export function store(scope: FunctionScope, depth: number): void {
  const { choice } = scope;
  const type = scope.anyType();
  const lanes = type === ValueType.V128 && choice.chance(30);
  const access = choice.pick(lanes ? LANE_STORES : STORES.filter((one) => one.type === type));
  const offset = address(scope, access.bytes, depth);
  if ((type === ValueType.F32 || type === ValueType.F64) && choice.chance(20)) {
    if (choice.chance(50)) payload(scope, type);
    else load(scope, type, depth); // moved as it is, whatever its bits
  } else exactExpression(scope, type, depth);
  writeImmediates(scope, access, offset);
}
