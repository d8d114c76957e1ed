/**
 * Writes instructions as bytes: a row of the tables and plain numbers in, machine code out.
 *
 * Owns:   a buffer that doubles. Nothing is allocated per instruction, for compilers call this hundreds of thousands
 *         of times; so operands are not checked either, but for what would silently give another instruction.
 * Never:  knows labels or relocations (assembler.ts).
 * Tests:  encoder.test.ts: every row, with random operands, against an independent decoder.
 *
 * The letters of the methods are their operands: `r` register, `m` memory, `i` immediate. For rows with a /digit
 * (`extension`) or without `reg`, use the forms with one operand less. Memory is [base + index * scale + disp].
 */
import { type Encoding } from "./encoding.ts";
import { RSP } from "./register.ts";

/** No base, or no index. */
export const ABSENT = -1;

/** An instruction has at most 15 bytes; what room one method may need. */
const ROOM = 32;
const FIRST_CAPACITY = 4096;

const enum Rex {
  /** Present, though no bit is set: names spl bpl sil dil. */
  Present = 0x40,
  Wide = 0x48,
  Reg = 0x44,
  Index = 0x42,
  Base = 0x41,
}

export class Encoder {
  /** What is written so far lies in the first `position` bytes. */
  protected bytes: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  protected position = 0;

  /** No operands: `ret`, `cdq`, `ud2`. */
  none(row: Encoding): void {
    this.head(row, row.wide ? Rex.Wide : 0);
    if (row.suffix >= 0) this.bytes[this.position++] = row.suffix;
  }

  /** An immediate alone: `ret n`, `push n`, `out n`. */
  i(row: Encoding, immediate: number): void {
    this.none(row);
    this.immediate(row.immediateBytes, immediate);
  }

  /** One register, in `rm` or in the opcode: `neg r`, `push r`, `jmp r`, `shl r, cl`. */
  r(row: Encoding, register: number): void {
    if (!row.opcodeRegister) return this.rr(row, 0, register);
    let rex = row.wide ? Rex.Wide : 0;
    if (register > 7) rex |= Rex.Base;
    else if (row.byteReg && register > 3) rex |= Rex.Present;
    this.head(row, rex);
    this.bytes[this.position - 1] = row.opcode | (register & 7);
  }

  ri(row: Encoding, register: number, immediate: number): void {
    this.r(row, register);
    this.immediate(row.immediateBytes, immediate);
  }

  /** `mov r64, imm64`, of the immediate's two halves. */
  ri64(row: Encoding, register: number, low: number, high: number): void {
    this.r(row, register);
    this.immediate(4, low);
    this.immediate(4, high);
  }

  rr(row: Encoding, reg: number, rm: number): void {
    let rex = row.wide ? Rex.Wide : 0;
    if (reg > 7) rex |= Rex.Reg;
    if (rm > 7) rex |= Rex.Base;
    if ((row.byteReg && reg > 3) || (row.byteRm && rm > 3)) rex |= Rex.Present;
    this.head(row, rex);
    const field = row.extension >= 0 ? row.extension : reg & 7;
    this.bytes[this.position++] = 0xc0 | (field << 3) | (rm & 7);
  }

  rri(row: Encoding, reg: number, rm: number, immediate: number): void {
    this.rr(row, reg, rm);
    this.immediate(row.immediateBytes, immediate);
  }

  /** `scale` is 1, 2, 4 or 8. The displacement takes its shortest form. */
  rm(row: Encoding, reg: number, base: number, index: number, scale: number, disp: number): void {
    this.memory(row, reg, base, index, scale, disp, false);
  }

  rmi(
    row: Encoding,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
    immediate: number,
  ): void {
    this.memory(row, reg, base, index, scale, disp, false);
    this.immediate(row.immediateBytes, immediate);
  }

  /** Memory alone: `neg [m]`, `jmp [m]`. */
  m(row: Encoding, base: number, index: number, scale: number, disp: number): void {
    this.memory(row, 0, base, index, scale, disp, false);
  }

