/** Rules for loads, stores, globals and constants of references. */
import { Relocation } from "../../../abi/object.ts";
import { ValueType } from "../../../abi/wasm.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, type Instruction } from "../instruction.ts";
import { moveEncodings } from "../moves.ts";
import { addMemoryOperand } from "./address.ts";
import { immediateOf, immediateRow } from "./operand.ts";
import type { Rule, Selector } from "./selector.ts";

function load(encoding: Encoding): Rule {
  return (selector, value) => {
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    addMemoryOperand(selector, instruction, value);
    selector.emit(instruction);
  };
}

/** How much of the stored value counts, and the rows for it. */
interface StoreRows {
  readonly bits: number;
  readonly register: Encoding;
  readonly constant: Encoding | undefined;
  /** For `memory op= value`; undefined where it does not pay. */
  readonly width: 1 | 2 | 4 | 8 | undefined;
  readonly load: number;
}

function store(rows: StoreRows): Rule {
  return (selector, value) => {
    const stored = withoutMask(selector, value.args[1]!, rows.bits);
    if (storeInPlace(selector, value, stored, rows)) return;
    const immediate = rows.constant === undefined ? undefined : immediateOf(stored);
    const instruction = selector.make(immediate === undefined ? rows.register : rows.constant!, value.place);
    if (immediate === undefined) instruction.reg = selector.use(stored);
    else
      instruction.immediate =
        rows.bits < 32 ? (immediate << (32 - rows.bits)) >> (32 - rows.bits) : immediate;
    addMemoryOperand(selector, instruction, value);
    selector.emit(instruction);
  };
}

/** What only changes bits that are not stored need not be done. */
function withoutMask(selector: Selector, stored: Value, bits: number): Value {
  if (bits >= 32) return stored;
  const { op, args } = stored;
  const mask = op === Op.I32And || op === Op.I64And ? immediateOf(args[1]!) : undefined;
  const covers = BigInt.asUintN(bits, -1n);
  const isMask = mask !== undefined && (BigInt(mask) & covers) === covers;
  const isExtension =
    op === Op.I32Extend16S || op === Op.I64Extend16S || op === Op.I64Extend32S
      ? true
      : (op === Op.I32Extend8S || op === Op.I64Extend8S) && bits === 8;
  if ((!isMask && !isExtension) || !selector.isFoldable(stored)) return stored;
  selector.fold(stored);
  return args[0]!;
}

const IN_PLACE: ReadonlyMap<number, keyof typeof ROWS_32> = new Map<number, keyof typeof ROWS_32>([
  [Op.I32Add, "add"],
  [Op.I32Sub, "sub"],
  [Op.I32And, "and"],
  [Op.I32Or, "or"],
  [Op.I32Xor, "xor"],
  [Op.I64Add, "add"],
  [Op.I64Sub, "sub"],
  [Op.I64And, "and"],
  [Op.I64Or, "or"],
  [Op.I64Xor, "xor"],
]);
const ROWS_32 = { add: x64.ADD32, sub: x64.SUB32, and: x64.AND32, or: x64.OR32, xor: x64.XOR32 };
const ROWS_64 = { add: x64.ADD64, sub: x64.SUB64, and: x64.AND64, or: x64.OR64, xor: x64.XOR64 };
const ROWS_8 = { add: x64.ADD8, sub: x64.SUB8, and: x64.AND8, or: x64.OR8, xor: x64.XOR8 };

/** memory op= value, if `stored` is load(same place) op value and nothing else uses either. */
function storeInPlace(selector: Selector, target: Value, stored: Value, rows: StoreRows): boolean {
  const name = IN_PLACE.get(stored.op);
  if (name === undefined || rows.width === undefined || !selector.isFoldable(stored)) return false;
  let [left, right] = stored.args as [Value, Value];
  const matches = (each: Value) =>
    each.op === rows.load &&
    each.args[0] === target.args[0] &&
    each.immediate === target.immediate &&
    selector.isFoldable(each);
  if (!matches(left) && name !== "sub") [left, right] = [right, left];
  if (!matches(left) || left === right) return false;
  const immediate = immediateOf(right);
  if (right.isConstant && immediate === undefined) return false;
  selector.fold(stored);
  selector.fold(left);
  emitInPlace(selector, target, right, immediate, { name, width: rows.width });
  return true;
}

function emitInPlace(
  selector: Selector,
  target: Value,
  right: Value,
  immediate: number | undefined,
  { name, width }: { name: keyof typeof ROWS_32; width: 1 | 2 | 4 | 8 },
): void {
  const { encoding, value } = inPlaceRow(name, width, immediate);
  const instruction = selector.make(encoding, target.place);
  if (value === undefined) instruction.reg = selector.use(right);
  else instruction.immediate = value;
  addMemoryOperand(selector, instruction, target);
  selector.emit(instruction);
}

