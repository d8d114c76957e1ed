/**
 * Memory operands of linear memory: [rbx + index * scale + offset].
 *
 * Wasm's index arithmetic wraps at 32 bits and its static offsets do not. So a sum or shift moves into the operand
 * only where its result is proven to fit 32 bits; everything else is computed in a 32-bit register first.
 */
import { MemoryHeader } from "../../../abi/object.ts";
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import { Condition } from "../../../x64/register.ts";
import { ADD64, CMP64, LEA64, MOV64 } from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { upperBound } from "../../ir/range.ts";
import { Op } from "../../ir/tables/op.ts";
import { Address, type Instruction } from "../instruction.ts";
import type { Selector } from "./selector.ts";

const DISPLACEMENT_MAXIMUM = 0x7fff_ffff;
const INDEX_LIMIT = 0x1_0000_0000;

/** Gives `instruction` the memory operand of `access`, a load or store with its address in `args[0]`. */
export function addMemoryOperand(
  selector: Selector,
  instruction: Instruction,
  access: Value,
  offset = access.immediate,
): void {
  instruction.address = Address.Memory;
  instruction.trap = TrapKind.MemoryOutOfBounds;
  instruction.place = access.place;
  let address = access.args[0]!;
  let displacement = offset;
  if (displacement > DISPLACEMENT_MAXIMUM) {
    addFarOperand(selector, instruction, address, displacement);
    return;
  }
  if (address.isConstant && (address.immediate >>> 0) + displacement <= DISPLACEMENT_MAXIMUM) {
    instruction.displacement = (address.immediate >>> 0) + displacement;
    return;
  }
  const folds = selector.does("address folding");
  if (folds && address.op === Op.I32Add && address.args[1]!.isConstant) {
    const constant = address.args[1]!.immediate >>> 0;
    const fits = constant + displacement <= DISPLACEMENT_MAXIMUM;
    if (fits && upperBound(address.args[0]!) + constant < INDEX_LIMIT) {
      displacement += constant;
      address = address.args[0]!;
    }
  }
  instruction.displacement = displacement;
  const scaled = folds ? scaledIndex(address) : undefined;
  instruction.index = selector.use(scaled?.index ?? address);
  instruction.scale = scaled?.scale ?? 1;
}

/** x << k, k at most 3, that loses no bit. */
function scaledIndex(address: Value): { index: Value; scale: number } | undefined {
  if (address.op !== Op.I32Shl || !address.args[1]!.isConstant) return undefined;
  const scale = 1 << (address.args[1]!.immediate & 31);
  if (scale > 8 || scale < 0) return undefined;
  const index = address.args[0]!;
  return upperBound(index) * scale < INDEX_LIMIT ? { index, scale } : undefined;
}

/** An offset of 2 GiB and more does not fit a displacement, and may reach beyond the guard: checked. */
function addFarOperand(selector: Selector, instruction: Instruction, address: Value, offset: number): void {
  const constant = selector.make(MOV64.regImm64, access(instruction));
  constant.def = selector.fresh(ValueType.I64);
  constant.big = BigInt(offset);
  selector.emit(constant);
  const sum = selector.make(ADD64.regRm, access(instruction));
  sum.def = selector.fresh(ValueType.I64);
  sum.tied = constant.def;
  sum.rm = selector.use(address);
  selector.emit(sum);
  // Not its last byte but its first is compared: the guard takes the rest.
  const compare = selector.make(CMP64.regRm, access(instruction));
  compare.reg = sum.def;
  compare.address = Address.Memory;
  compare.displacement = MemoryHeader.Bytes;
  selector.emit(compare);
  selector.trapIf(Condition.AboveOrEqual, TrapKind.MemoryOutOfBounds, access(instruction));
  instruction.index = sum.def;
}

const access = (instruction: Instruction): number => instruction.place;

/** def = address of the byte at `index` in linear memory. */
export function emitAddressOf(selector: Selector, index: number, place: number): number {
  const lea = selector.make(LEA64, place);
  lea.def = selector.fresh(ValueType.I64);
  lea.address = Address.Memory;
  lea.index = index;
  selector.emit(lea);
  return lea.def;
}
