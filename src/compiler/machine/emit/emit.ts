/**
 * From allocated instructions to bytes: frame, moves, instructions in block order, cold code behind.
 *
 * Tests: the golden listings, and everything that runs compiled code.
 */
import { Relocation } from "../../../abi/object.ts";
import type { TrapKind } from "../../../abi/trap.ts";
import type { Assembler } from "../../../x64/assembler.ts";
import { ABSENT } from "../../../x64/encoder.ts";
import type { Encoding } from "../../../x64/encoding.ts";
import { inverse, R11, RSP } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Allocation } from "../allocate/allocate.ts";
import { STEP } from "../allocate/liveness.ts";
import { HOME, type Move } from "../allocate/resolve.ts";
import { Pseudo, type Instruction, type Writer } from "../instruction.ts";
import type { CompilerOptions } from "../../optimization.ts";
import type { MachineBlock, MachineFunction } from "../program.ts";
import { frameOf, type Frame } from "./frame.ts";
import { Operands } from "./operands.ts";
import { orderMoves } from "./parallel.ts";
import { FIRST_SLOT, type Transfer } from "./place.ts";
import { writeEpilogue, writePrologue, writeTailFrame } from "./prologue.ts";
import { rotateLoops } from "./rotate.ts";
import { writeSwitch } from "./switch.ts";
import { Transfers, writeConstant } from "./transfers.ts";

export interface Emitted {
  readonly frameBytes: number;
}

/** Writes the function into `assembler`, starting at its current position. */
export function emit(
  assembler: Assembler,
  func: MachineFunction,
  allocation: Allocation,
  functionIndex: number,
  { without }: CompilerOptions = {},
): Emitted {
  const emitter = new Emitter(assembler, func, allocation, functionIndex);
  emitter.run(without?.has("loop rotation") !== true);
  return { frameBytes: emitter.frame.returnOffset };
}

const LOOP_ALIGNMENT = 32;

/** The first block of a loop as it is written: where every turn but the first comes to by a jump. */
function startsLoop(block: MachineBlock, previous: MachineBlock | undefined): boolean {
  if (previous === undefined || block.frequency < 1) return false;
  return (
    block.loopDepth > previous.loopDepth ||
    (block.isLoopHeader && block.loopDepth === previous.loopDepth && !block.predecessors.includes(previous))
  );
}

class Emitter implements Writer {
  readonly assembler: Assembler;
  readonly frame: Frame;
  private readonly func: MachineFunction;
  private readonly allocation: Allocation;
  private readonly functionIndex: number;
  private readonly transfers: Transfers;
  private readonly operands: Operands;
  private readonly labels: readonly number[];
  private readonly cold: (() => void)[] = [];
  private readonly trapLabels = new Map<number, number>();
  private block!: MachineBlock;
  /** The block written after this one. */
  private next: MachineBlock | undefined;

  constructor(assembler: Assembler, func: MachineFunction, allocation: Allocation, functionIndex: number) {
    this.assembler = assembler;
    this.func = func;
    this.allocation = allocation;
    this.functionIndex = functionIndex;
    this.frame = frameOf(allocation.used, allocation.slots.sizeBytes, func.outgoingBytes, func.hasCalls);
    this.operands = new Operands(assembler, this.frame);
    this.transfers = new Transfers(assembler, this.frame.slotsOffset);
    this.labels = func.blocks.map(() => assembler.label());
  }

  run(rotates: boolean): void {
    writePrologue(this.assembler, this.frame);
    const written = this.func.blocks.filter((block) => !this.isForwarded(block));
    const order = rotates ? rotateLoops(written) : written;
    for (const [index, block] of order.entries()) {
      this.next = order[index + 1];
      this.writeBlock(block, order[index - 1]);
    }
    for (let write = this.cold.shift(); write !== undefined; write = this.cold.shift()) write();
  }

  // Writer.

  trapLabel(kind: TrapKind, place: number): number {
    const key = place * 16 + kind;
    const known = this.trapLabels.get(key);
    if (known !== undefined) return known;
    const label = this.assembler.label();
    this.trapLabels.set(key, label);
    this.cold.push(() => {
      this.assembler.bind(label);
      this.writeTrap(kind, place);
    });
    return label;
  }

  readonly later = (write: () => void): void => {
    this.cold.push(write);
  };

