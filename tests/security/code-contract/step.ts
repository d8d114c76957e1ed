/** One instruction: it must be one of those that compiled code may have, and its rule says what is known afterwards. */
import { Relocation } from "../../../src/abi/object.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { accessOf } from "./access.ts";
import { call } from "./calls.ts";
import type { Rule, Step } from "./context.ts";
import { MOVES, vectorRule } from "./moves.ts";
import { VECTOR_INSTRUCTIONS } from "./tables/vector-instructions.ts";
import { Broken, requireThat } from "./violation.ts";

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...[...VECTOR_INSTRUCTIONS].map((mnemonic): [string, Rule] => [mnemonic, vectorRule]),
  ...ARITHMETIC,
  ...MOVES,
  ["Call", call],
]);
const LOCKABLE: ReadonlySet<string> = new Set(["Add", "Sub", "And", "Or", "Xor", "Xadd", "Cmpxchg"]);
const RBX = 3;
/** Fields of these kinds are displacements of memory operands by rip. */
const BY_RIP: ReadonlySet<Relocation> = new Set<Relocation>([
  Relocation.Constant,
  Relocation.ConstantTable,
  Relocation.DataSegment,
  Relocation.ElementSegment,
  Relocation.CodeBase,
]);

/** Jumps, returns and traps are not here: they end a block. */
export function stepThrough(step: Step): void {
  const { instruction, state } = step;
  const { mnemonic, operands } = instruction;
  requireForm(step);
  const rule = RULES.get(mnemonic);
  if (rule === undefined) throw new Broken(`${mnemonic.toLowerCase()} is no instruction of compiled code`);
  const isForeign = operands.some(({ kind }) => kind === "other" || kind === "string");
  requireThat(!isForeign, `${mnemonic.toLowerCase()} has an operand that compiled code has not`);
  requireThat(instruction.isUnderstood, "changes registers that it does not name");
  requireField(step);
  if (instruction.changesFlags) state.flags = undefined;
  if (isFence(step)) return void accessOf(step);
  rule(step);
}

export function requireForm({ instruction }: Step): void {
  const { mnemonic, isLocked } = instruction;
  requireThat(!instruction.hasSegment, "overrides a segment");
  requireThat(!instruction.isRepeated, "repeats an instruction");
  requireThat(!isLocked || LOCKABLE.has(mnemonic), "locks what cannot be locked");
}

/** `lock or dword [rsp], 0` orders memory and changes nothing, whatever is there. */
function isFence({ instruction }: Step): boolean {
  const { mnemonic, memory, operands, isLocked } = instruction;
  const by = operands[1];
  return mnemonic === "Or" && isLocked && memory?.base === 4 && by?.kind === "immediate" && by.value === 0n;
}

/** A field that the linker fills in stands where its kind says. */
function requireField({ instruction, field }: Step): void {
  const { memory, mnemonic, displacementAt, immediateAt, end } = instruction;
  if (field === undefined) {
    requireThat(memory?.isRipRelative !== true, "accesses memory by rip where the linker fills in nothing");
    return;
  }
  const { kind, offset, addend } = field;
  const isDisplacement = offset === displacementAt;
  if (BY_RIP.has(kind)) {
    const isRight = isDisplacement && memory?.isRipRelative === true;
    requireThat(isRight && addend >= offset - end, "misplaces a field by rip");
  } else if (kind === Relocation.Context) {
    requireThat(isDisplacement && memory?.base === RBX, "misplaces a byte of the context");
  } else if (kind === Relocation.Signature) {
    requireThat(offset === immediateAt && mnemonic === "Cmp" && addend === 0, "misplaces a signature");
  } else if (kind === Relocation.FunctionReference) {
    requireThat(offset === immediateAt && mnemonic === "Mov" && addend === 0, "misplaces a reference");
  } else {
    requireThat(mnemonic === "Call", "calls by what is no call");
  }
}
