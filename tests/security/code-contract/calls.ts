/**
 * Calls, tail calls and returns: every side holds what the calling convention promises. Arguments and results are of
 * their types, an i32 zero-extended, a reference truly one; callee-saved registers, stack pointer and return address
 * are back where they were.
 */
import { Relocation, Routine } from "../../../src/abi/object.ts";
import { ValueType, type FunctionType } from "../../../src/abi/wasm.ts";
import type { ArgumentPlaces } from "../../../src/x64/convention.ts";
import { CALLEE_SAVED, CALLER_SAVED } from "../../../src/x64/register.ts";
import { freshId, type Step } from "./context.ts";
import { requireNumber } from "./operand.ts";
import type { Slot } from "./state.ts";
import { ANY, isReference, isReferenceType, nothing, number, U32, type Target, type Value } from "./value.ts";
import { Broken, requireThat } from "./violation.ts";

const [RAX, RCX, RDX, RSI, RDI, R8] = [0, 1, 2, 6, 7, 8];
const WORD = 8;
const ALIGNMENT = 16;

/** A value of this type as a caller or callee leaves it. */
export function typedValue(type: ValueType, id: number): Value {
  if (isReferenceType(type)) return { kind: "reference", id, type };
  return number(id, type === ValueType.I32 || type === ValueType.F32 ? U32 : ANY);
}

/** What a stack argument or result of this type is. */
export function typedSlot(type: ValueType, id: number): Slot {
  return { value: typedValue(type, id), sizeBytes: bytesOf(type) };
}

function bytesOf(type: ValueType): Slot["sizeBytes"] {
  if (type === ValueType.V128) return 16;
  return type === ValueType.I32 || type === ValueType.F32 ? 4 : 8;
}

export function call(step: Step): void {
  const { context, field } = step;
  requireAligned(step);
  if (field?.kind === Relocation.Routine) {
    requireDirect(step);
    return callRoutine(step, field.index as Routine);
  }
  const type = calledType(step);
  const { parameters, results } = context.facts.places(type);
  const signature = context.facts.module.types[type]!;
  const { state } = step;
  requireValues(step, signature.parameters, parameters, state.rsp);
  clobber(step);
  const area = parameters.stackBytes + results.stackBytes;
  state.clearSlots(state.rsp, area);
  state.moveStack(state.rsp + parameters.stackBytes);
  results.places.forEach((place, index) => {
    const of = signature.results[index]!;
    if (place.kind === "integer")
      state.registers[place.register] = typedValue(of, freshId(step, place.register));
    if (place.kind !== "stack") return;
    state.setSlot(state.rsp + place.offset, typedSlot(of, freshId(step, 128 + place.offset)));
  });
}

/** The signature (an index in `types`) of what a call or tail call goes to. */
function calledType(step: Step): number {
  const { context, state, instruction, field } = step;
  if (field !== undefined) {
    requireThat(field.kind === Relocation.Function, "calls what is no function");
    requireDirect(step);
    const type = context.facts.typeIndexOf(field.index);
    requireThat(type !== undefined, "calls a function that is not there");
    return type;
  }
  const operand = instruction.operands[0]!;
  requireThat(operand.kind === "general", "calls what the linker does not fill in");
  const { target } = requirePointer(state.registers[operand.register]!);
  if (target.to !== "function") throw new Broken(`calls a pointer to ${target.to}`);
  return target.type;
}

function requirePointer(value: Value): { readonly target: Target } {
  if (value.kind !== "pointer") throw new Broken(`goes to a ${value.kind}`);
  return value;
}

function requireDirect({ instruction, field }: Step): void {
  const isWhole = field!.offset === instruction.end - 4 && field!.addend === -4;
  requireThat(instruction.operands[0]!.kind === "branch" && isWhole, "fills a field that is no call's");
}

function requireAligned({ state }: Step): void {
  // On entry rsp is a word below a multiple of 16.
  requireThat(
    (((state.rsp - WORD) % ALIGNMENT) + ALIGNMENT) % ALIGNMENT === 0,
    "calls with a misaligned stack",
  );
}

/** The values of these types lie in their places; those on the stack from `area` on. */
function requireValues(step: Step, types: readonly ValueType[], places: ArgumentPlaces, area: number): void {
  const { state } = step;
  places.places.forEach((place, index) => {
    const type = types[index]!;
    const what = `value ${index}`;
    if (place.kind === "integer") requireTyped(step, state.registers[place.register]!, type, what);
    if (place.kind !== "stack") return;
    const slot = state.slotAt(area + place.offset);
    const least = bytesOf(type);
    requireThat(slot !== undefined && state.holds(area + place.offset, least), `${what} is not on the stack`);
    if (slot.sizeBytes !== least) requireNumber(slot.value, `${what} is`);
    else requireTyped(step, slot.value, type, what);
  });
}

function requireTyped({ state }: Step, value: Value, type: ValueType, what: string): void {
  if (isReferenceType(type)) {
    requireThat(isReference(value, type), `${what} is no reference`);
    return;
  }
  requireThat(value.kind === "number", `${what} is ${value.kind}`);
  const isHalf = type === ValueType.I32;
  requireThat(
    !isHalf || state.boundOf(value) <= U32,
    `${what} is an i32 that is not known to be zero-extended`,
  );
}

function clobber(step: Step, registers: readonly number[] = CALLER_SAVED): void {
  const { state } = step;
  for (const register of registers) state.registers[register] = nothing(freshId(step, register));
  state.vectors.fill(undefined);
  state.signatures.clear();
}

// Routines.

const ROUTINE_CLOBBERS = [RAX, RCX, RDX, RSI, RDI, R8] as number[];

