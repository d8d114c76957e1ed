/**
 * Memory operands: which of the allowed forms one is, whether everything it needs has been proven, what a load from
 * there gives and what may be stored there.
 */
import { MemoryHeader, Relocation, TableDescriptor } from "../../../src/abi/object.ts";
import { ValueType } from "../../../src/abi/wasm.ts";
import { freshId, LOADED_PLACE, type Step } from "./context.ts";
import type { ContextPart } from "./module-facts.ts";
import type { Limit } from "./state.ts";
import {
  ANY,
  constant,
  isReference,
  isReferenceType,
  number,
  pointer,
  U32,
  type Target,
  type Value,
} from "./value.ts";
import { Broken, requireThat } from "./violation.ts";

export type Access =
  | { readonly kind: "linear" }
  | { readonly kind: "stack"; readonly offset: number }
  | { readonly kind: "constant"; readonly offset: number }
  | { readonly kind: "header"; readonly displacement: number }
  | { readonly kind: "context"; readonly part: ContextPart }
  | { readonly kind: "element"; readonly table: number; readonly index: number; readonly byte: number }
  | { readonly kind: "descriptor"; readonly table: number; readonly byte: number }
  | { readonly kind: "global"; readonly global: number }
  | { readonly kind: "jump entry"; readonly table: number };

const RBX = 3;
const RSP = 4;
const WORD = 8;
/** What is reserved above a memory's base: 6 GiB, and a guard behind it. */
const REACHABLE_BYTES = 6 * 2 ** 30 + 65536;

/** The place of the memory operand, which is accessed with `sizeBytes`. */
export function accessOf(step: Step): Access {
  const { instruction, field } = step;
  const { memory } = instruction;
  if (memory === undefined) throw new Broken("there is no memory operand");
  if (memory.isRipRelative) {
    requireThat(field?.kind === Relocation.Constant, "reads by rip something else than a constant");
    requireThat(!memory.writes, "writes a constant");
    const end = field.index + memory.sizeBytes;
    requireThat(end <= step.context.facts.module.constants.length, "reads beyond the constants");
    return { kind: "constant", offset: field.index };
  }
  if (memory.base === RSP) return stackAccess(step);
  if (memory.base === RBX) return baseAccess(step);
  if (memory.base < 0) throw new Broken("accesses memory without a base");
  return pointerAccess(step);
}

function stackAccess({ context, state, instruction }: Step): Access {
  const { index, displacement, sizeBytes, writes } = instruction.memory!;
  requireThat(index < 0, "indexes the stack");
  const offset = state.rsp + displacement;
  const isProbe = instruction.mnemonic === "Test" && !writes;
  requireThat(offset >= state.rsp || isProbe, "accesses memory below the stack pointer");
  requireThat(offset + sizeBytes <= context.stackEnd, "accesses the caller's frame");
  state.touched = Math.min(state.touched, offset);
  return { kind: "stack", offset };
}

function baseAccess(step: Step): Access {
  const { context, state, instruction, field } = step;
  const { index, scale, displacement, sizeBytes, writes } = instruction.memory!;
  if (field !== undefined && field.kind === Relocation.Context) {
    requireThat(index < 0, "indexes the context");
    const part = context.facts.contextAt(field.index + field.addend);
    requireThat(part !== undefined, "accesses a byte of the context that is nothing");
    return { kind: "context", part };
  }
  if (displacement < 0) {
    const isBytes = displacement === MemoryHeader.Bytes && sizeBytes === WORD;
    const isPages = displacement === MemoryHeader.Pages && sizeBytes === 4;
    requireThat(index < 0 && (isBytes || isPages), "accesses what lies below linear memory");
    requireThat(!writes, "writes the header of linear memory");
    return { kind: "header", displacement };
  }
  const value = index < 0 ? undefined : state.registers[index]!;
  requireThat(index !== RSP && index !== RBX, "uses a pinned register as index");
  requireThat(value === undefined || value.kind === "number", "indexes linear memory with no number");
  const bound = value === undefined ? 0 : state.boundOf(value);
  requireThat(
    bound * scale + displacement + sizeBytes <= REACHABLE_BYTES,
    bound === ANY
      ? "indexes linear memory with a register that is not known to be zero-extended"
      : `reaches beyond linear memory: index up to ${bound}, times ${scale}, plus ${displacement}`,
  );
  requireThat(context.facts.trapSites.has(instruction.offset), "may trap, but has no record");
  return { kind: "linear" };
}

