import test from "node:test";
import assert from "node:assert/strict";
import {
  Code,
  Decoder,
  DecoderOptions,
  InstructionInfoFactory,
  MemorySizeExt,
  Mnemonic,
  OpAccess,
  OpKind,
  Register,
  type Instruction,
} from "iced-x86";
import { seededRandom } from "../link/random.ts";
import { Form, RegisterClass, Role, type Encoding } from "./encoding.ts";
import { ABSENT, Encoder } from "./encoder.ts";
import * as tables from "./tables/index.ts";

const ROUNDS = 40;
const IP = 0x10_0000n;

class TestEncoder extends Encoder {
  take(): Uint8Array {
    const bytes = this.bytes.slice(0, this.position);
    this.position = 0;
    return bytes;
  }
  wide(row: Encoding, reg: number, base: number, index: number, scale: number, disp: number): void {
    this.rmWide(row, reg, base, index, scale, disp);
    if (row.immediateBytes > 0) this.immediate(row.immediateBytes, 1);
  }
  rip(row: Encoding, reg: number): void {
    this.ripField(row, reg);
    if (row.immediateBytes > 0) this.immediate(row.immediateBytes, 1);
  }
}

interface Named {
  readonly name: string;
  readonly row: Encoding;
}

function rowsOf(name: string, value: unknown): Named[] {
  if (typeof value !== "object" || value === null) return [];
  if ("mnemonic" in value) return [{ name, row: value as Encoding }];
  return Object.entries(value).flatMap(([key, inner]) => rowsOf(`${name}.${key}`, inner));
}
const ROWS = Object.entries(tables).flatMap(([name, value]) => rowsOf(name, value));

const BY_WIDTH: Readonly<Record<number, number>> = {
  1: Register.AL,
  2: Register.AX,
  4: Register.EAX,
  8: Register.RAX,
};
const REX_LOW_BYTES = [Register.SPL, Register.BPL, Register.SIL, Register.DIL];

function registerOf(kind: RegisterClass, bytes: number, number: number): Register {
  if (kind === RegisterClass.Vector) return Register.XMM0 + number;
  if (kind === RegisterClass.Control) return Register.CR0 + number;
  if (kind === RegisterClass.Segment) return Register.ES + number;
  if (bytes === 1) {
    if (number < 4) return Register.AL + number;
    return number < 8 ? REX_LOW_BYTES[number - 4]! : Register.R8L + (number - 8);
  }
  return BY_WIDTH[bytes]! + number;
}

const info = new InstructionInfoFactory();

function decode(code: Uint8Array, what: string): Instruction {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  decoder.ip = IP;
  const instruction = decoder.decode();
  const hex = Buffer.from(code).toString("hex");
  assert.notEqual(instruction.code, Code.INVALID, `${what}: ${hex} is no instruction`);
  assert.equal(instruction.length, code.length, `${what}: length of ${hex}`);
  decoder.free();
  return instruction;
}

const ACCESS: Readonly<Record<number, Role>> = {
  [OpAccess.None]: Role.None,
  [OpAccess.Read]: Role.Read,
  [OpAccess.CondRead]: Role.Read,
  [OpAccess.Write]: Role.Write,
  [OpAccess.CondWrite]: Role.ReadWrite,
  [OpAccess.ReadWrite]: Role.ReadWrite,
  [OpAccess.ReadCondWrite]: Role.ReadWrite,
  [OpAccess.NoMemAccess]: Role.None,
};

/** Rows that leave the target's upper part, which float.ts does not count as reading it; and others that differ. */
function agree(row: Encoding, role: Role, found: Role): boolean {
  if (role === found) return true;
  const scalar = row.regClass === RegisterClass.Vector && row.regBytes < 16;
  return (scalar || row.mnemonic === "cmpxchg") && (role | found) === Role.ReadWrite;
}

function checkRoles(row: Encoding, instruction: Instruction, regOperand: number, rmOperand: number): void {
  const used = info.info(instruction);
  const accesses = [used.op0Access, used.op1Access, used.op2Access];
  if (regOperand >= 0) {
    const found = ACCESS[accesses[regOperand]!]!;
    assert.ok(agree(row, row.reg, found), `${row.mnemonic}: reg is ${row.reg}, decoder says ${found}`);
  }
  if (rmOperand >= 0 && row.mnemonic !== "nop") {
    const found = ACCESS[accesses[rmOperand]!]!;
    assert.ok(agree(row, row.rm, found), `${row.mnemonic}: rm is ${row.rm}, decoder says ${found}`);
  }
  used.free();
}