  withRm(encoding: Encoding, reg: number, instruction: Instruction, immediate = 0): void {
    this.operands.withRm(encoding, reg, instruction, immediate);
  }

  withNumber(encoding: Encoding, reg: number, bits: bigint): void {
    this.operands.withNumber(encoding, reg, bits);
  }

  // Blocks.

  /** Nothing but a jump: who goes there can go on at once. */
  private isForwarded(block: MachineBlock): boolean {
    const { moves } = this.allocation;
    return (
      block.instructions.length === 1 &&
      block.instructions[0]!.pseudo === Pseudo.Jump &&
      !block.isLoopHeader && // An endless loop may be all jumps.
      block !== this.func.blocks[0] &&
      !moves.atStart.has(block.index) &&
      !moves.phiStores.has(block.index) &&
      !moves.atEnd.has(block.index) &&
      !moves.before.has(block.from) &&
      !moves.stores.has(block.from)
    );
  }

  private destination(index: number): MachineBlock {
    let block = this.block.successors[index]!;
    while (this.isForwarded(block)) block = block.successors[0]!;
    return block;
  }

  private writeBlock(block: MachineBlock, previous: MachineBlock | undefined): void {
    const { assembler, allocation } = this;
    const { moves } = allocation;
    this.block = block;
    if (startsLoop(block, previous)) assembler.align(LOOP_ALIGNMENT);
    assembler.bind(this.labels[block.index]!);
    this.writeMoves(moves.atStart.get(block.index));
    this.writeMoves(moves.phiStores.get(block.index));
    for (const [index, instruction] of block.instructions.entries()) {
      const at = block.from + index * STEP;
      this.writeMoves(moves.before.get(at));
      if (instruction.pseudo === Pseudo.Jump) this.writeMoves(moves.atEnd.get(block.index));
      if (this.isBranchOverNext(block, index)) {
        this.writeInverse(block, index);
        break;
      }
      this.write(instruction);
      this.writeMoves(moves.after.get(at));
      this.writeMoves(moves.stores.get(at));
    }
  }

  /** A branch to the next block before a jump elsewhere: one inverse branch does. */
  private isBranchOverNext(block: MachineBlock, index: number): boolean {
    const branch = block.instructions[index]!;
    const jump = block.instructions[index + 1];
    if (branch.pseudo !== Pseudo.Branch || jump?.pseudo !== Pseudo.Jump) return false;
    if (block.instructions[index - 1]?.pseudo === Pseudo.Branch) return false;
    return this.destination(branch.target) === this.next;
  }

  private writeInverse(block: MachineBlock, index: number): void {
    const branch = block.instructions[index]!;
    const jump = block.instructions[index + 1]!;
    const target = this.destination(jump.target);
    if (target !== this.next) this.assembler.branch(inverse(branch.condition), this.labels[target.index]!);
  }

  private writeMoves(list: readonly Move[] | undefined): void {
    if (list === undefined || list.length === 0) return;
    orderMoves(
      list.map((move) => this.transferOf(move)),
      this.transfers,
    );
  }

  private transferOf(move: Move): Transfer {
    const { registers } = this.func;
    const source = registers[move.fromRegister]!;
    const target = move.toRegister < 0 ? source : registers[move.toRegister]!;
    const { offsets } = this.allocation.slots;
    const place = (at: number, register: number) => (at === HOME ? FIRST_SLOT + offsets[register]! : at);
    return {
      from: move.from === HOME && source.constant !== undefined ? -1 : place(move.from, move.fromRegister),
      to: place(move.to, move.toRegister),
      isVector: source.isVector,
      fromBytes: source.bytes,
      toBytes: target.bytes,
      constant: move.from === HOME ? source.constant : undefined,
    };
  }

  // Instructions.

  private write(instruction: Instruction): void {
    const { assembler } = this;
    if (instruction.place > 0) assembler.place(instruction.place, this.functionIndex);
    switch (instruction.pseudo) {
      case Pseudo.None:
        this.operands.write(instruction);
        break;
      case Pseudo.Branch:
        assembler.branch(instruction.condition, this.labels[this.destination(instruction.target).index]!);
        break;
      case Pseudo.Jump: {
        const target = this.destination(instruction.target);
        if (target !== this.next) assembler.jump(this.labels[target.index]!);
        break;
      }
      case Pseudo.TrapIf:
        assembler.branch(
          instruction.condition,
          this.trapLabel(instruction.trap as TrapKind, instruction.place),
        );
        break;
      case Pseudo.Trap:
        this.writeTrap(instruction.trap as TrapKind, instruction.place);
        break;
      case Pseudo.Move:
      case Pseudo.Parameters:
        break;
      default:
        this.writePseudo(instruction);
    }
  }