function callRoutine(step: Step, routine: Routine): void {
  const { state } = step;
  switch (routine) {
    case Routine.Copy:
      requireRange(step, RDI!, true);
      requireRange(step, RSI!, false);
      requireSameType(step);
      return clobber(step, ROUTINE_CLOBBERS);
    case Routine.Fill:
      requireRange(step, RDI!, true);
      requireThat(pointerIn(step, RDI!).to === "linear memory", "fills what is no linear memory with bytes");
      requireNumber(state.registers[RAX!]!, "fills with");
      return clobber(step, ROUTINE_CLOBBERS);
    case Routine.FillReferences:
      requireRange(step, RDI!, true, true);
      requireElement(step, pointerIn(step, RDI!), state.registers[RAX!]!);
      return clobber(step, ROUTINE_CLOBBERS);
    case Routine.MemoryGrow:
      requireTyped(step, state.registers[RAX!]!, ValueType.I32, "the count of pages");
      break;
    case Routine.TableGrow: {
      const target = pointerIn(step, RAX!);
      requireThat(target.to === "descriptor", "grows what is no table");
      requireElement(step, target, state.registers[RDX!]!);
      requireTyped(step, state.registers[RCX!]!, ValueType.I32, "the count of elements");
    }
  }
  clobber(step);
  state.registers[RAX!] = typedValue(ValueType.I32, freshId(step, RAX!));
}

function pointerIn({ state }: Step, register: number): Target {
  return requirePointer(state.registers[register]!).target;
}

function requireElement({ context }: Step, target: Target, value: Value): void {
  const table = "table" in target ? context.facts.module.tables[target.table]! : undefined;
  requireThat(table !== undefined && isReference(value, table.type), "puts no reference into a table");
}

/** Between the pointer in `register` and as many bytes (or references, if `isCount`) as rdx says lies what is there. */
function requireRange(step: Step, register: number, isTarget: boolean, isCount = false): void {
  const { context, state } = step;
  const { facts } = context;
  const length = requireNumber(state.registers[RDX!]!, "has a length of");
  const target = pointerIn(step, register);
  const proven = (start: number, count: number | undefined, limit: string) =>
    requireThat(
      count !== undefined && state.facts.has(inRange(start, count, limit)),
      `copies or fills without having checked the range in ${limit}`,
    );
  const elements = isCount ? length.id : length.eightOf;
  if (target.to === "linear memory") return proven(target.start, length.id, "memory");
  if (target.to === "element") {
    requireThat(
      !isTarget || facts.module.tables[target.table]!.place !== "constant",
      "writes a constant table",
    );
    const known = facts.constantLength(target.table);
    return proven(target.index, elements, known === undefined ? `table ${target.table}` : `${known}`);
  }
  if (target.to !== "in segment" || isTarget)
    throw new Broken(`copies or fills by a pointer to ${target.to}`);
  proven(target.index, target.segment.startsWith("data") ? length.id : elements, target.segment);
}

export function inRange(a: number, b: number, limit: string): string {
  return `${Math.min(a, b)} + ${Math.max(a, b)} in ${limit}`;
}

/** References go into tables of their type, bytes into linear memory. */
function requireSameType(step: Step): void {
  const { module } = step.context.facts;
  const typeOf = (target: Target): ValueType | undefined => {
    if (target.to === "element") return module.tables[target.table]!.type;
    return target.to === "in segment" && target.segment.startsWith("element") ? ValueType.FuncRef : undefined;
  };
  const [target, source] = [pointerIn(step, RDI!), pointerIn(step, RSI!)];
  const isNull =
    source.to === "in segment" &&
    source.segment.startsWith("element") &&
    module.elementSegments[Number(source.segment.split(" ")[1])]!.elements.every((each) => each < 0);
  requireThat(
    typeOf(target) === typeOf(source) || (isNull && target.to === "element"),
    "copies between types",
  );
}

// The ends of functions.

function requireRestored({ state }: Step): void {
  for (const register of CALLEE_SAVED) {
    const value = state.registers[register]!;
    const isBack =
      value.kind === "pointer" &&
      value.target.to === "caller's register" &&
      value.target.register === register;
    requireThat(isBack, `leaves register ${register} changed`);
  }
  const slot = state.slotAt(state.rsp);
  const isReturn =
    slot?.value.kind === "pointer" && slot.value.target.to === "caller" && slot.sizeBytes === WORD;
  requireThat(isReturn, "leaves with no return address on top of the stack");
}

export function returnFrom(step: Step): void {
  const { context, state, instruction } = step;
  const { parameters, results } = context.places;
  requireRestored(step);
  const operand = instruction.operands[0];
  const taken = operand?.kind === "immediate" ? Number(operand.value) : 0;
  requireThat(
    taken === parameters.stackBytes && state.rsp === 0,
    "takes a wrong count of bytes off the stack",
  );
  requireValues(step, context.type.results, results, WORD + parameters.stackBytes);
}

/** A jump into another function, with the frame gone and its arguments in place of ours. */
export function tailCall(step: Step): void {
  const { context, state } = step;
  const type = calledType(step);
  const signature: FunctionType = context.facts.module.types[type]!;
  const sameResults = JSON.stringify(signature.results) === JSON.stringify(context.type.results);
  requireThat(sameResults, "ends in a function with other results");
  requireRestored(step);
  const { parameters } = context.facts.places(type);
  const rsp = context.places.parameters.stackBytes - parameters.stackBytes;
  requireThat(state.rsp === rsp, "leaves the stack pointer where the callee's arguments are not");
  requireValues(step, signature.parameters, parameters, state.rsp + WORD);
}
