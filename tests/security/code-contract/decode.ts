/**
 * Machine code as plain records, by a decoder that shares nothing with our encoder (iced-x86).
 *
 * A record has what the contract speaks of: operands, the memory operand, which general registers are written and
 * how much of them, whether flags change, where control goes. What the decoder says of an opcode is asked once.
 */
import type { ConditionCode, FlowControl } from "iced-x86";
import {
  Decoder,
  DecoderOptions,
  InstructionInfoFactory,
  MemorySizeExt,
  Mnemonic,
  OpAccess,
  OpKind,
  Register,
  RegisterExt,
  type Instruction as IcedInstruction,
} from "iced-x86";

export interface MemoryOperand {
  /** Numbers of general registers, -1 for none. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacement: number;
  readonly isRipRelative: boolean;
  readonly sizeBytes: number;
  readonly reads: boolean;
  readonly writes: boolean;
}

export type Operand =
  | { readonly kind: "general"; readonly register: number; readonly sizeBytes: number }
  | { readonly kind: "vector"; readonly register: number }
  /** As the instruction uses it, sign-extended to 64 bits. */
  | { readonly kind: "immediate"; readonly value: bigint }
  | { readonly kind: "memory" }
  | { readonly kind: "branch" }
  /** By rsi or rdi, as string instructions have it. */
  | { readonly kind: "string" }
  | { readonly kind: "other" };

export interface RegisterWrite {
  readonly register: number;
  readonly sizeBytes: number;
  /** The old value may stay. */
  readonly isConditional: boolean;
}

export interface Decoded {
  readonly offset: number;
  readonly end: number;
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
  readonly memory: MemoryOperand | undefined;
  /** Of general registers, but for what push, pop, call and ret do to rsp. */
  readonly writes: readonly RegisterWrite[];
  readonly changesFlags: boolean;
  /** Whether `writes` has all that the decoder knows of. */
  readonly isUnderstood: boolean;
  readonly flow: FlowControl;
  /** Of a direct jump or call. */
  readonly target: number;
  readonly condition: ConditionCode;
  readonly hasSegment: boolean;
  readonly isLocked: boolean;
  readonly isRepeated: boolean;
  /** Where in the code the displacement and the immediate are, -1 for none; asked only where the linker fills one. */
  readonly displacementAt: number;
  readonly immediateAt: number;
}

/** What an opcode does, whatever its operands are. */
interface Facts {
  readonly access: readonly OpAccess[];
  readonly changesFlags: boolean;
  readonly isUnderstood: boolean;
}

/** Registers that instructions write without naming them. */
const IMPLICIT: ReadonlyMap<string, readonly number[]> = new Map([
  ["Mul", [0, 2]],
  ["Div", [0, 2]],
  ["Idiv", [0, 2]],
  ["Cdq", [2]],
  ["Cqo", [2]],
  ["Cmpxchg", [0]],
  ["Movsq", [1, 6, 7]],
  ["Stosq", [1, 7]],
]);
const STACK_WORK: ReadonlySet<string> = new Set(["Push", "Pop", "Call", "Ret"]);
const RSP = 4;

const factsByCode = new Map<number, Facts>();
const factory = new InstructionInfoFactory();

/**
 * Decodes all of `code` from `start` to `end`; what is no instruction ends the list. `hasField` tells whether the
 * linker fills something within these bytes.
 */
export function decode(
  code: Uint8Array,
  start: number,
  end: number,
  hasField: (from: number, to: number) => boolean = () => false,
): Decoded[] {
  const decoder = new Decoder(64, code.subarray(start, end), DecoderOptions.None);
  decoder.ip = BigInt(start);
  const found: Decoded[] = [];
  let offset = start;
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    const next = offset + instruction.length;
    if (instruction.isInvalid) break;
    const record = recordOf(instruction, offset, next);
    found.push(hasField(offset, next) ? withFields(record, decoder, instruction) : record);
    instruction.free();
    offset = next;
  }
  decoder.free();
  return found;
}

function recordOf(instruction: IcedInstruction, offset: number, end: number): Decoded {
  const facts = factsOf(instruction);
  const operands = Array.from({ length: instruction.opCount }, (_, index) => operandOf(instruction, index));
  const memoryIndex = operands.findIndex(({ kind }) => kind === "memory");
  const flow = instruction.flowControl;
  const isNear = operands[0]?.kind === "branch";
  return {
    offset,
    end,
    mnemonic: Mnemonic[instruction.mnemonic]!,
    operands,
    memory: memoryIndex < 0 ? undefined : memoryOf(instruction, facts.access[memoryIndex]!),
    writes: writesOf(instruction, operands, facts.access),
    changesFlags: facts.changesFlags,
    isUnderstood: facts.isUnderstood,
    flow,
    target: isNear ? Number(BigInt.asIntN(64, instruction.nearBranchTarget)) : -1,
    condition: instruction.conditionCode,
    hasSegment: instruction.hasSegmentPrefix,
    isLocked: instruction.hasLockPrefix,
    isRepeated: instruction.hasRepPrefix || instruction.hasRepnePrefix,
    displacementAt: -1,
    immediateAt: -1,
  };
}

function withFields(record: Decoded, decoder: Decoder, instruction: IcedInstruction): Decoded {
  const offsets = decoder.getConstantOffsets(instruction);
  const at = (has: boolean, offset: number) => (has ? record.offset + offset : -1);
  const found = {
    ...record,
    displacementAt: at(offsets.hasDisplacement && offsets.displacementSize === 4, offsets.displacementOffset),
    immediateAt: at(offsets.hasImmediate && offsets.immediateSize >= 4, offsets.immediateOffset),
  };
  offsets.free();
  return found;
}

