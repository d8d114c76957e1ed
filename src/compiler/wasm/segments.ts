/** Decodes element and data segments (Wasm 2.0 core, 5.5.12 and 5.5.14). */
import { ValueType } from "../../abi/wasm.ts";
import type { ByteReader } from "./byte-reader.ts";
import { readConstantExpression } from "./constant-expression.ts";
import type { ModuleDraft } from "./draft.ts";
import { invalid, malformed, tooLarge } from "./error.ts";
import { ELEMENTS_LIMIT } from "./limits.ts";
import type { ConstantExpression, DataSegment, ElementSegment } from "./module.ts";
import { readReferenceType } from "./types.ts";

/**
 * Flags of an element segment; bit 1 means an explicit table in an active one, else that it is declarative.
 *
 *   bit      2             1             0
 *      ┌─────────────┬───────────────┬────────────┐
 *      │ expressions │ table / decl. │ not active │
 *      └─────────────┴───────────────┴────────────┘
 */
const NOT_ACTIVE = 1;
const EXPLICIT = 2;
const EXPRESSIONS = 4;
const ELEMENT_FLAGS_LIMIT = 7;

const ELEMENT_KIND_FUNCTION = 0;

export function readElementSegment(input: ByteReader, draft: ModuleDraft): ElementSegment {
  const start = input.position;
  const flags = input.u32();
  if (flags > ELEMENT_FLAGS_LIMIT) throw malformed(start, "malformed elements segment kind");
  const active = (flags & NOT_ACTIVE) === 0;
  const explicit = (flags & EXPLICIT) !== 0;
  const table = active && explicit ? input.u32() : 0;
  const offset = active ? readConstantExpression(input) : undefined;
  const mode = active ? "active" : explicit ? "declarative" : "passive";
  const typed = !active || explicit;
  const expressions = (flags & EXPRESSIONS) !== 0;
  const type = !typed ? ValueType.FuncRef : expressions ? readReferenceType(input) : readElementKind(input);
  return { mode, type, table, offset, elements: readElements(input, expressions, draft) };
}

function readElementKind(input: ByteReader): ValueType {
  const kind = input.byte();
  if (kind !== ELEMENT_KIND_FUNCTION) throw malformed(input.position - 1, "malformed element kind");
  return ValueType.FuncRef;
}

function readElements(input: ByteReader, expressions: boolean, draft: ModuleDraft): ConstantExpression[] {
  const start = input.position;
  const count = input.count();
  draft.elementCount += count;
  if (draft.elementCount > ELEMENTS_LIMIT) throw tooLarge(start, "too many elements", ELEMENTS_LIMIT);
  const elements: ConstantExpression[] = [];
  for (let index = 0; index < count; index++) {
    elements.push(expressions ? readConstantExpression(input) : { kind: "function", index: input.u32() });
  }
  return elements;
}

const enum DataFlags {
  Active,
  Passive,
  ActiveInMemory,
}

export function readDataSegment(input: ByteReader, draft: ModuleDraft): DataSegment {
  const start = input.position;
  const flags = input.u32();
  if (flags > DataFlags.ActiveInMemory) throw malformed(start, "malformed data segment kind");
  if (flags === DataFlags.ActiveInMemory) {
    const memory = input.u32();
    if (memory >= draft.memories.length) throw invalid(start, `unknown memory ${memory}`);
  }
  const active = flags !== DataFlags.Passive;
  const offset = active ? readConstantExpression(input) : undefined;
  const first = input.sized();
  return { mode: active ? "active" : "passive", offset, bytes: input.bytes.subarray(first, input.position) };
}
