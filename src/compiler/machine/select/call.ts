/** Rules for calls, and what returns and tail calls share with them. */
import { Relocation } from "../../../abi/object.ts";
import { TrapKind } from "../../../abi/trap.ts";
import { isSameType, ValueType, type FunctionType } from "../../../abi/wasm.ts";
import { placesOf, type ArgumentPlace } from "../../../x64/convention.ts";
import { Condition, R11 } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, FIRST_VECTOR, Pseudo, type Fixed, type Instruction, type Write } from "../instruction.ts";
import { moveEncodings } from "../moves.ts";
import type { Rule, Selector } from "./selector.ts";
import { CALL_CLOBBERS } from "./clobbers.ts";
import { addTableLength, emitTableElements } from "./table.ts";

function physicalOf(place: ArgumentPlace & { kind: "integer" | "vector" }): number {
  return place.register + (place.kind === "vector" ? FIRST_VECTOR : 0);
}

/** Stores what goes on the stack, `area` bytes up; gives the operands that go in registers. */
export function emitArguments(
  selector: Selector,
  args: readonly Value[],
  places: readonly ArgumentPlace[],
  area: { readonly address: Address.Outgoing | Address.Incoming; readonly offset: number },
): Fixed[] {
  const fixed: Fixed[] = [];
  for (const [index, place] of places.entries()) {
    const value = args[index]!;
    if (place.kind !== "stack") {
      fixed.push({ register: selector.useOnce(value), physical: physicalOf(place) });
      continue;
    }
    const store = selector.make(moveEncodings(value.type as ValueType).store, 0);
    store.reg = selector.use(value);
    store.address = area.address;
    store.displacement = area.offset + place.offset;
    selector.emit(store);
  }
  return fixed;
}

function emitCall(
  selector: Selector,
  value: Value,
  type: FunctionType,
  args: readonly Value[],
  target: { readonly pseudo: Pseudo; readonly index: number; readonly register: number },
): void {
  const { parameters, results } = placesOf(type);
  const { func } = selector;
  func.hasCalls = true;
  func.outgoingBytes = Math.max(func.outgoingBytes, parameters.stackBytes + results.stackBytes);
  const uses = emitArguments(selector, args, parameters.places, { address: Address.Outgoing, offset: 0 });
  if (target.register >= 0) uses.push({ register: target.register, physical: R11 });
  const call = selector.pseudo(target.pseudo, value.place);
  call.relocation = Relocation.Function;
  call.relocationIndex = target.index;
  call.fixedUses = uses;
  call.clobbers = CALL_CLOBBERS;
  call.immediate = parameters.stackBytes;
  call.fixedDefs = emitResults(selector, value, results.places, parameters.stackBytes);
}

/** Defines the results that are needed; those on the stack are loaded after the call. */
function emitResults(
  selector: Selector,
  call: Value,
  places: readonly ArgumentPlace[],
  offset: number,
): Fixed[] {
  const defs: Fixed[] = [];
  for (const [index, place] of places.entries()) {
    const result = places.length === 1 ? call : selector.projectionOf(call, index);
    if (result === undefined || !selector.isNeeded(result)) continue;
    const register = selector.define(result);
    if (place.kind !== "stack") {
      defs.push({ register, physical: physicalOf(place) });
      continue;
    }
    const load = selector.make(moveEncodings(result.type as ValueType).load, 0);
    load.def = register;
    load.address = Address.Outgoing;
    load.displacement = offset + place.offset;
    selector.emit(load);
  }
  return defs;
}

const call: Rule = (selector, value) => {
  const { module } = selector.view;
  const type = module.types[module.functionTypes[value.immediate]!]!;
  const target = { pseudo: Pseudo.CallFunction, index: value.immediate, register: -1 };
  emitCall(selector, value, type, value.args, target);
};

const callIndirect: Rule = (selector, value) => {
  const type = selector.view.module.types[value.immediate]!;
  const element = value.args.at(-1)!;
  const register = emitCallTarget(selector, element, value.immediate, value.immediate2, value.place);
  emitCall(selector, value, type, value.args.slice(0, -1), {
    pseudo: Pseudo.CallRegister,
    index: 0,
    register,
  });
};

/** The address of the code behind a table's element, once its bounds and signature are checked. */
export function emitCallTarget(
  selector: Selector,
  element: Value,
  type: number,
  table: number,
  place: number,
): number {
  const index = selector.use(element);
  const bound = selector.make(x64.CMP32.regRm, place);
  bound.reg = index;
  addTableLength(selector, bound, table);
  selector.emit(bound);
  selector.trapIf(Condition.AboveOrEqual, TrapKind.UndefinedElement, place);
  const elements = emitTableElements(selector, table);
  if (!isUniform(selector, table, type)) {
    const check = selector.written(writeSignatureCheck, place);
    check.base = elements;
    check.index = index;
    check.relocationIndex = type;
  }
  const offset = selector.make(x64.MOV32.regRm, place);
  offset.def = selector.fresh(ValueType.I64);
  offset.address = Address.Plain;
  offset.base = elements;
  offset.index = index;
  offset.scale = 8;
  offset.displacement = 4;
  selector.emit(offset);
  const codeBase = selector.make(x64.LEA64, place);
  codeBase.def = selector.fresh(ValueType.I64);
  codeBase.address = Address.Relocated;
  codeBase.relocation = Relocation.CodeBase;
  selector.emit(codeBase);
  const target = selector.make(x64.ADD64.regRm, place);
  target.def = selector.fresh(ValueType.I64);
  target.tied = offset.def;
  target.rm = codeBase.def;
  selector.emit(target);
  return target.def;
}

/** Every element is a function of this type: nothing to check but the bounds. */
function isUniform(selector: Selector, table: number, type: number): boolean {
  const { types } = selector.view.module;
  const elementType = selector.view.layout.elementTypes[table];
  return elementType !== undefined && isSameType(types[elementType]!, types[type]!);
}

const writeSignatureCheck: Write = (writer, { base, index, relocationIndex, place }: Instruction) => {
  const { assembler } = writer;
  const wrong = assembler.label();
  assembler.rmi(x64.CMP32.rmImm32, 0, base, index, 8, 0, 0);
  assembler.relocateImmediate(Relocation.Signature, relocationIndex);
  assembler.branch(Condition.NotEqual, wrong);
  writer.later(() => {
    assembler.bind(wrong);
    assembler.rmi(x64.CMP32.rmImm8, 0, base, index, 8, 0, 0);
    assembler.branch(Condition.Equal, writer.trapLabel(TrapKind.UninitializedElement, place));
    assembler.jump(writer.trapLabel(TrapKind.IndirectCallMismatch, place));
  });
};

export const CALL_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.Call, call],
  [Op.CallIndirect, callIndirect],
];
