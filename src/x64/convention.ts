/**
 * How compiled functions call each other.
 *
 * Integers and references travel in rax rdx rcx rsi rdi r8 r9 r10, floats and vectors in xmm0-xmm7, in the order
 * of the signature; results travel the same way, so that what one call gives is where the next takes it. An i32 is
 * always zero-extended to 64 bits in its register. What does not fit lies on the stack:
 *
 *   caller's rsp before the call ─►┌────────────────┐ low
 *                                  │ arguments      │  a slot of 8 bytes each (v128: 16)
 *                                  ├────────────────┤
 *                                  │ results        │  written by the callee
 *                                  └────────────────┘ high
 *
 * The callee takes the arguments off the stack (`ret n`) and leaves the results, which depend on the result types
 * alone: so a tail call can replace the arguments by more or fewer. rsp is a multiple of 16 at every call.
 * rbx (memory base), rbp and r12-r15 come back as they were; r11 is free between caller and callee.
 */
import { ValueType, type FunctionType } from "../abi/wasm.ts";
import { R10, R8, R9, RAX, RCX, RDI, RDX, RSI } from "./register.ts";

const INTEGER_ARGUMENTS: readonly number[] = [RAX, RDX, RCX, RSI, RDI, R8, R9, R10];
const VECTOR_ARGUMENTS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7];

export type ArgumentPlace =
  | { readonly kind: "integer"; readonly register: number }
  | { readonly kind: "vector"; readonly register: number }
  /** `offset` bytes above the start of its area: arguments and results are counted apart. */
  | { readonly kind: "stack"; readonly offset: number };

export interface ArgumentPlaces {
  readonly places: readonly ArgumentPlace[];
  /** Of the stack area, rounded up to 16. */
  readonly stackBytes: number;
}

export interface CallPlaces {
  readonly parameters: ArgumentPlaces;
  readonly results: ArgumentPlaces;
}

export function isVectorClass(type: ValueType): boolean {
  return type === ValueType.F32 || type === ValueType.F64 || type === ValueType.V128;
}

export function placesOf(type: FunctionType): CallPlaces {
  return { parameters: assign(type.parameters), results: assign(type.results) };
}

function assign(types: readonly ValueType[]): ArgumentPlaces {
  let integers = 0;
  let vectors = 0;
  let bytes = 0;
  const places = types.map((type): ArgumentPlace => {
    if (isVectorClass(type)) {
      if (vectors < VECTOR_ARGUMENTS.length)
        return { kind: "vector", register: VECTOR_ARGUMENTS[vectors++]! };
    } else if (integers < INTEGER_ARGUMENTS.length) {
      return { kind: "integer", register: INTEGER_ARGUMENTS[integers++]! };
    }
    const offset = bytes;
    bytes += type === ValueType.V128 ? 16 : 8;
    return { kind: "stack", offset };
  });
  return { places, stackBytes: (bytes + 15) & ~15 };
}