function checkMnemonic(row: Encoding, instruction: Instruction): void {
  assert.equal(Mnemonic[instruction.mnemonic]!.toLowerCase(), row.mnemonic);
  assert.equal(instruction.hasLockPrefix, row.lock);
}

function operandOf(instruction: Instruction, register: Register, except: number): number {
  for (let operand = 0; operand < instruction.opCount; operand++) {
    if (operand === except || instruction.opKind(operand) !== OpKind.Register) continue;
    if (instruction.opRegister(operand) === register) return operand;
  }
  return -1;
}

const MASKS: Readonly<Record<number, bigint>> = { 1: 0xffn, 2: 0xffffn, 4: 0xffff_ffffn };

function checkImmediate(row: Encoding, instruction: Instruction, value: number): void {
  if (row.immediateBytes === 0 || row.immediateBytes === 8) return;
  for (let operand = 0; operand < instruction.opCount; operand++) {
    const kind = instruction.opKind(operand);
    if (kind < OpKind.Immediate8 || kind > OpKind.Immediate32to64) continue;
    const mask = MASKS[row.immediateBytes]!;
    assert.equal(instruction.immediate(operand) & mask, BigInt(value) & mask, row.mnemonic);
    return;
  }
  assert.fail(`${row.mnemonic}: no immediate`);
}

class Operands {
  readonly random: () => number;
  constructor(random: () => number) {
    this.random = random;
  }
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
  register(kind: RegisterClass): number {
    if (kind === RegisterClass.Control) return [0, 2, 3, 4, 8][this.below(5)]!;
    if (kind === RegisterClass.Segment) return [0, 2, 3, 4, 5][this.below(5)]!;
    return this.below(16);
  }
  immediate(bytes: number): number {
    const bits = bytes * 8;
    if (bits >= 32) return (this.random() * 2 ** 32) | 0;
    return this.below(2 ** bits) - 2 ** (bits - 1);
  }
  displacement(): number {
    return [0, 1, -1, 127, -128, 128, -129, 0x7fff_ffff, -0x8000_0000, this.immediate(4)][this.below(10)]!;
  }
}

const encoder = new TestEncoder();

function checkRegisterForm(row: Encoding, operands: Operands): void {
  const reg = row.extension >= 0 || row.regClass === RegisterClass.None ? 0 : operands.register(row.regClass);
  const rm = operands.register(row.rmClass);
  const value = operands.immediate(row.immediateBytes);
  if (row.immediateBytes > 0) encoder.rri(row, reg, rm, value);
  else encoder.rr(row, reg, rm);
  const instruction = decode(encoder.take(), row.mnemonic);
  checkMnemonic(row, instruction);
  let regOperand = -1;
  const rmRegister = registerOf(row.rmClass, row.rmRegisterBytes, rm);
  // Where both are the same register, any order will do.
  if (row.regClass !== RegisterClass.None) {
    regOperand = operandOf(instruction, registerOf(row.regClass, row.regBytes, reg), -1);
    assert.ok(regOperand >= 0, `${row.mnemonic}: reg ${reg}`);
  }
  const rmOperand = operandOf(instruction, rmRegister, regOperand);
  assert.ok(rmOperand >= 0, `${row.mnemonic}: rm ${rm}`);
  checkImmediate(row, instruction, value);
  if (reg !== rm) checkRoles(row, instruction, regOperand, rmOperand);
  instruction.free();
}

function checkMemoryForm(row: Encoding, operands: Operands): void {
  const reg = row.extension >= 0 || row.regClass === RegisterClass.None ? 0 : operands.register(row.regClass);
  const base = operands.below(17) - 1;
  let index = operands.below(17) - 1;
  if (index === 4) index = ABSENT;
  const scale = 1 << operands.below(4);
  const disp = operands.displacement();
  const value = operands.immediate(row.immediateBytes);
  const wide = operands.below(8) === 0;
  if (wide) encoder.wide(row, reg, base, index, scale, disp);
  else if (row.immediateBytes > 0) encoder.rmi(row, reg, base, index, scale, disp, value);
  else encoder.rm(row, reg, base, index, scale, disp);
  const instruction = decode(encoder.take(), row.mnemonic);
  checkMnemonic(row, instruction);
  assert.equal(instruction.memoryBase, base < 0 ? Register.None : Register.RAX + base, row.mnemonic);
  assert.equal(instruction.memoryIndex, index < 0 ? Register.None : Register.RAX + index, row.mnemonic);
  if (index >= 0) assert.equal(instruction.memoryIndexScale, scale);
  assert.equal(BigInt.asIntN(32, instruction.memoryDisplacement), BigInt(disp));
  checkDisplacementSize(instruction, base, disp, wide);
  checkMemoryOperand(row, instruction, reg);
  checkImmediate(row, instruction, wide ? 1 : value);
  instruction.free();
}

