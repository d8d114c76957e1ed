/**
 * Entry stubs: from arguments in memory to the calling convention of compiled code and back, one a signature.
 *
 * A stub is called with rdi: the function, rsi: slots of 16 bytes, one an argument, rdx: the memory's base. It leaves
 * the results in the same slots, and every register as the System V ABI wants it. A slot's bytes above its value's
 * are ignored on the way in (but of an i32, zero to 64 bits) and undefined on the way out.
 */
import { ValueType, type FunctionType } from "../../abi/wasm.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { placesOf, type ArgumentPlaces } from "../../x64/convention.ts";
import { ABSENT } from "../../x64/encoder.ts";
import {
  MEMORY_BASE,
  R11,
  R12,
  R13,
  R14,
  R15,
  RAX,
  RBP,
  RBX,
  RDI,
  RDX,
  RSI,
  RSP,
  VECTOR_SCRATCH,
} from "../../x64/register.ts";
import { CALL, MOVUPS } from "../../x64/tables/index.ts";
import { SLOT_BYTES } from "./protocol.ts";

const SAVED = [RBP, RBX, R12, R13, R14, R15];
const SLOTS = R12;
/** Six pushes and the return address leave rsp 8 bytes off a multiple of 16. */
const ALIGNMENT_BYTES = 8;

export function emitEntryStub(a: Shorthand, type: FunctionType): void {
  const { parameters, results } = placesOf(type);
  for (const register of SAVED) a.push(register);
  a.move(MEMORY_BASE, RDX);
  a.move(SLOTS, RSI);
  a.move(R11, RDI);
  a.addConstant(RSP, -(ALIGNMENT_BYTES + parameters.stackBytes + results.stackBytes));
  emitArguments(a, type.parameters, parameters);
  a.r(CALL, R11);
  // The callee took its arguments: rsp points at the results.
  emitResults(a, type.results, results);
  a.addConstant(RSP, ALIGNMENT_BYTES + results.stackBytes);
  for (const register of SAVED.toReversed()) a.pop(register);
  a.ret();
}

/** Those on the stack first: they go through a register that may hold an argument afterwards. */
function emitArguments(a: Shorthand, types: readonly ValueType[], { places }: ArgumentPlaces): void {
  places.forEach((place, index) => {
    if (place.kind !== "stack") return;
    if (types[index] === ValueType.V128) {
      a.rm(MOVUPS.regRm, VECTOR_SCRATCH, SLOTS, ABSENT, 1, index * SLOT_BYTES);
      a.rm(MOVUPS.rmReg, VECTOR_SCRATCH, RSP, ABSENT, 1, place.offset);
    } else {
      a.load(RAX, SLOTS, index * SLOT_BYTES);
      a.store(RSP, place.offset, RAX);
    }
  });
  places.forEach((place, index) => {
    if (place.kind === "integer") a.load(place.register, SLOTS, index * SLOT_BYTES);
    if (place.kind === "vector") a.rm(MOVUPS.regRm, place.register, SLOTS, ABSENT, 1, index * SLOT_BYTES);
  });
}

function emitResults(a: Shorthand, types: readonly ValueType[], { places }: ArgumentPlaces): void {
  places.forEach((place, index) => {
    if (place.kind === "integer") a.store(SLOTS, index * SLOT_BYTES, place.register);
    if (place.kind === "vector") a.rm(MOVUPS.rmReg, place.register, SLOTS, ABSENT, 1, index * SLOT_BYTES);
  });
  places.forEach((place, index) => {
    if (place.kind !== "stack") return;
    if (types[index] === ValueType.V128) {
      a.rm(MOVUPS.regRm, VECTOR_SCRATCH, RSP, ABSENT, 1, place.offset);
      a.rm(MOVUPS.rmReg, VECTOR_SCRATCH, SLOTS, ABSENT, 1, index * SLOT_BYTES);
    } else {
      a.load(RAX, RSP, place.offset);
      a.store(SLOTS, index * SLOT_BYTES, RAX);
    }
  });
}
