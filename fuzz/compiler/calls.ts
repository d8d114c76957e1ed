/** The calls of a module's exports: arguments from the edges of their types, each call followed by a look at the state. */
import { ValueType, type FunctionType } from "../../src/abi/wasm.ts";
import { Choice } from "./choice.ts";
import type { Call, Value } from "./execution.ts";
import { F32_CONSTANTS, F64_CONSTANTS, I32_CONSTANTS, I64_CONSTANTS } from "./tables/constants.ts";

const SETS_EACH = 4;
const DIGEST: Call = { name: "digest", type: { parameters: [], results: [ValueType.I64] }, values: [] };

const bits = new DataView(new ArrayBuffer(8));

export function callsOf(
  functions: readonly { readonly name: string; readonly type: FunctionType }[],
  seed: number,
  digest = true,
): Call[] {
  const choice = new Choice(seed ^ 0x5eed);
  const calls: Call[] = [];
  for (let set = 0; set < SETS_EACH; set++) {
    for (const { name, type } of functions) {
      calls.push({ name, type, values: type.parameters.map((parameter) => argument(choice, parameter)) });
      if (digest) calls.push(DIGEST);
    }
  }
  return calls;
}

function argument(choice: Choice, type: ValueType): Value {
  const isSmall = choice.chance(30);
  const small = choice.below(20) - 4;
  switch (type) {
    case ValueType.I32:
      return isSmall ? small : choice.pick(I32_CONSTANTS);
    case ValueType.I64:
      return isSmall ? BigInt(small) : BigInt.asIntN(64, choice.pick(I64_CONSTANTS));
    case ValueType.F32:
      if (isSmall) return small / 4;
      bits.setUint32(0, choice.pick(F32_CONSTANTS));
      return bits.getFloat32(0);
    default:
      if (isSmall) return small / 4;
      bits.setBigUint64(0, choice.pick(F64_CONSTANTS));
      return bits.getFloat64(0);
  }
}