function checkDisplacementSize(instruction: Instruction, base: number, disp: number, wide: boolean): void {
  const size = instruction.memoryDisplSize; // 8 means disp32, sign-extended
  if (wide || base < 0) assert.ok(size >= 4);
  else if (disp === 0 && (base & 7) !== 5) assert.equal(size, 0);
  else if (disp >= -128 && disp <= 127) assert.equal(size, 1);
  else assert.ok(size >= 4);
}

function checkMemoryOperand(row: Encoding, instruction: Instruction, reg: number): void {
  let rmOperand = 0;
  while (instruction.opKind(rmOperand) !== OpKind.Memory) rmOperand++;
  let regOperand = -1;
  if (row.regClass !== RegisterClass.None) {
    regOperand = operandOf(instruction, registerOf(row.regClass, row.regBytes, reg), rmOperand);
    assert.ok(regOperand >= 0, `${row.mnemonic}: reg ${reg}`);
  }
  if (row.rm === Role.None) {
    assert.equal(row.rmBytes, 0);
    return checkRoles(row, instruction, regOperand, -1);
  }
  assert.equal(MemorySizeExt.size(instruction.memorySize), row.rmBytes, `${row.mnemonic}: bytes of memory`);
  checkRoles(row, instruction, regOperand, rmOperand);
}

function checkPlainForm(row: Encoding, operands: Operands): void {
  const value = operands.immediate(row.immediateBytes);
  if (row.immediateBytes > 0) encoder.i(row, value);
  else encoder.none(row);
  const instruction = decode(encoder.take(), row.mnemonic);
  checkMnemonic(row, instruction);
  checkImmediate(row, instruction, value);
  instruction.free();
}

function checkOpcodeForm(row: Encoding, operands: Operands): void {
  const reg = operands.register(row.regClass);
  const value = operands.immediate(row.immediateBytes);
  const high = operands.immediate(4);
  if (row.immediateBytes === 8) encoder.ri64(row, reg, value, high);
  else if (row.immediateBytes > 0) encoder.ri(row, reg, value);
  else encoder.r(row, reg);
  const instruction = decode(encoder.take(), row.mnemonic);
  checkMnemonic(row, instruction);
  assert.equal(instruction.op0Register, registerOf(row.regClass, row.regBytes, reg));
  checkImmediate(row, instruction, value);
  if (row.immediateBytes === 8) {
    const expected = (BigInt(high) << 32n) | (BigInt(value) & 0xffff_ffffn);
    assert.equal(BigInt.asIntN(64, instruction.immediate(1)), expected);
  }
  checkRoles(row, instruction, 0, -1);
  instruction.free();
}

function checkRipForm(row: Encoding, operands: Operands): void {
  const reg = row.extension >= 0 || row.regClass === RegisterClass.None ? 0 : operands.register(row.regClass);
  encoder.rip(row, reg);
  const code = encoder.take();
  const instruction = decode(code, row.mnemonic);
  checkMnemonic(row, instruction);
  assert.equal(instruction.memoryBase, Register.RIP, row.mnemonic);
  assert.equal(instruction.memoryDisplacement, IP + BigInt(code.length), row.mnemonic);
  checkMemoryOperand(row, instruction, reg);
  instruction.free();
}

test("every row decodes as the instruction, operands, widths and roles that it says", () => {
  const operands = new Operands(seededRandom(0x5ce11e));
  assert.ok(ROWS.length > 300);
  for (const { name, row } of ROWS) {
    for (let round = 0; round < ROUNDS; round++) {
      try {
        if (row.opcodeRegister) checkOpcodeForm(row, operands);
        else if (row.rmClass === RegisterClass.None && row.form !== Form.MemoryOnly)
          checkPlainForm(row, operands);
        else {
          if (row.form !== Form.MemoryOnly) checkRegisterForm(row, operands);
          if (row.form !== Form.RegisterOnly) checkMemoryForm(row, operands);
          if (row.form !== Form.RegisterOnly) checkRipForm(row, operands);
        }
      } catch (error) {
        throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
});

test("rows have different names for different instructions", () => {
  const seen = new Map<string, string>();
  for (const { name, row } of ROWS) {
    const key = JSON.stringify(row);
    assert.equal(seen.get(key), undefined, `${name} is ${seen.get(key)} again`);
    seen.set(key, name);
  }
});

test("rsp as an index is refused", () => {
  assert.throws(() => encoder.rm(tables.MOV32.regRm, 0, 3, 4, 1, 0), /rsp cannot be an index/);
});
