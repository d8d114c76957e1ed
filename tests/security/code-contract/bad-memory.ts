/** Bad code that reaches memory it must not reach. */
import { MemoryHeader, Relocation, Routine } from "../../../src/abi/object.ts";
import { TrapKind } from "../../../src/abi/trap.ts";
import type { Shorthand } from "../../../src/linker/shorthand.ts";
import { ABSENT } from "../../../src/x64/encoder.ts";
import { Condition, R11, RAX, RBX, RCX, RDI, RDX, RSI, RSP } from "../../../src/x64/register.ts";
import * as x64 from "../../../src/x64/tables/index.ts";
import { FUNCREF, I32, I64, takes, type BadCode } from "./bad-code.ts";

/** mov eax, [rbx + rax * scale + displacement], noted as a place that can trap. */
function loadIndexed(a: Shorthand, scale: 1 | 2 | 4 | 8 = 1, displacement = 0): void {
  a.trapSite(TrapKind.MemoryOutOfBounds, 1);
  a.rm(x64.MOV32.regRm, RAX, RBX, RAX, scale, displacement);
}

/** A branch to a trap of its own, which is written where control does not come. */
function trapIf(a: Shorthand, condition: Condition, kind: TrapKind): void {
  const [go, trap] = [a.label(), a.label()];
  a.branch(condition, trap);
  a.jump(go);
  a.bind(trap);
  a.trapSite(kind, 1);
  a.none(x64.UD2);
  a.bind(go);
}

const TABLE = {
  imported: false,
  type: FUNCREF,
  limits: { minimum: 4, maximum: undefined },
  place: "own",
  slot: 0,
  constantElements: undefined,
} as const;
const OTHER = { ...TABLE, slot: 16 };
const TABLES = { tables: [TABLE, OTHER], contextBytes: 32 };

/** rcx = elements of table 0, once eax is below the length of the table at `slot`. */
function tableElements(a: Shorthand, slot: number | undefined): void {
  if (slot !== undefined) {
    a.context(x64.CMP32.regRm, RAX, slot + 8);
    trapIf(a, Condition.AboveOrEqual, TrapKind.UndefinedElement);
  }
  a.context(x64.MOV64.regRm, RCX, 0);
}

/** Calls element eax, of type `signature`; unchecked without one. */
function callElement(a: Shorthand, signature: number | undefined): void {
  tableElements(a, 0);
  if (signature !== undefined) {
    a.rmi(x64.CMP32.rmImm32, 0, RCX, RAX, 8, 0, 0);
    a.relocateImmediate(Relocation.Signature, signature);
    trapIf(a, Condition.NotEqual, TrapKind.IndirectCallMismatch);
  }
  a.rm(x64.MOV32.regRm, R11, RCX, RAX, 8, 4);
  a.codeBase(RCX);
  a.add(R11, RCX);
  a.r(x64.CALL, R11);
}

/** memory.copy(eax, edx, ecx), with the ends of both ranges held against the size of memory, or not. */
function copy(a: Shorthand, checks: readonly number[]): void {
  for (const start of checks) {
    a.rm(x64.LEA64, RSI, start, RCX, 1, 0);
    a.rm(x64.CMP64.regRm, RSI, RBX, ABSENT, 1, MemoryHeader.Bytes);
    trapIf(a, Condition.Above, TrapKind.MemoryOutOfBounds);
  }
  a.rm(x64.LEA64, RDI, RBX, RAX, 1, 0);
  a.rm(x64.LEA64, RSI, RBX, RDX, 1, 0);
  a.rr(x64.MOV32.regRm, RDX, RCX);
  a.callRoutine(Routine.Copy);
}

