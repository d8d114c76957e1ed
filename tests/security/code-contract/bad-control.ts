/** Bad code that goes where it must not go, or leaves registers and stack otherwise than it found them. */
import { Relocation, type CompiledModule } from "../../../src/abi/object.ts";
import { TrapKind } from "../../../src/abi/trap.ts";
import type { Shorthand } from "../../../src/linker/shorthand.ts";
import { ABSENT } from "../../../src/x64/encoder.ts";
import { Condition, RAX, RBP, RBX, RCX, RDX, RSP } from "../../../src/x64/register.ts";
import * as x64 from "../../../src/x64/tables/index.ts";
import { I32, I64, NOTHING, takes, type BadCode } from "./bad-code.ts";

const nothing = (): void => {};

function raw(...bytes: number[]): (a: Shorthand) => void {
  return (a) => a.raw(Uint8Array.from(bytes));
}

/** A jump by a table of two blocks. */
function jumpByTable(a: Shorthand, isBounded: boolean): void {
  const [zero, one] = [a.label(), a.label()];
  if (isBounded) {
    a.ri(x64.CMP32.rmImm8, RAX, 2);
    a.branch(Condition.AboveOrEqual, one);
  }
  a.rip(x64.LEA64, RCX, Relocation.Constant, a.jumpTable([zero, one]), 0);
  a.rm(x64.MOVSX32TO64, RDX, RCX, RAX, 4, 0);
  a.add(RDX, RCX);
  a.r(x64.JMP, RDX);
  a.bind(zero);
  a.bind(one);
}

/** The last byte of padding behind the first function becomes something else. */
function damagePadding(module: CompiledModule): CompiledModule {
  const code = module.code.slice();
  const { offset, sizeBytes } = module.functions[0]!;
  code[offset + sizeBytes + 1] = 0x90;
  return { ...module, code };
}

function shorten(module: CompiledModule): CompiledModule {
  const [first, ...others] = module.functions;
  return { ...module, functions: [{ ...first!, sizeBytes: first!.sizeBytes - 1 }, ...others] };
}

const callee = (a: Shorthand) => a.callRelocated(Relocation.Function, 0);

