/**
 * A machine instruction before and after registers are assigned.
 *
 * Operands are virtual registers at first (numbers from 0; -1 is none); the allocator replaces them by physical
 * ones. What an instruction asks of its operands:
 *
 *   tied ──► def    two-address: the result starts as a copy of `tied`, in the same register
 *   reg, rm         read; `rm` may be a stack slot where the encoding can read memory
 *   base, index     read; parts of the memory operand, if there is one
 *   fixedUses       read in one certain register, which is free for the instruction's own use afterwards
 *   fixedDef        the results come in certain registers
 *   clobbers        registers that it changes
 *
 * All reads happen before `def` is written, but `def` is written first where it is tied: then no other operand may
 * share its register.
 */
import type { Value } from "../ir/graph.ts";
import type { Assembler } from "../../x64/assembler.ts";
import type { Encoding } from "../../x64/encoding.ts";
import type { Relocation } from "../../abi/object.ts";
import type { TrapKind } from "../../abi/trap.ts";
import { R10, R11, type Condition } from "../../x64/register.ts";

/** Where the memory operand is. */
export const enum Address {
  /** There is none: `rm` is a register. */
  None = 0,
  /** Linear memory: [rbx + index * scale + displacement]. */
  Memory = 1,
  /** [base + index * scale + displacement] without rbx: `lea`, tables. */
  Plain = 2,
  /** [rbx + displacement of a context byte]. */
  Context = 3,
  /** [rip + field], by a relocation. */
  Relocated = 4,
  /** [rsp + displacement] of a spilled register; set by the allocator. */
  Slot = 5,
  /** [rsp + displacement] in the area for the arguments and results of calls made. */
  Outgoing = 6,
  /** The same of the call that made us. */
  Incoming = 7,
  /** [rip + field] of the number `constant`; set by the allocator too. */
  Constant = 8,
}

/** What is more than one encoding. Each is written out in `emit.ts`. */
export const enum Pseudo {
  None = 0,
  /** To `target` if `condition`. */
  Branch,
  /** To the trap stub `trap` if `condition`. */
  TrapIf,
  /** The trap itself. */
  Trap,
  Jump,
  /** To the successor that the block's `cases` have for the number in `reg`. */
  Switch,
  CallFunction,
  CallRoutine,
  /** Through r11. */
  CallRegister,
  TailCallFunction,
  TailCallRegister,
  Return,
  /** def is a copy of `tied`, which the moves before it make. */
  Move,
  /** def = the constant of its register. */
  Constant,
  /** def = 0, by xor: changes the flags. */
  Zero,
  /** def = base + index, or base + displacement where there is no index; like `lea`, or shorter. */
  Add,
  /** def, which starts as `tied` = 0, becomes 1 if `condition`. */
  SetCondition,
  /** A short sequence of its own: `write` writes it. */
  Written,
  /** Defines what `fixedDefs` say: the parameters. */
  Parameters,
}

export interface Fixed {
  register: number;
  readonly physical: number;
}

/** What a `Written` instruction is given to write itself with. */
export interface Writer {
  readonly assembler: Assembler;
  /** A label, out of the way of the code, at which `kind` is raised. */
  trapLabel(kind: TrapKind, place: number): number;
  /** Code that is written after the function's end, where it costs the common case nothing. */
  readonly later: (write: () => void) => void;
  /**
   * `encoding` with `reg` (a physical register, or 0 if it has none) and the instruction's own `rm` or memory operand,
   * noted as a place that can trap if the instruction says so.
   */
  withRm(encoding: Encoding, reg: number, instruction: Instruction, immediate?: number): void;
  /** `encoding` with `reg` and a number in read-only data: 64-bit patterns, 128-bit ones with `high`. */
  withNumber(encoding: Encoding, reg: number, bits: bigint): void;
}

export type Write = (writer: Writer, instruction: Instruction) => void;

export class Instruction {
  readonly pseudo: Pseudo;
  readonly encoding: Encoding | undefined;
  def = -1;
  tied = -1;
  reg = -1;
  rm = -1;
  base = -1;
  index = -1;
  scale = 1;
  displacement = 0;
  address: Address = Address.None;
  relocation: Relocation = 0;
  relocationIndex = 0;
  immediate = 0;
  /** Of 64 bits. */
  big = 0n;
  /** The number at `Address.Constant`. */
  constant: Value | undefined = undefined;
  fixedUses: readonly Fixed[] = NO_FIXED;
  fixedDefs: readonly Fixed[] = NO_FIXED;
  /** A bit for each physical register. */
  clobbers = 0;
  trap: TrapKind | 0 = 0;
  condition: Condition = 0;
  write: Write | undefined = undefined;
  /** Number of a successor, or of a block for branches. */
  target = 0;
  /** Byte in the module, 0 if it comes from none. */
  place = 0;

  constructor(pseudo: Pseudo, encoding: Encoding | undefined) {
    this.pseudo = pseudo;
    this.encoding = encoding;
  }
}

const NO_FIXED: readonly Fixed[] = [];

/** Physical registers: 0-15 general, 16-31 vector. */
export const FIRST_VECTOR = 16;

/** What a switch by a table clobbers: the table's address, and the target's. */
export const SWITCH_SCRATCH = [R11, R10] as const;