function inPlaceRow(name: keyof typeof ROWS_32, width: 1 | 2 | 4 | 8, immediate: number | undefined) {
  if (width === 1) {
    const rows = ROWS_8[name];
    return immediate === undefined
      ? { encoding: rows.rmReg, value: undefined }
      : { encoding: rows.rmImm8, value: (immediate << 24) >> 24 };
  }
  const rows = (width === 8 ? ROWS_64 : ROWS_32)[name];
  return immediate === undefined
    ? { encoding: rows.rmReg, value: undefined }
    : { encoding: immediateRow(rows, immediate), value: immediate };
}

// Globals.

const globalGet: Rule = (selector, value) => {
  const { load: encoding } = moveEncodings(value.type as ValueType);
  const instruction = selector.make(encoding, value.place);
  instruction.def = selector.define(value);
  addGlobal(selector, instruction, value.immediate);
  selector.emit(instruction);
};

const globalSet: Rule = (selector, value) => {
  const stored = value.args[0]!;
  const { type } = selector.view.module.globals[value.immediate]!;
  const immediate = immediateOf(stored);
  const constant =
    type === ValueType.I32 ? x64.MOV32.rmImm32 : type === ValueType.I64 ? x64.MOV64.rmImm32 : undefined;
  const usesConstant = immediate !== undefined && constant !== undefined;
  const instruction = selector.make(usesConstant ? constant : moveEncodings(type).store, value.place);
  if (usesConstant) instruction.immediate = immediate;
  else instruction.reg = selector.use(stored);
  addGlobal(selector, instruction, value.immediate);
  selector.emit(instruction);
};

/** An own global is in the context; of an imported one the address of its cell is. */
function addGlobal(selector: Selector, instruction: Instruction, index: number): void {
  const slot = selector.view.layout.globalSlots[index]!;
  if (selector.view.module.globals[index]!.imported) {
    instruction.address = Address.Plain;
    instruction.base = emitContextLoad(selector, slot);
  } else {
    instruction.address = Address.Context;
    instruction.displacement = slot;
  }
}

/** 64 bits of the context. */
export function emitContextLoad(selector: Selector, slot: number): number {
  const instruction = selector.make(x64.MOV64.regRm, 0);
  instruction.def = selector.fresh(ValueType.I64);
  instruction.address = Address.Context;
  instruction.displacement = slot;
  selector.emit(instruction);
  return instruction.def;
}

const functionReference: Rule = (selector, value) => {
  const instruction = selector.make(x64.MOV64.regImm64, value.place);
  instruction.def = selector.define(value);
  instruction.relocation = Relocation.FunctionReference;
  instruction.relocationIndex = value.immediate;
  selector.emit(instruction);
};

const integer = (bits: number, register: Encoding, constant: Encoding, load: number): StoreRows => ({
  bits,
  register,
  constant,
  load,
  width: bits === 16 ? undefined : ((bits / 8) as 1 | 4 | 8),
});
const float = (bits: number, register: Encoding): StoreRows => ({
  bits,
  register,
  constant: undefined,
  width: undefined,
  load: 0,
});
const STORE_8 = integer(8, x64.MOV8.rmReg, x64.MOV8.rmImm8, Op.I32Load8U);
const STORE_16 = integer(16, x64.MOV16.rmReg, x64.MOV16.rmImm16, Op.I32Load16U);
const STORE_32 = integer(32, x64.MOV32.rmReg, x64.MOV32.rmImm32, Op.I32Load);
const STORE_64 = integer(64, x64.MOV64.rmReg, x64.MOV64.rmImm32, Op.I64Load);

export const MEMORY_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.I32Load, load(x64.MOV32.regRm)],
  [Op.I64Load, load(x64.MOV64.regRm)],
  [Op.F32Load, load(x64.MOVSS.load)],
  [Op.F64Load, load(x64.MOVSD.load)],
  [Op.I32Load8S, load(x64.MOVSX8TO32)],
  [Op.I32Load8U, load(x64.MOVZX8TO32)],
  [Op.I32Load16S, load(x64.MOVSX16TO32)],
  [Op.I32Load16U, load(x64.MOVZX16TO32)],
  [Op.I64Load8S, load(x64.MOVSX8TO64)],
  [Op.I64Load8U, load(x64.MOVZX8TO32)],
  [Op.I64Load16S, load(x64.MOVSX16TO64)],
  [Op.I64Load16U, load(x64.MOVZX16TO32)],
  [Op.I64Load32S, load(x64.MOVSX32TO64)],
  [Op.I64Load32U, load(x64.MOV32.regRm)],
  [Op.I32Store, store(STORE_32)],
  [Op.I64Store, store(STORE_64)],
  [Op.F32Store, store(float(32, x64.MOVSS.store))],
  [Op.F64Store, store(float(64, x64.MOVSD.store))],
  [Op.I32Store8, store(STORE_8)],
  [Op.I32Store16, store(STORE_16)],
  [Op.I64Store8, store({ ...STORE_8, load: Op.I64Load8U })],
  [Op.I64Store16, store({ ...STORE_16, load: Op.I64Load16U })],
  [Op.I64Store32, store({ ...STORE_32, load: Op.I64Load32U })],
  [Op.GlobalGet, globalGet],
  [Op.GlobalSet, globalSet],
  [Op.FunctionReference, functionReference],
];
