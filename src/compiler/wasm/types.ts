/** Decodes types and limits (Wasm 2.0 core, 5.3). What proposals put in their place is refused by name. */
import { ValueType, type FunctionType, type Limits } from "../../abi/wasm.ts";
import type { ByteReader } from "./byte-reader.ts";
import { malformed, tooLarge, unsupported } from "./error.ts";
import { PARAMETERS_LIMIT, RESULTS_LIMIT } from "./limits.ts";
import {
  CUSTOM_PAGE_SIZES,
  MEMORY64,
  proposalOf,
  RESERVED_TYPE_FORMS,
  RESERVED_VALUE_TYPES,
  SHARED_EVERYTHING,
} from "./tables/reserved.ts";

const FUNCTION_FORM = 0x60;

/** A value type by its byte, which was read at `offset`. */
export function valueTypeOf(byte: number, offset: number, expected = "value type"): ValueType {
  switch (byte) {
    case ValueType.I32:
    case ValueType.I64:
    case ValueType.F32:
    case ValueType.F64:
    case ValueType.V128:
    case ValueType.FuncRef:
    case ValueType.ExternRef:
      return byte;
  }
  const proposal = proposalOf(RESERVED_VALUE_TYPES, byte);
  if (proposal !== undefined) throw unsupported(offset, `type 0x${byte.toString(16)}`, proposal);
  throw malformed(offset, `malformed ${expected} 0x${byte.toString(16)}`);
}

export function readValueType(input: ByteReader): ValueType {
  return valueTypeOf(input.byte(), input.position - 1);
}

export function isReferenceType(type: ValueType): boolean {
  return type === ValueType.FuncRef || type === ValueType.ExternRef;
}

export function readReferenceType(input: ByteReader): ValueType {
  const offset = input.position;
  const type = valueTypeOf(input.byte(), offset, "reference type");
  if (!isReferenceType(type)) throw malformed(offset, "malformed reference type");
  return type;
}

function readValueTypes(input: ByteReader, limit: number, what: string): ValueType[] {
  const offset = input.position;
  const count = input.count();
  if (count > limit) throw tooLarge(offset, `${count} ${what}`, limit);
  const types: ValueType[] = [];
  for (let index = 0; index < count; index++) types.push(readValueType(input));
  return types;
}

export function readFunctionType(input: ByteReader): FunctionType {
  const offset = input.position;
  const form = input.byte();
  if (form !== FUNCTION_FORM) {
    const proposal = proposalOf(RESERVED_TYPE_FORMS, form);
    if (proposal !== undefined) throw unsupported(offset, `type form 0x${form.toString(16)}`, proposal);
    throw malformed(
      offset,
      form >= 0x80 ? "integer representation too long: type form" : "malformed function type form",
    );
  }
  const parameters = readValueTypes(input, PARAMETERS_LIMIT, "parameters");
  return { parameters, results: readValueTypes(input, RESULTS_LIMIT, "results") };
}

/**
 * Limits with their flags before them.
 *
 *   bit    3           2         1        0
 *      ┌───────────┬──────────┬────────┬─────────────┐
 *      │ page size │ 64 bits  │ shared │ has maximum │
 *      └───────────┴──────────┴────────┴─────────────┘
 */
export function readLimits(input: ByteReader, of: "table" | "memory"): { limits: Limits; shared: boolean } {
  const offset = input.position;
  const flags = input.byte();
  if (flags >= 0x80) throw malformed(offset, "integer representation too long: malformed limits flags");
  if (flags >= (of === "table" ? 0x08 : 0x10))
    throw malformed(offset, "integer too large: malformed limits flags");
  if ((flags & 4) !== 0) throw unsupported(offset, `a ${of} with 64-bit indices`, MEMORY64);
  if ((flags & 8) !== 0 && of === "memory") {
    throw unsupported(offset, "malformed limits flags for a page size", CUSTOM_PAGE_SIZES);
  }
  const shared = (flags & 2) !== 0;
  if (shared && of === "table")
    throw unsupported(offset, "malformed limits flags of a shared table", SHARED_EVERYTHING);
  const minimum = input.u32();
  const maximum = (flags & 1) === 0 ? undefined : input.u32();
  return { limits: { minimum, maximum }, shared };
}
