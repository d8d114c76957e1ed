/**
 * Rules for instructions on whole ranges: bounds are checked here, where the trap has a place, and a routine does
 * the work. A range ends at start + length, which 64 bits always hold.
 */
import { MemoryHeader, Relocation, Routine } from "../../../abi/object.ts";
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import { Condition, R8, RAX, RCX, RDI, RDX, RSI } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, FIRST_VECTOR, Pseudo, type Instruction } from "../instruction.ts";
import { emitAddressOf } from "./address.ts";
import { CALL_CLOBBERS } from "./clobbers.ts";
import type { Rule, Selector } from "./selector.ts";
import { addTableLength, emitTableElements } from "./table.ts";

const ROUTINE_CLOBBERS = [RAX, RCX, RDX, RSI, RDI, R8].reduce(
  (mask, physical) => mask | (1 << physical),
  0xff << FIRST_VECTOR,
);

/** base + index * scale, in 64 bits: what an element lies at, or where a range ends. */
function emitSum(selector: Selector, base: number, index: number, scale = 1): number {
  const lea = selector.make(x64.LEA64, 0);
  lea.def = selector.fresh(ValueType.I64);
  lea.address = Address.Plain;
  lea.base = base;
  lea.index = index;
  lea.scale = scale;
  selector.emit(lea);
  return lea.def;
}

/** Traps if `end` is above what the memory operand that `address` gives says. */
function checkEnd(
  selector: Selector,
  end: number,
  trap: TrapKind,
  place: number,
  address: (instruction: Instruction) => void,
): void {
  const compare = selector.make(x64.CMP64.regRm, place);
  compare.reg = end;
  address(compare);
  selector.emit(compare);
  selector.trapIf(Condition.Above, trap, place);
}

function checkMemory(selector: Selector, start: number, length: number, place: number): void {
  checkEnd(selector, emitSum(selector, start, length), TrapKind.MemoryOutOfBounds, place, (compare) => {
    compare.address = Address.Memory;
    compare.displacement = MemoryHeader.Bytes;
  });
}

function checkSegment(
  selector: Selector,
  slot: number,
  range: { readonly start: number; readonly length: number },
  trap: TrapKind,
  place: number,
): void {
  checkEnd(selector, emitSum(selector, range.start, range.length), trap, place, (compare) => {
    compare.address = Address.Context;
    compare.displacement = slot;
  });
}

/** A table's length is 32 bits, the end 64. */
function checkTable(selector: Selector, table: number, start: number, length: number, place: number): void {
  const end = emitSum(selector, start, length);
  const limit = selector.make(x64.MOV32.regRm, place);
  limit.def = selector.fresh(ValueType.I64);
  addTableLength(selector, limit, table);
  selector.emit(limit);
  checkEnd(selector, end, TrapKind.TableOutOfBounds, place, (compare) => {
    compare.rm = limit.def;
  });
}

function callRoutine(
  selector: Selector,
  routine: Routine,
  place: number,
  uses: Instruction["fixedUses"],
): Instruction {
  const { func } = selector;
  func.hasCalls = true;
  const call = selector.pseudo(Pseudo.CallRoutine, place);
  call.relocationIndex = routine;
  call.fixedUses = uses;
  call.clobbers = ROUTINE_CLOBBERS;
  return call;
}

const registers = (selector: Selector, args: readonly Value[]) =>
  args.map((each) => selector.use(each)) as [number, number, number];

const memoryCopy: Rule = (selector, { args, place }) => {
  const [target, source, length] = registers(selector, args);
  checkMemory(selector, target, length, place);
  checkMemory(selector, source, length, place);
  callRoutine(selector, Routine.Copy, place, [
    { register: emitAddressOf(selector, target, place), physical: RDI },
    { register: emitAddressOf(selector, source, place), physical: RSI },
    { register: length, physical: RDX },
  ]);
};

const memoryFill: Rule = (selector, { args, place }) => {
  const [target, byte, length] = registers(selector, args);
  checkMemory(selector, target, length, place);
  callRoutine(selector, Routine.Fill, place, [
    { register: emitAddressOf(selector, target, place), physical: RDI },
    { register: byte, physical: RAX },
    { register: length, physical: RDX },
  ]);
};

