/** A byte-code machine: a switch of 19 operations on registers, running a program that counts primes. */
import { mix } from "./shared/checksum";

const enum Op {
  Constant,
  Move,
  Add,
  Subtract,
  Multiply,
  Divide,
  Remainder,
  And,
  Or,
  Xor,
  ShiftLeft,
  ShiftRight,
  Load,
  Store,
  Jump,
  JumpIfZero,
  JumpIfEqual,
  JumpIfLess,
  Halt,
}

const enum Register {
  Candidate,
  Limit,
  Divisor,
  Square,
  Remainder,
  Count,
  Hash,
  One,
  Three,
  Slot,
}

const REGISTERS: usize = 256;
const MEMORY_BYTES: usize = 1024;
const PROGRAM_BYTES: usize = 1024;

const program = heap.alloc(PROGRAM_BYTES);
const registers = heap.alloc(REGISTERS * 4);
const data = heap.alloc(MEMORY_BYTES);
let programLength: u32 = 0;
writeProgram();

/** An instruction is four bytes: operation, target (or the target of a jump, in instructions), two sources. */
function write(op: Op, a: u32, b: u32, c: u32): u32 {
  store<u32>(program + programLength * 4, op | (a << 8) | (b << 16) | (c << 24));
  return programLength++;
}

function land(jump: u32): void {
  store<u8>(program + jump * 4, <u8>programLength, 1);
}

/**
 * for (candidate = 2; candidate < limit; candidate++) {
 *   for (divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor == 0) continue outer;
 *   data[count++ & 255] = hash = (hash << 1) ^ (candidate * 3 - count);
 * }
 */
function writeProgram(): void {
  write(Op.Constant, Register.One, 1, 0);
  write(Op.Constant, Register.Three, 3, 0);
  write(Op.Constant, Register.Limit, 250, 0);
  write(Op.Constant, Register.Candidate, 2, 0);
  const outer = programLength;
  const more = write(Op.JumpIfLess, 0, Register.Candidate, Register.Limit);
  write(Op.Move, 0, Register.Hash, 0);
  write(Op.Halt, 0, 0, 0);
  land(more);
  write(Op.Constant, Register.Divisor, 2, 0);
  const inner = write(Op.Multiply, Register.Square, Register.Divisor, Register.Divisor);
  const prime = write(Op.JumpIfLess, 0, Register.Candidate, Register.Square);
  write(Op.Remainder, Register.Remainder, Register.Candidate, Register.Divisor);
  const composite = write(Op.JumpIfZero, 0, Register.Remainder, 0);
  write(Op.Add, Register.Divisor, Register.Divisor, Register.One);
  write(Op.Jump, inner, 0, 0);
  land(prime);
  write(Op.Multiply, Register.Slot, Register.Candidate, Register.Three);
  write(Op.Subtract, Register.Slot, Register.Slot, Register.Count);
  write(Op.ShiftLeft, Register.Hash, Register.Hash, Register.One);
  write(Op.Xor, Register.Hash, Register.Hash, Register.Slot);
  write(Op.Store, Register.Hash, Register.Count, 0);
  write(Op.Add, Register.Count, Register.Count, Register.One);
  land(composite);
  write(Op.Add, Register.Candidate, Register.Candidate, Register.One);
  write(Op.Jump, outer, 0, 0);
}

function interpret(): i32 {
  let at = program;
  while (true) {
    const word = load<u32>(at);
    at += 4;
    const target = (word >>> 8) & 0xff;
    const a = registers + (target << 2);
    const b = load<i32>(registers + ((word >>> 14) & 0x3fc));
    const c = load<i32>(registers + ((word >>> 24) << 2));
    switch (word & 0xff) {
      case Op.Constant:
        store<i32>(a, <i32>((word >>> 16) & 0xff));
        break;
      case Op.Move:
        store<i32>(a, b);
        break;
      case Op.Add:
        store<i32>(a, b + c);
        break;
      case Op.Subtract:
        store<i32>(a, b - c);
        break;
      case Op.Multiply:
        store<i32>(a, b * c);
        break;
      case Op.Divide:
        store<i32>(a, b / c);
        break;
      case Op.Remainder:
        store<i32>(a, b % c);
        break;
      case Op.And:
        store<i32>(a, b & c);
        break;
      case Op.Or:
        store<i32>(a, b | c);
        break;
      case Op.Xor:
        store<i32>(a, b ^ c);
        break;
      case Op.ShiftLeft:
        store<i32>(a, b << c);
        break;
      case Op.ShiftRight:
        store<i32>(a, b >> c);
        break;
      case Op.Load:
        store<i32>(a, load<i32>(data + ((b & 0xff) << 2)));
        break;
      case Op.Store:
        store<i32>(data + ((b & 0xff) << 2), load<i32>(a));
        break;
      case Op.Jump:
        at = program + (target << 2);
        break;
      case Op.JumpIfZero:
        if (b == 0) at = program + (target << 2);
        break;
      case Op.JumpIfEqual:
        if (b == c) at = program + (target << 2);
        break;
      case Op.JumpIfLess:
        if (b < c) at = program + (target << 2);
        break;
      default:
        return load<i32>(registers);
    }
  }
}

export function run(n: i32): i32 {
  memory.fill(registers, 0, REGISTERS * 4);
  let total: i32 = 0;
  for (let round = 0; round < n; round++) total = mix(total, interpret());
  return total;
}
