/**
 * Rules for tables, and how calls reach their elements.
 *
 * A constant table lies in read-only data and its length is an immediate. Any other is reached through a descriptor:
 * in the context, or for an imported table where the context says.
 */
import { Relocation, Routine, TableDescriptor } from "../../../abi/object.ts";
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import { Condition, RAX, RCX, RDX } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, Pseudo, type Instruction } from "../instruction.ts";
import { CALL_CLOBBERS } from "./clobbers.ts";
import { emitContextLoad } from "./memory.ts";
import type { Rule, Selector } from "./selector.ts";

function isConstantTable(selector: Selector, table: number): boolean {
  return selector.view.layout.constantTables[table] !== undefined;
}

/** The memory operand of a field of the table's descriptor. */
function addDescriptorField(
  selector: Selector,
  instruction: Instruction,
  table: number,
  field: number,
): void {
  const slot = selector.view.layout.tableSlots[table]!;
  if (selector.view.module.tables[table]!.imported) {
    instruction.address = Address.Plain;
    instruction.base = emitContextLoad(selector, slot);
    instruction.displacement = field;
  } else {
    instruction.address = Address.Context;
    instruction.displacement = slot + field;
  }
}

/** Makes `instruction`, a 32-bit `reg, rm` one, read the table's length. */
export function addTableLength(selector: Selector, instruction: Instruction, table: number): void {
  const constant = selector.view.layout.constantTables[table];
  if (constant === undefined) {
    addDescriptorField(selector, instruction, table, TableDescriptor.Length);
    return;
  }
  const length = selector.make(x64.MOV32.regImm32, 0);
  length.def = selector.fresh(ValueType.I32);
  length.immediate = constant.length;
  selector.emit(length);
  instruction.rm = length.def;
}

/** The address of the table's first element. */
export function emitTableElements(selector: Selector, table: number): number {
  const instruction = selector.make(isConstantTable(selector, table) ? x64.LEA64 : x64.MOV64.regRm, 0);
  instruction.def = selector.fresh(ValueType.I64);
  if (isConstantTable(selector, table)) {
    instruction.address = Address.Relocated;
    instruction.relocation = Relocation.ConstantTable;
    instruction.relocationIndex = table;
  } else {
    addDescriptorField(selector, instruction, table, TableDescriptor.Elements);
  }
  selector.emit(instruction);
  return instruction.def;
}

/** The address of the descriptor itself. */
function emitDescriptor(selector: Selector, table: number): number {
  const slot = selector.view.layout.tableSlots[table]!;
  if (selector.view.module.tables[table]!.imported) return emitContextLoad(selector, slot);
  const instruction = selector.make(x64.LEA64, 0);
  instruction.def = selector.fresh(ValueType.I64);
  instruction.address = Address.Context;
  instruction.displacement = slot;
  selector.emit(instruction);
  return instruction.def;
}

function emitElementCheck(
  selector: Selector,
  value: Value,
  table: number,
): { elements: number; index: number } {
  const index = selector.use(value.args[0]!);
  const bound = selector.make(x64.CMP32.regRm, value.place);
  bound.reg = index;
  addTableLength(selector, bound, table);
  selector.emit(bound);
  selector.trapIf(Condition.AboveOrEqual, TrapKind.TableOutOfBounds, value.place);
  return { elements: emitTableElements(selector, table), index };
}

const tableGet: Rule = (selector, value) => {
  const { elements, index } = emitElementCheck(selector, value, value.immediate);
  const instruction = selector.make(x64.MOV64.regRm, value.place);
  instruction.def = selector.define(value);
  instruction.address = Address.Plain;
  instruction.base = elements;
  instruction.index = index;
  instruction.scale = 8;
  selector.emit(instruction);
};

const tableSet: Rule = (selector, value) => {
  const reference = selector.use(value.args[1]!);
  const { elements, index } = emitElementCheck(selector, value, value.immediate);
  const instruction = selector.make(x64.MOV64.rmReg, value.place);
  instruction.reg = reference;
  instruction.address = Address.Plain;
  instruction.base = elements;
  instruction.index = index;
  instruction.scale = 8;
  selector.emit(instruction);
};

const tableSize: Rule = (selector, value) => {
  const constant = selector.view.layout.constantTables[value.immediate];
  const instruction = selector.make(
    constant === undefined ? x64.MOV32.regRm : x64.MOV32.regImm32,
    value.place,
  );
  instruction.def = selector.define(value);
  if (constant === undefined)
    addDescriptorField(selector, instruction, value.immediate, TableDescriptor.Length);
  else instruction.immediate = constant.length;
  selector.emit(instruction);
};

const tableGrow: Rule = (selector, value) => {
  const [reference, count] = value.args as [Value, Value];
  const uses = [
    { register: emitDescriptor(selector, value.immediate), physical: RAX },
    { register: selector.useOnce(reference), physical: RDX },
    { register: selector.useOnce(count), physical: RCX },
  ];
  selector.func.hasCalls = true;
  const call = selector.pseudo(Pseudo.CallRoutine, value.place);
  call.relocationIndex = Routine.TableGrow;
  call.fixedUses = uses;
  call.fixedDefs = [{ register: selector.define(value), physical: RAX }];
  call.clobbers = CALL_CLOBBERS;
};

export const TABLE_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.TableGet, tableGet],
  [Op.TableSet, tableSet],
  [Op.TableSize, tableSize],
  [Op.TableGrow, tableGrow],
];