export const BAD_MEMORY: readonly BadCode[] = [
  {
    name: "an index of 64 bits",
    type: takes(I64),
    bad: (a) => loadIndexed(a),
    good: (a) => {
      a.rr(x64.MOV32.regRm, RAX, RAX);
      loadIndexed(a);
    },
    says: /not known to be zero-extended/,
  },
  {
    name: "an index that is scaled and may be large",
    type: takes(I32),
    bad: (a) => loadIndexed(a, 8),
    good: (a) => {
      a.ri(x64.AND32.rmImm32, RAX, 0xffff);
      loadIndexed(a, 8);
    },
    says: /reaches beyond linear memory/,
  },
  {
    name: "an index that was reloaded with more than was spilled",
    type: takes(I32),
    bad: (a) => {
      a.store32(RSP, 0, RAX);
      a.load(RAX, RSP, 0);
      loadIndexed(a);
    },
    good: (a) => {
      a.store32(RSP, 0, RAX);
      a.load32(RAX, RSP, 0);
      loadIndexed(a);
    },
    says: /reads a slot that holds nothing/,
  },
  {
    name: "an index that grows in a loop of 64-bit additions",
    type: takes(I32),
    bad: (a) => addInLoop(a, x64.ADD64.rmImm8),
    good: (a) => addInLoop(a, x64.ADD32.rmImm8),
    says: /not known to be zero-extended/,
  },
  {
    name: "an index that is bounded on one way only",
    type: takes(I32, I64),
    bad: (a) => joinIndex(a, x64.MOV64.regRm),
    good: (a) => joinIndex(a, x64.MOV32.regRm),
    says: /not known to be zero-extended/,
  },
  {
    name: "a displacement below linear memory",
    type: takes(I32),
    bad: (a) => loadIndexed(a, 1, -8),
    good: (a) => loadIndexed(a, 1, 8),
    says: /accesses what lies below linear memory/,
  },
  {
    name: "a write into the header of linear memory",
    type: takes(I64),
    bad: (a) => a.store(RBX, MemoryHeader.Bytes, RAX),
    good: (a) => a.load(RAX, RBX, MemoryHeader.Bytes),
    says: /writes the header/,
  },
  {
    name: "a byte of the context that is nothing",
    parts: TABLES,
    bad: (a) => a.context(x64.MOV64.regRm, RAX, 40),
    good: (a) => a.context(x64.MOV64.regRm, RAX, 0),
    says: /a byte of the context that is nothing/,
  },
  {
    name: "a number used as an address",
    type: takes(I64),
    bad: (a) => a.load(RCX, RAX),
    good: (a) => a.load(RCX, RSP, 8),
    says: /a register that is no pointer/,
  },
  {
    name: "an access that may trap and has no record",
    type: takes(I32),
    bad: (a) => a.rm(x64.MOV32.regRm, RAX, RBX, RAX, 1, 0),
    good: (a) => loadIndexed(a),
    says: /has no record/,
  },
  {
    name: "a pointer that is stored where the program can read it",
    bad: (a) => {
      a.codeBase(RAX);
      a.trapSite(TrapKind.MemoryOutOfBounds, 1);
      a.store(RBX, 0, RAX);
    },
    good: (a) => {
      a.set(RAX, 7);
      a.trapSite(TrapKind.MemoryOutOfBounds, 1);
      a.store(RBX, 0, RAX);
    },
    says: /lets a pointer into linear memory/,
  },
  {
    name: "a table's element without a check",
    type: takes(I32),
    parts: TABLES,
    bad: (a) => readElement(a, undefined),
    good: (a) => readElement(a, 0),
    says: /without having checked the index/,
  },
  {
    name: "a table's element checked against another table's length",
    type: takes(I32),
    parts: TABLES,
    bad: (a) => readElement(a, 16),
    good: (a) => readElement(a, 0),
    says: /without having checked the index/,
  },
  {
    name: "a call through a table without a check of the signature",
    type: takes(I32),
    parts: TABLES,
    bad: (a) => callElement(a, undefined),
    good: (a) => callElement(a, 1),
    says: /whose signature is unknown/,
  },
  {
    name: "a call of a function that takes more than it is given",
    type: takes(I32),
    parts: { ...TABLES, functions: [{ type: takes(I64, I64), emit: () => {} }] },
    bad: (a) => callElement(a, 1),
    good: (a) => callElement(a, 2),
    says: /value 1 is/,
  },
  {
    name: "a number made a reference",
    type: { parameters: [I64], results: [FUNCREF] },
    bad: () => {},
    good: (a) => a.rr(x64.XOR32.regRm, RAX, RAX),
    says: /is no reference/,
  },
  {
    name: "a copy whose source was not checked",
    type: takes(I32, I32, I32),
    bad: (a) => copy(a, [RAX]),
    good: (a) => copy(a, [RAX, RDX]),
    says: /without having checked the range in memory/,
  },
];

function readElement(a: Shorthand, slot: number | undefined): void {
  tableElements(a, slot);
  a.rm(x64.MOV64.regRm, RAX, RCX, RAX, 8, 0);
}

function addInLoop(a: Shorthand, row: (typeof x64.ADD64)["rmImm8"]): void {
  const again = a.label();
  a.bind(again);
  a.ri(row, RAX, 1);
  a.ri(x64.CMP32.rmImm8, RAX, 100);
  a.branch(Condition.NotEqual, again);
  loadIndexed(a);
}

function joinIndex(a: Shorthand, move: (typeof x64.MOV64)["regRm"]): void {
  const done = a.label();
  a.rr(x64.TEST32.rmReg, RAX, RAX);
  a.branch(Condition.NotEqual, done);
  a.rr(move, RAX, RDX);
  a.bind(done);
  loadIndexed(a);
}