  mi(row: Encoding, base: number, index: number, scale: number, disp: number, immediate: number): void {
    this.memory(row, 0, base, index, scale, disp, false);
    this.immediate(row.immediateBytes, immediate);
  }

  /** As `rm`, with a displacement of 32 bits whatever it is; the field is the four bytes before `position`. */
  protected rmWide(
    row: Encoding,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
  ): void {
    this.memory(row, reg, base, index, scale, disp, true);
  }

  /** [rip + disp32], with a field of zeros: the four bytes before `position`. */
  protected ripField(row: Encoding, reg: number): void {
    let rex = row.wide ? Rex.Wide : 0;
    if (reg > 7) rex |= Rex.Reg;
    if (row.byteReg && reg > 3) rex |= Rex.Present;
    this.head(row, rex);
    const field = row.extension >= 0 ? row.extension : reg & 7;
    this.bytes[this.position++] = (field << 3) | 5;
    this.immediate(4, 0);
  }

  /** Writes the low `sizeBytes` (at most 8) of `value`; of 8, the upper half is the sign. */
  protected immediate(sizeBytes: number, value: number): void {
    const bytes = this.bytes;
    let at = this.position;
    bytes[at++] = value;
    if (sizeBytes > 1) bytes[at++] = value >> 8;
    if (sizeBytes > 2) {
      bytes[at++] = value >> 16;
      bytes[at++] = value >> 24;
    }
    if (sizeBytes > 4) {
      bytes.fill(value < 0 ? 0xff : 0, at, at + 4);
      at += 4;
    }
    this.position = sizeBytes === 0 ? this.position : at;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array | readonly number[]): void {
    this.reserve(bytes.length + ROOM);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  private memory(
    row: Encoding,
    reg: number,
    base: number,
    index: number,
    scale: number,
    disp: number,
    wide: boolean,
  ): void {
    let rex = row.wide ? Rex.Wide : 0;
    if (reg > 7) rex |= Rex.Reg;
    if (index > 7) rex |= Rex.Index;
    if (base > 7) rex |= Rex.Base;
    if (row.byteReg && reg > 3) rex |= Rex.Present;
    this.head(row, rex);
    const bytes = this.bytes;
    const field = (row.extension >= 0 ? row.extension : reg & 7) << 3;
    let at = this.position;
    // ModRM.mod: 0 no displacement, 1 one byte, 2 four. rbp and r13 as base always have one (SDM 2, table 2-2).
    let mod = 2;
    if (base < 0) mod = 0;
    else if (!wide && disp === (disp << 24) >> 24) mod = disp === 0 && (base & 7) !== 5 ? 0 : 1;
    if (base >= 0 && index < 0 && (base & 7) !== 4) {
      bytes[at++] = (mod << 6) | field | (base & 7);
    } else {
      if (index === RSP) throw new Error("rsp cannot be an index: its number means none");
      const factor = scale === 8 ? 3 : scale >> 1;
      bytes[at++] = (mod << 6) | field | 4;
      bytes[at++] = (factor << 6) | ((index < 0 ? 4 : index & 7) << 3) | (base < 0 ? 5 : base & 7);
    }
    this.position = at;
    if (mod === 1) this.bytes[this.position++] = disp;
    else if (mod === 2 || base < 0) this.immediate(4, disp);
  }

  /** Everything up to the opcode. Makes room for the whole instruction. */
  protected head(row: Encoding, rex: number): void {
    if (this.position + ROOM > this.bytes.length) this.reserve(ROOM);
    const bytes = this.bytes;
    let at = this.position;
    if (row.lock) bytes[at++] = 0xf0;
    if (row.prefix !== 0) bytes[at++] = row.prefix;
    if (rex !== 0) bytes[at++] = rex;
    if (row.map !== 0) {
      bytes[at++] = 0x0f;
      if (row.map === 2) bytes[at++] = 0x38;
      else if (row.map === 3) bytes[at++] = 0x3a;
    }
    bytes[at++] = row.opcode;
    this.position = at;
  }

  protected reserve(sizeBytes: number): void {
    let capacity = this.bytes.length;
    if (this.position + sizeBytes <= capacity) return;
    while (capacity < this.position + sizeBytes) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
  }
}