function pointerAccess(step: Step): Access {
  const { context, state, instruction } = step;
  const { base, index, scale, displacement, sizeBytes } = instruction.memory!;
  const value = state.registers[base]!;
  requireThat(value.kind === "pointer", "accesses memory through a register that is no pointer");
  const { target } = value;
  if (target.to === "elements") {
    requireThat(index >= 0 && scale === WORD, "accesses a table without an index");
    const isHalf = sizeBytes === 4 && (displacement === 0 || displacement === 4);
    requireThat((displacement === 0 && sizeBytes === WORD) || isHalf, "accesses a part of no element");
    const element = state.registers[index]!;
    requireInTable(step, element, target.table);
    return { kind: "element", table: target.table, index: element.id, byte: displacement };
  }
  if (target.to === "jump table") {
    requireThat(index >= 0 && scale === 4 && displacement === 0, "reads no entry of a jump table");
    const entries = context.facts.jumpTable(target.offset)!.length;
    const bound = state.boundOf(state.registers[index]!);
    requireThat(bound < entries, `reads entry ${bound} of a jump table of ${entries}`);
    return { kind: "jump entry", table: target.offset };
  }
  requireThat(index < 0, `indexes a pointer to ${target.to}`);
  if (target.to === "descriptor") return { kind: "descriptor", table: target.table, byte: displacement };
  if (target.to === "global" && displacement === 0) return { kind: "global", global: target.global };
  throw new Broken(`accesses memory through a pointer to ${target.to}`);
}

function requireInTable({ context, state }: Step, index: Value, table: number): void {
  requireThat(index.kind === "number", "the index of a table's element is no number");
  const length = context.facts.constantLength(table);
  const isIn =
    length === undefined
      ? state.facts.has(inTable(index.id, table)) && state.boundOf(index) <= U32
      : state.boundOf(index) < length;
  requireThat(isIn, "accesses a table's element without having checked the index");
}

export const inTable = (index: number, table: number): string => `${index} in table ${table}`;

/** What the operand's length field is, for a comparison with it. */
export function limitOf(access: Access, sizeBytes: number): Limit | undefined {
  if (access.kind === "header" && access.displacement === MemoryHeader.Bytes) return { limit: "memory" };
  if (access.kind === "context" && access.part.kind === "length" && access.part.byte === 0) {
    return sizeBytes === WORD ? { limit: access.part.limit } : undefined;
  }
  const table = tableOfLength(access);
  return table === undefined || sizeBytes !== 4 ? undefined : { limit: `table ${table}` };
}

/** The table whose length lies there. */
function tableOfLength(access: Access): number | undefined {
  const isDescriptor = access.kind === "descriptor" && access.byte === TableDescriptor.Length;
  if (isDescriptor) return access.table;
  if (access.kind !== "context" || access.part.kind !== "table") return undefined;
  return access.part.byte === TableDescriptor.Length ? access.part.table : undefined;
}

/** What a load from there gives, zero-extended. */
export function loaded(step: Step, access: Access): Value {
  const { state, instruction, context } = step;
  const { sizeBytes } = instruction.memory!;
  const id = freshId(step, LOADED_PLACE);
  const plain = number(id, sizeBytes >= WORD ? ANY : 2 ** (8 * sizeBytes) - 1);
  const leads = (target: Target) => pointer(id, target);
  const { module } = context.facts;
  switch (access.kind) {
    case "stack":
      return loadedSlot(step, access.offset, plain);
    case "context":
      return loadedPart(step, access.part, plain);
    case "global":
      return globalValue(step, access.global, plain);
    case "descriptor":
      if (access.byte === TableDescriptor.Elements && sizeBytes === WORD) {
        return leads({ to: "elements", table: access.table });
      }
      requireThat(
        access.byte === TableDescriptor.Length && sizeBytes === 4,
        "reads no field of a descriptor",
      );
      return { ...plain, kind: "number", id, bound: U32, lengthOf: access.table };
    case "element": {
      const key = `${access.table} ${access.index}`;
      if (sizeBytes === WORD) return { kind: "reference", id, type: module.tables[access.table]!.type };
      requireThat(access.byte === 4, "reads the signature of a table's element");
      const type = state.signatures.get(key) ?? context.facts.uniformType(access.table);
      requireThat(type !== undefined, "reads a function's offset whose signature is unknown");
      return leads({ to: "code offset", type });
    }
    case "constant":
      return knownConstant(module.constants, access.offset, sizeBytes) ?? plain;
    case "jump entry":
      throw new Broken("reads an entry of a jump table otherwise than by movsxd");
    default:
      return plain;
  }
}

function knownConstant(bytes: Uint8Array, offset: number, sizeBytes: number): Value | undefined {
  if (sizeBytes > WORD) return undefined;
  let bits = 0;
  for (let at = sizeBytes - 1; at >= 0; at--) bits = bits * 256 + bytes[offset + at]!;
  return bits <= U32 ? constant(bits) : undefined;
}

