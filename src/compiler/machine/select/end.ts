/** How blocks end: branches, switches, returns, tail calls. */
import { Relocation } from "../../../abi/object.ts";
import { TrapKind } from "../../../abi/trap.ts";
import type { FunctionType } from "../../../abi/wasm.ts";
import { placesOf } from "../../../x64/convention.ts";
import { Condition, R11 } from "../../../x64/register.ts";
import { End, type Block, type Value } from "../../ir/graph.ts";
import { Address, Pseudo, SWITCH_SCRATCH } from "../instruction.ts";
import { emitArguments, emitCallTarget } from "./call.ts";
import { emitTest } from "./condition.ts";
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
  const index = selector.use(block.inputs[0]!);
  const instruction = selector.pseudo(Pseudo.Switch, block.place);
  instruction.reg = index;
  if (cases.length - 1 < TABLE_MINIMUM) return;
  for (const physical of SWITCH_SCRATCH) instruction.clobbers |= 1 << physical;
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
