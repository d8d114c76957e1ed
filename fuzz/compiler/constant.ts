/** Random constants, mostly from the tables of interesting ones. */
import { ValueType } from "../../src/abi/wasm.ts";
import type { FunctionScope } from "./shape.ts";
import {
  F32_CONSTANTS,
  F32_PAYLOADS,
  F64_CONSTANTS,
  F64_PAYLOADS,
  I32_CONSTANTS,
  I64_CONSTANTS,
} from "./tables/constants.ts";

const f32 = new Float32Array(1);
const f32Bits = new Uint32Array(f32.buffer);
const f64 = new Float64Array(1);
const f64Bits = new BigUint64Array(f64.buffer);

export function constant(scope: FunctionScope, type: ValueType): void {
  const { code, choice } = scope;
  switch (type) {
    case ValueType.I32:
      return scope.constant32(choice.chance(70) ? choice.pick(I32_CONSTANTS) : choice.word());
    case ValueType.I64:
      return scope.constant64(choice.chance(70) ? choice.pick(I64_CONSTANTS) : wide(scope));
    case ValueType.F32:
      code.byte(0x43);
      return code.word32(choice.chance(70) ? choice.pick(F32_CONSTANTS) : ordinaryF32(scope));
    case ValueType.F64:
      code.byte(0x44);
      return code.word64(choice.chance(70) ? choice.pick(F64_CONSTANTS) : ordinaryF64(scope));
    case ValueType.V128:
      code.byte(0xfd, 0x0c);
      return vector(scope);
    default:
      return scope.zero(type);
  }
}

/** A NaN with a payload, for code that must only move it. */
export function payload(scope: FunctionScope, type: ValueType.F32 | ValueType.F64): void {
  const { code, choice } = scope;
  if (type === ValueType.F32) {
    code.byte(0x43);
    code.word32(choice.pick(F32_PAYLOADS));
  } else {
    code.byte(0x44);
    code.word64(choice.pick(F64_PAYLOADS));
  }
}

function wide(scope: FunctionScope): bigint {
  return (BigInt(scope.choice.word()) << 32n) | BigInt(scope.choice.word() >>> 0);
}

function ordinaryF32(scope: FunctionScope): number {
  f32[0] = (scope.choice.below(200001) - 100000) / 64;
  return f32Bits[0]!;
}

function ordinaryF64(scope: FunctionScope): bigint {
  f64[0] = (scope.choice.below(2000001) - 1000000) / 640;
  return f64Bits[0]!;
}

function vector(scope: FunctionScope): void {
  const { code, choice } = scope;
  switch (choice.below(5)) {
    case 0:
      for (let lane = 0; lane < 16; lane++)
        code.byte(choice.pick([0, 1, 0x7f, 0x80, 0xff, choice.below(256)]));
      return;
    case 1:
      for (let lane = 0; lane < 4; lane++) code.word32(choice.pick(I32_CONSTANTS));
      return;
    case 2:
      for (let lane = 0; lane < 4; lane++) code.word32(choice.pick(F32_CONSTANTS));
      return;
    case 3:
      for (let lane = 0; lane < 2; lane++) code.word64(choice.pick(F64_CONSTANTS));
      return;
    default:
      for (let lane = 0; lane < 2; lane++) code.word64(choice.pick(I64_CONSTANTS));
  }
}
