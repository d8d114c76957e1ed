/** How blocks end: branches, switches, returns, tail calls. */
import { Relocation } from "../../../abi/object.ts";
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType, type FunctionType } from "../../../abi/wasm.ts";
import { placesOf } from "../../../x64/convention.ts";
import { Condition, R11 } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import { End, type Block, type Value } from "../../ir/graph.ts";
import { Address, Pseudo } from "../instruction.ts";
import { emitArguments, emitCallTarget } from "./call.ts";
import { emitTest } from "./condition.ts";
import { isByte } from "./operand.ts";
import type { Selector } from "./selector.ts";

/** Fewer cases than this are compared one by one. */
const TABLE_MINIMUM = 4;

export function selectEnd(selector: Selector, block: Block): void {
  ENDS[block.end](selector, block);
}

function jump(selector: Selector, target: number): void {
  selector.pseudo(Pseudo.Jump, 0).target = target;
}

function branchIf(selector: Selector, condition: Condition, target: number): void {
  const instruction = selector.pseudo(Pseudo.Branch, 0);
  instruction.condition = condition;
  instruction.target = target;
}

function selectBranch(selector: Selector, { inputs }: Block): void {
  const { condition, parity } = emitTest(selector, inputs[0]!);
  if (parity === "and") {
    branchIf(selector, Condition.Parity, 1);
    branchIf(selector, condition, 0);
    jump(selector, 1);
    return;
  }
  if (parity === "or") branchIf(selector, Condition.Parity, 0);
  branchIf(selector, condition, 0);
  jump(selector, 1);
}

function selectSwitch(selector: Selector, block: Block): void {
  const { cases } = block;
  // Moves for an only edge stand before the last jump: nothing may jump earlier.
  if (block.successors.length === 1) return jump(selector, 0);
  const count = cases.length - 1;
  const otherwise = cases[count]!;
  const index = selector.use(block.inputs[0]!);
  const compare = (number: number) => {
    if (number === 0) {
      const zero = selector.make(x64.TEST32.rmReg, block.place);
      zero.reg = zero.rm = index;
      selector.emit(zero);
      return;
    }
    const instruction = selector.make(isByte(number) ? x64.CMP32.rmImm8 : x64.CMP32.rmImm32, block.place);
    instruction.rm = index;
    instruction.immediate = number;
    selector.emit(instruction);
  };
  if (count < TABLE_MINIMUM) {
    for (let number = 0; number < count; number++) {
      compare(number);
      branchIf(selector, Condition.Equal, cases[number]!);
    }
    jump(selector, otherwise);
    return;
  }
  compare(count);
  branchIf(selector, Condition.AboveOrEqual, otherwise);
  emitTableJump(selector, index, block.place);
}

/** The table holds distances from itself. */
function emitTableJump(selector: Selector, index: number, place: number): void {
  const table = selector.pseudo(Pseudo.SwitchTable, place, x64.LEA64);
  table.def = selector.fresh(ValueType.I64);
  const distance = selector.make(x64.MOVSX32TO64, place);
  distance.def = selector.fresh(ValueType.I64);
  distance.address = Address.Plain;
  distance.base = table.def;
  distance.index = index;
  distance.scale = 4;
  selector.emit(distance);
  const target = selector.make(x64.ADD64.regRm, place);
  target.def = selector.fresh(ValueType.I64);
  target.tied = distance.def;
  target.rm = table.def;
  selector.emit(target);
  selector.pseudo(Pseudo.Switch, place, x64.JMP).reg = target.def;
}

function selectReturn(selector: Selector, { inputs, place }: Block): void {
  const { parameters, results } = selector.places;
  const area = { address: Address.Incoming, offset: parameters.stackBytes } as const;
  const uses = emitArguments(selector, inputs, results.places, area);
  selector.pseudo(Pseudo.Return, place).fixedUses = uses;
}

function tailCall(
  selector: Selector,
  type: FunctionType,
  args: readonly Value[],
  target: { readonly index: number; readonly register: number },
  place: number,
): void {
  const { parameters } = placesOf(type);
  const { func } = selector;
  // Staged at the bottom of the frame; `emit` moves them up once the frame is no longer needed.
  func.outgoingBytes = Math.max(func.outgoingBytes, parameters.stackBytes);
  const uses = emitArguments(selector, args, parameters.places, { address: Address.Outgoing, offset: 0 });
  if (target.register >= 0) uses.push({ register: target.register, physical: R11 });
  const isDirect = target.register < 0;
  const call = selector.pseudo(isDirect ? Pseudo.TailCallFunction : Pseudo.TailCallRegister, place);
  call.relocation = Relocation.Function;
  call.relocationIndex = target.index;
  call.fixedUses = uses;
  call.immediate = parameters.stackBytes;
}

function selectTailCall(selector: Selector, block: Block): void {
  const { module } = selector.view;
  const type = module.types[module.functionTypes[block.target]!]!;
  tailCall(selector, type, block.inputs, { index: block.target, register: -1 }, block.place);
}

function selectTailCallIndirect(selector: Selector, block: Block): void {
  const element = block.inputs.at(-1)!;
  const register = emitCallTarget(selector, element, block.target, block.target2, block.place);
  const type = selector.view.module.types[block.target]!;
  tailCall(selector, type, block.inputs.slice(0, -1), { index: 0, register }, block.place);
}

const ENDS: Readonly<Record<End, (selector: Selector, block: Block) => void>> = {
  [End.Jump]: (selector) => jump(selector, 0),
  [End.Branch]: selectBranch,
  [End.Switch]: selectSwitch,
  [End.Return]: selectReturn,
  [End.Trap]: (selector, { place }) => void (selector.pseudo(Pseudo.Trap, place).trap = TrapKind.Unreachable),
  [End.TailCall]: selectTailCall,
  [End.TailCallIndirect]: selectTailCallIndirect,
};