const memoryInit: Rule = (selector, { args, place, immediate }) => {
  const [target, source, length] = registers(selector, args);
  const slot = selector.view.layout.dataSlots[immediate]!;
  checkSegment(selector, slot, { start: source, length }, TrapKind.MemoryOutOfBounds, place);
  checkMemory(selector, target, length, place);
  const segment = emitSegment(selector, Relocation.DataSegment, immediate);
  callRoutine(selector, Routine.Copy, place, [
    { register: emitAddressOf(selector, target, place), physical: RDI },
    { register: emitSum(selector, segment, source), physical: RSI },
    { register: length, physical: RDX },
  ]);
};

function emitSegment(selector: Selector, relocation: Relocation, index: number): number {
  const lea = selector.make(x64.LEA64, 0);
  lea.def = selector.fresh(ValueType.I64);
  lea.address = Address.Relocated;
  lea.relocation = relocation;
  lea.relocationIndex = index;
  selector.emit(lea);
  return lea.def;
}

/** count references, in bytes. */
function emitBytes(selector: Selector, count: number): number {
  const shift = selector.make(x64.SHL64.imm8, 0);
  shift.def = selector.fresh(ValueType.I64);
  shift.tied = count;
  shift.immediate = 3;
  selector.emit(shift);
  return shift.def;
}

const tableInit: Rule = (selector, { args, place, immediate, immediate2 }) => {
  const [target, source, length] = registers(selector, args);
  const slot = selector.view.layout.elementSlots[immediate]!;
  checkSegment(selector, slot, { start: source, length }, TrapKind.TableOutOfBounds, place);
  checkTable(selector, immediate2, target, length, place);
  const segment = emitSegment(selector, Relocation.ElementSegment, immediate);
  const elements = emitTableElements(selector, immediate2);
  callRoutine(selector, Routine.Copy, place, [
    { register: emitSum(selector, elements, target, 8), physical: RDI },
    { register: emitSum(selector, segment, source, 8), physical: RSI },
    { register: emitBytes(selector, length), physical: RDX },
  ]);
};

const tableCopy: Rule = (selector, { args, place, immediate, immediate2 }) => {
  const [target, source, length] = registers(selector, args);
  checkTable(selector, immediate, target, length, place);
  checkTable(selector, immediate2, source, length, place);
  const into = emitTableElements(selector, immediate);
  const from = emitTableElements(selector, immediate2);
  callRoutine(selector, Routine.Copy, place, [
    { register: emitSum(selector, into, target, 8), physical: RDI },
    { register: emitSum(selector, from, source, 8), physical: RSI },
    { register: emitBytes(selector, length), physical: RDX },
  ]);
};

const tableFill: Rule = (selector, { args, place, immediate }) => {
  const [target, reference, length] = registers(selector, args);
  checkTable(selector, immediate, target, length, place);
  const elements = emitTableElements(selector, immediate);
  callRoutine(selector, Routine.FillReferences, place, [
    { register: emitSum(selector, elements, target, 8), physical: RDI },
    { register: reference, physical: RAX },
    { register: length, physical: RDX },
  ]);
};

/** The segment's length becomes 0. */
const drop =
  (slots: "dataSlots" | "elementSlots"): Rule =>
  (selector, { place, immediate }) => {
    const instruction = selector.make(x64.MOV64.rmImm32, place);
    instruction.address = Address.Context;
    instruction.displacement = selector.view.layout[slots][immediate]!;
    selector.emit(instruction);
  };

const memorySize: Rule = (selector, value) => {
  const instruction = selector.make(x64.MOV32.regRm, value.place);
  instruction.def = selector.define(value);
  instruction.address = Address.Memory;
  instruction.displacement = MemoryHeader.Pages;
  selector.emit(instruction);
};

const memoryGrow: Rule = (selector, value) => {
  const uses = [{ register: selector.useOnce(value.args[0]!), physical: RAX }];
  const call = callRoutine(selector, Routine.MemoryGrow, value.place, uses);
  call.clobbers = CALL_CLOBBERS;
  call.fixedDefs = [{ register: selector.define(value), physical: RAX }];
};

export const BULK_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.MemoryCopy, memoryCopy],
  [Op.MemoryFill, memoryFill],
  [Op.MemoryInit, memoryInit],
  [Op.DataDrop, drop("dataSlots")],
  [Op.TableInit, tableInit],
  [Op.TableCopy, tableCopy],
  [Op.TableFill, tableFill],
  [Op.ElemDrop, drop("elementSlots")],
  [Op.MemorySize, memorySize],
  [Op.MemoryGrow, memoryGrow],
];