function factsOf(instruction: IcedInstruction): Facts {
  const known = factsByCode.get(instruction.code);
  if (known !== undefined) return known;
  const info = factory.info(instruction);
  const access = Array.from({ length: instruction.opCount }, (_, index) => info.opAccess(index));
  const operands = Array.from({ length: instruction.opCount }, (_, index) => operandOf(instruction, index));
  const written = writesOf(instruction, operands, access).map(({ register }) => register);
  const used = info.usedRegisters() as UsedRegister[];
  const facts = {
    access,
    changesFlags: instruction.rflagsModified !== 0,
    isUnderstood: areKnown(Mnemonic[instruction.mnemonic]!, used, written),
  };
  info.free();
  // What a strange operand shows does not hold for others of the same opcode.
  if (!operands.some(({ kind }) => kind === "other")) factsByCode.set(instruction.code, facts);
  return facts;
}

interface UsedRegister {
  readonly register: Register;
  readonly access: OpAccess;
}

/** Our table of implicit writes must not have less than the decoder's. */
function areKnown(mnemonic: string, used: readonly UsedRegister[], written: readonly number[]): boolean {
  return used.every(({ register, access }) => {
    if (!RegisterExt.isGPR(register) || !isWrite(access)) return true;
    const number = RegisterExt.number(RegisterExt.fullRegister(register));
    return written.includes(number) || (number === RSP && STACK_WORK.has(mnemonic));
  });
}

function isWrite(access: OpAccess): boolean {
  return (
    access === OpAccess.Write ||
    access === OpAccess.CondWrite ||
    access === OpAccess.ReadWrite ||
    access === OpAccess.ReadCondWrite
  );
}

function writesOf(
  instruction: IcedInstruction,
  operands: readonly Operand[],
  access: readonly OpAccess[],
): RegisterWrite[] {
  const mnemonic = Mnemonic[instruction.mnemonic]!;
  const writes: RegisterWrite[] = [];
  for (const [index, operand] of operands.entries()) {
    const how = access[index]!;
    if (operand.kind !== "general" || !isWrite(how)) continue;
    const isConditional = how === OpAccess.CondWrite || how === OpAccess.ReadCondWrite;
    writes.push({ register: operand.register, sizeBytes: operand.sizeBytes, isConditional });
  }
  const isWideMultiply = mnemonic === "Imul" && operands.length === 1;
  const implicit = isWideMultiply ? IMPLICIT.get("Mul") : IMPLICIT.get(mnemonic);
  for (const register of implicit ?? []) {
    writes.push({
      register,
      sizeBytes: implicitSize(mnemonic, operands),
      isConditional: mnemonic === "Cmpxchg",
    });
  }
  return writes;
}

function implicitSize(mnemonic: string, operands: readonly Operand[]): number {
  if (mnemonic === "Cdq") return 4;
  if (mnemonic === "Cqo" || mnemonic === "Movsq" || mnemonic === "Stosq") return 8;
  const named = operands.findLast((operand) => operand.kind === "general");
  // Of a memory operand alone the size is not asked here: the whole register counts as written.
  return named?.kind === "general" ? named.sizeBytes : 8;
}

function operandOf(instruction: IcedInstruction, index: number): Operand {
  switch (instruction.opKind(index)) {
    case OpKind.Register:
      return registerOperand(instruction.opRegister(index));
    case OpKind.Memory:
      return { kind: "memory" };
    case OpKind.MemoryESEDI:
    case OpKind.MemoryESRDI:
    case OpKind.MemorySegESI:
    case OpKind.MemorySegRSI:
      return { kind: "string" };
    case OpKind.NearBranch64:
      return { kind: "branch" };
    case OpKind.FarBranch16:
    case OpKind.FarBranch32:
    case OpKind.NearBranch16:
    case OpKind.NearBranch32:
      return { kind: "other" };
    default:
      return { kind: "immediate", value: BigInt.asIntN(64, instruction.immediate(index)) };
  }
}

function registerOperand(register: Register): Operand {
  if (RegisterExt.isXMM(register)) return { kind: "vector", register: RegisterExt.number(register) };
  if (!RegisterExt.isGPR(register)) return { kind: "other" };
  const isHighByte = register >= Register.AH && register <= Register.BH;
  if (isHighByte) return { kind: "other" };
  return {
    kind: "general",
    register: RegisterExt.number(RegisterExt.fullRegister(register)),
    sizeBytes: RegisterExt.size(register),
  };
}

function memoryOf(instruction: IcedInstruction, access: OpAccess): MemoryOperand {
  const isRipRelative = instruction.isIpRelMemoryOperand;
  const numberOf = (register: Register) =>
    register === Register.None || isRipRelative ? -1 : RegisterExt.number(register);
  return {
    base: numberOf(instruction.memoryBase),
    index: numberOf(instruction.memoryIndex),
    scale: instruction.memoryIndexScale,
    displacement: isRipRelative ? 0 : Number(BigInt.asIntN(64, instruction.memoryDisplacement)),
    isRipRelative,
    sizeBytes: MemorySizeExt.size(instruction.memorySize),
    reads: access !== OpAccess.None && access !== OpAccess.NoMemAccess && access !== OpAccess.Write,
    writes: isWrite(access),
  };
}