  private writePseudo(instruction: Instruction): void {
    const { assembler, frame, func } = this;
    switch (instruction.pseudo) {
      case Pseudo.Constant:
        if (instruction.def >= 0) this.writeConstant(instruction);
        break;
      case Pseudo.Zero:
        assembler.rr(x64.XOR32.regRm, instruction.def, instruction.def);
        break;
      case Pseudo.Add:
        this.writeAdd(instruction);
        break;
      case Pseudo.SetCondition:
        assembler.r(x64.SETCC[instruction.condition]!, instruction.def);
        break;
      case Pseudo.Written:
        instruction.write!(this, instruction);
        break;
      case Pseudo.Switch:
        this.writeSwitch(instruction);
        break;
      case Pseudo.Return:
        writeEpilogue(assembler, frame, func.incomingBytes);
        break;
      default:
        this.writeCall(instruction);
    }
  }

  private writeCall(instruction: Instruction): void {
    const { assembler, frame, func } = this;
    switch (instruction.pseudo) {
      case Pseudo.CallFunction:
        assembler.callRelocated(Relocation.Function, instruction.relocationIndex);
        break;
      case Pseudo.CallRegister:
        assembler.r(x64.CALL, R11);
        break;
      case Pseudo.CallRoutine:
        assembler.callRelocated(Relocation.Routine, instruction.relocationIndex);
        return;
      case Pseudo.TailCallFunction:
        writeTailFrame(assembler, frame, func.incomingBytes, instruction.immediate);
        assembler.jumpRelocated(Relocation.Function, instruction.relocationIndex);
        return;
      case Pseudo.TailCallRegister:
        writeTailFrame(assembler, frame, func.incomingBytes, instruction.immediate);
        assembler.r(x64.JMP, R11);
        return;
      default:
        throw new Error(`instruction ${instruction.pseudo} cannot be written`);
    }
    // The callee took its stack arguments off; our frame stays as it is.
    if (instruction.immediate > 0) {
      assembler.rm(x64.LEA64, RSP, RSP, ABSENT, 1, -instruction.immediate);
    }
  }

  private writeTrap(kind: TrapKind, place: number): void {
    this.assembler.place(place, this.functionIndex);
    this.assembler.trapSite(kind, place);
    this.assembler.none(x64.UD2);
  }

  /** Constants stand where flags are free, so 0 may be made the short way. */
  private writeConstant({ def, constant }: Instruction): void {
    const isZero = constant!.immediate === 0 && constant!.big === 0n;
    if (isZero && def < 16) this.assembler.rr(x64.XOR32.regRm, def, def);
    else writeConstant(this.assembler, constant!, def);
  }

  private writeAdd({ def, base, index, displacement, encoding }: Instruction): void {
    const { assembler } = this;
    const lea = encoding!.wide ? x64.LEA64 : x64.LEA32;
    const rows = encoding!.wide ? x64.ADD64 : x64.ADD32;
    if (index < 0) {
      if (def !== base) assembler.rm(lea, def, base, ABSENT, 1, displacement);
      else if (displacement >= -128 && displacement <= 127) assembler.ri(rows.rmImm8, def, displacement);
      else if (displacement === 128) assembler.ri((encoding!.wide ? x64.SUB64 : x64.SUB32).rmImm8, def, -128);
      else assembler.ri(rows.rmImm32, def, displacement);
    } else if (def === base) assembler.rr(rows.regRm, def, index);
    else if (def === index) assembler.rr(rows.regRm, def, base);
    else assembler.rm(lea, def, base, index, 1, 0);
  }

  private writeSwitch(instruction: Instruction): void {
    const { cases } = this.block;
    const targets = cases.map((successor) => this.destination(successor));
    const labels = targets.map(({ index }) => this.labels[index]!);
    writeSwitch(this.assembler, instruction, labels, targets.at(-1) === this.next);
  }
}