function loadedSlot({ state, instruction }: Step, offset: number, plain: Value): Value {
  const { sizeBytes } = instruction.memory!;
  const slot = state.slotAt(offset);
  requireThat(slot !== undefined && state.holds(offset, sizeBytes), "reads a slot that holds nothing");
  if (sizeBytes === WORD) return slot.value;
  if (sizeBytes > WORD) return plain;
  requireThat(slot.value.kind === "number", "reads a part of a slot that holds no number");
  const mask = 2 ** (8 * sizeBytes) - 1;
  return state.boundOf(slot.value) <= mask ? slot.value : plain;
}

function loadedPart(step: Step, part: ContextPart, plain: Value): Value {
  const { context, instruction } = step;
  const { module } = context.facts;
  const { sizeBytes } = instruction.memory!;
  const leads = (target: Target) => pointer(plain.id, target);
  if (part.kind === "global") {
    requireThat(part.byte === 0, "reads a part of a global");
    if (!module.globals[part.global]!.imported) return globalValue(step, part.global, plain);
    requireThat(sizeBytes === WORD, "reads a part of an address");
    return leads({ to: "global", global: part.global });
  }
  if (part.kind === "length") {
    requireThat(part.byte === 0 && sizeBytes === WORD, "reads a part of a segment's length");
    return plain;
  }
  const isImported = module.tables[part.table]!.place === "imported";
  if (part.byte === TableDescriptor.Elements && sizeBytes === WORD) {
    return leads({ to: isImported ? "descriptor" : "elements", table: part.table });
  }
  requireThat(part.byte === TableDescriptor.Length && sizeBytes === 4, "reads no field of a descriptor");
  return { kind: "number", id: plain.id, bound: U32, lengthOf: part.table };
}

function globalValue({ context, instruction }: Step, global: number, plain: Value): Value {
  const { type } = context.facts.module.globals[global]!;
  requireThat(instruction.memory!.sizeBytes <= globalBytes(type), "reads beyond a global");
  if (!isReferenceType(type)) return plain;
  requireThat(instruction.memory!.sizeBytes === WORD, "reads a part of a reference");
  return { kind: "reference", id: plain.id, type };
}

const globalBytes = (type: ValueType): number => (type === ValueType.V128 ? 16 : WORD);

/** Whether `value` may be stored there; `undefined` for what comes out of a vector register or a computation. */
export function requireStorable(step: Step, access: Access, value: Value | undefined): void {
  const { context, instruction } = step;
  const { module } = context.facts;
  switch (access.kind) {
    case "linear":
      requirePlain(value, "linear memory");
      return;
    case "global":
      requireGlobal(step, access.global, value);
      return;
    case "element": {
      const { type, place } = module.tables[access.table]!;
      requireThat(place !== "constant", "writes a constant table");
      requireThat(instruction.memory!.sizeBytes === WORD, "writes a part of a table's element");
      requireThat(value !== undefined && isReference(value, type), "writes no reference into a table");
      step.state.signatures.clear();
      return;
    }
    case "context":
      requireContext(step, access.part, value);
      return;
    case "stack":
      return;
    default:
      throw new Broken(`writes a ${access.kind}`);
  }
}

function requireContext(step: Step, part: ContextPart, value: Value | undefined): void {
  if (part.kind === "global" && part.byte === 0) {
    requireThat(!step.context.facts.module.globals[part.global]!.imported, "writes the address of a global");
    requireGlobal(step, part.global, value);
    return;
  }
  const isDrop = part.kind === "length" && part.byte === 0 && value?.kind === "number" && value.bound === 0;
  requireThat(isDrop, "writes the context otherwise than by a global or a dropped segment");
}

function requireGlobal({ context, instruction }: Step, global: number, value: Value | undefined): void {
  const { type, mutable } = context.facts.module.globals[global]!;
  requireThat(mutable || context.isInitializer, "writes a global that is not mutable");
  requireThat(instruction.memory!.sizeBytes <= globalBytes(type), "writes beyond a global");
  if (!isReferenceType(type)) return requirePlain(value, "a global");
  const isWhole = instruction.memory!.sizeBytes === WORD;
  requireThat(
    isWhole && value !== undefined && isReference(value, type),
    "writes no reference into a global",
  );
}

function requirePlain(value: Value | undefined, where: string): void {
  if (value === undefined || value.kind === "number") return;
  throw new Broken(
    value.kind === "nothing" ? "stores what it never computed" : `lets a ${value.kind} into ${where}`,
  );
}