export const BAD_CONTROL: readonly BadCode[] = [
  {
    name: "a write of rbx",
    type: takes(I64),
    bad: (a) => a.move(RBX, RAX),
    good: (a) => a.move(RCX, RAX),
    says: /writes rbx/,
  },
  {
    name: "rbx as a value",
    bad: (a) => a.move(RAX, RBX),
    good: (a) => a.set(RAX, 1),
    says: /takes the memory base for a value/,
  },
  {
    name: "a callee-saved register changed",
    bad: (a) => a.set(RBP, 1),
    good: (a) => {
      a.push(RBP);
      a.set(RBP, 1);
      a.pop(RBP);
    },
    says: /leaves register 5 changed/,
  },
  {
    name: "a stack pointer moved by a register",
    type: takes(I64),
    bad: (a) => a.add(RSP, RAX),
    good: (a) => {
      a.addConstant(RSP, -16);
      a.addConstant(RSP, 16);
    },
    says: /moves the stack pointer by what is no constant/,
  },
  {
    name: "a frame that is not given back",
    bad: (a) => a.addConstant(RSP, -16),
    good: nothing,
    says: /leaves with no return address/,
  },
  {
    name: "a return address written over",
    type: takes(I64),
    bad: (a) => a.store(RSP, 8, RAX),
    good: (a) => a.store(RSP, 0, RAX),
    says: /leaves with no return address/,
  },
  {
    name: "a write into the caller's frame",
    type: takes(I64),
    bad: (a) => a.store(RSP, 16, RAX),
    good: (a) => a.store(RSP, 0, RAX),
    says: /accesses the caller's frame/,
  },
  {
    name: "a frame larger than the guard, untouched",
    bad: (a) => {
      a.addConstant(RSP, -0x20_0000);
      a.addConstant(RSP, 0x20_0000);
    },
    good: (a) => {
      for (let below = 0x8_0000; below <= 0x20_0000; below += 0x8_0000) {
        a.rm(x64.TEST32.rmReg, RAX, RSP, ABSENT, 1, -below);
      }
      a.addConstant(RSP, -0x20_0000);
      a.addConstant(RSP, 0x20_0000);
    },
    says: /past the guard/,
  },
  {
    name: "a jump into an instruction",
    bad: raw(0xeb, 0x01, 0xb8, 0xc3, 0x90, 0x90, 0x90),
    good: raw(0xeb, 0x00, 0xb8, 0xc3, 0x90, 0x90, 0x90),
    says: /is jumped to, but is no instruction/,
  },
  {
    name: "a jump table without bounds",
    type: takes(I32),
    bad: (a) => jumpByTable(a, false),
    good: (a) => jumpByTable(a, true),
    says: /reads entry 4294967295 of a jump table of 2/,
  },
  {
    name: "a jump to a number",
    type: takes(I64),
    bad: (a) => a.r(x64.JMP, RAX),
    good: nothing,
    says: /jumps to what is no block of a table/,
  },
  {
    name: "a jump to what memory says",
    type: takes(I64),
    bad: (a) => {
      a.store(RSP, 0, RAX);
      a.raw(Uint8Array.of(0xff, 0x24, 0x24)); // jmp [rsp]
    },
    good: (a) => a.store(RSP, 0, RAX),
    says: /jumps to what memory says/,
  },
  { name: "a privileged instruction", bad: raw(0xf4), good: raw(0x90), says: /hlt is no instruction/ },
  { name: "a system call", bad: raw(0x0f, 0x05), good: raw(0x90), says: /syscall is no instruction/ },
  { name: "an interrupt", bad: raw(0xcd, 0x80), good: raw(0x90), says: /int is no instruction/ },
  { name: "a breakpoint", bad: raw(0xcc), good: raw(0x90), says: /int3 is no instruction/ },
  { name: "the processor's clock", bad: raw(0x0f, 0x31), good: raw(0x90), says: /rdtsc is no instruction/ },
  { name: "a string instruction", bad: raw(0xf3, 0xa4), good: raw(0x90), says: /repeats an instruction/ },
  { name: "a single string instruction", bad: raw(0xa5), good: raw(0x90), says: /string|operand/ },
  { name: "a segment override", bad: raw(0x65, 0x8b, 0x03), good: raw(0x90), says: /overrides a segment/ },
  { name: "the direction flag", bad: raw(0xfd), good: raw(0x90), says: /std is no instruction/ },
  { name: "the upper byte of a register", bad: raw(0xb4, 0x01), good: raw(0x90), says: /an operand that/ },
  {
    name: "data in code",
    bad: (a) => {
      const after = a.label();
      a.jump(after);
      a.raw(Uint8Array.of(0x06, 0x00));
      a.bind(after);
    },
    good: (a) => a.rip(x64.MOV64.regRm, RAX, Relocation.Constant, a.constants.bits64(1, 2), 0),
    says: /holds bytes that are no instruction/,
  },
  {
    name: "code that is never reached",
    bad: (a) => {
      const after = a.label();
      a.jump(after);
      a.set(RAX, 7);
      a.bind(after);
    },
    good: (a) => a.set(RAX, 7),
    says: /is never reached/,
  },
  {
    name: "padding that can be executed",
    bad: nothing,
    good: nothing,
    damage: damagePadding,
    says: /padding/,
  },
  {
    name: "a function without an end",
    bad: nothing,
    good: nothing,
    damage: shorten,
    says: /falls out of the function/,
  },
  {
    name: "a trap without a record",
    bad: (a) => trap(a, false),
    good: (a) => trap(a, true),
    says: /has no record/,
  },
  {
    name: "an i32 argument that is not zero-extended",
    type: takes(I64),
    parts: { functions: [{ type: takes(I32), emit: nothing }] },
    bad: (a) => a.callRelocated(Relocation.Function, 1),
    good: (a) => {
      a.rr(x64.MOV32.regRm, RAX, RAX);
      a.callRelocated(Relocation.Function, 1);
    },
    says: /value 0 is an i32 that is not known to be zero-extended/,
  },
  {
    name: "a call with a misaligned stack",
    type: NOTHING,
    bad: (a) => {
      a.push(RBP);
      callee(a);
      a.pop(RBP);
    },
    good: callee,
    says: /misaligned stack/,
  },
  {
    name: "a register read after a call that may have changed it",
    type: takes(),
    bad: (a) => {
      a.set(RCX, 5);
      callee(a);
      a.move(RAX, RCX);
    },
    good: (a) => {
      callee(a);
      a.set(RCX, 5);
      a.move(RAX, RCX);
    },
    says: /reads register 1, which holds nothing/,
  },
  {
    name: "a tail call out of a frame",
    bad: (a) => tailCall(a, 0),
    good: (a) => tailCall(a, 8),
    says: /leaves with no return address/,
  },
];

function trap(a: Shorthand, hasRecord: boolean): void {
  const after = a.label();
  a.rr(x64.XOR32.regRm, RAX, RAX);
  a.branch(Condition.Equal, after);
  if (hasRecord) a.trapSite(TrapKind.Unreachable, 1);
  a.none(x64.UD2);
  a.bind(after);
}

/** On one of two ways, with the stack pointer `up` bytes higher. */
function tailCall(a: Shorthand, up: number): void {
  const after = a.label();
  a.rr(x64.XOR32.regRm, RAX, RAX);
  a.branch(Condition.Equal, after);
  a.addConstant(RSP, up);
  a.jumpRelocated(Relocation.Function, 0);
  a.bind(after);
}
