/**
 * 16-bit code in the 64-bit assembler: each instruction is written in its 32-bit form behind the two prefixes that give
 * 16-bit code operands and addresses of 32 bits. So only forms without REX prefix, and memory by an absolute address
 * or a register; a jump's distance is the same with them.
 *
 * Labels have absolute addresses: the code lies where it was told it would.
 */
import { Relocation } from "../abi/object.ts";
import type { Encoding } from "../x64/encoding.ts";
import { ABSENT } from "../x64/encoder.ts";
import { HandAssembler } from "../x64/hand-assembler.ts";
import type { Condition } from "../x64/register.ts";
import { CMP32, MOV32 } from "../x64/tables/index.ts";

const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const INT = 0xcd;

export class RealModeAssembler extends HandAssembler {
  readonly #base: number;
  #isProtected = false;

  /** `base`: the address of its first byte. */
  constructor(base: number) {
    super();
    this.#base = base;
  }

  /** What follows is 32-bit code. */
  enterProtected(): void {
    this.#isProtected = true;
  }

  /** What follows is 16-bit code again. */
  leaveProtected(): void {
    this.#isProtected = false;
  }

  protected override head(row: Encoding, rex: number): void {
    if (rex !== 0 || row.prefix === OPERAND_SIZE)
      throw new Error(`${row.mnemonic} needs 64-bit code in this form`);
    if (!this.#isProtected) this.raw([OPERAND_SIZE, ADDRESS_SIZE]);
    super.head(row, rex);
  }

  override jump(label: number): void {
    this.#distance();
    super.jump(label);
  }

  override branch(condition: Condition, label: number): void {
    this.#distance();
    super.branch(condition, label);
  }

  override call(label: number): void {
    this.#distance();
    super.call(label);
  }

  /** A call of the firmware. Without prefixes: it takes a frame of 16-bit words. */
  interrupt(number: number): void {
    this.raw([INT, number]);
  }

  loadAt(to: number, address: number): void {
    this.rm(MOV32.regRm, to, ABSENT, ABSENT, 1, address);
  }

  storeAt(address: number, from: number): void {
    this.rm(MOV32.rmReg, from, ABSENT, ABSENT, 1, address);
  }

  setAt(address: number, value: number): void {
    this.mi(MOV32.rmImm32, ABSENT, ABSENT, 1, address, value | 0);
  }

  set32(to: number, value: number): void {
    this.ri(MOV32.regImm32, to, value | 0);
  }

  setToLabel(to: number, label: number): void {
    this.ri(MOV32.regImm32, to, 0);
    this.relocateImmediate(Relocation.Context, label);
  }

  /** With the address of the byte `distance` behind a label. */
  compareWithLabel(register: number, label: number, distance: number): void {
    this.ri(CMP32.rmImm32, register, 0);
    this.relocateImmediate(Relocation.Context, label, distance);
  }

  /** The code, with its labels' addresses written in, and where `labels` lie in it. */
  assemble(): { readonly code: Uint8Array; offsetOf(label: number): number } {
    const { code, relocations, labels } = this.finish();
    const view = new DataView(code.buffer, code.byteOffset, code.length);
    for (let at = 0; at < relocations.length; at += 4) {
      const [, field, label, distance] = relocations.subarray(at, at + 4);
      view.setUint32(field!, this.#base + labels[label!]! + distance!, true);
    }
    return { code, offsetOf: (label) => labels[label]! };
  }

  /** A jump is short or has 32 bits of distance; the prefix does neither harm. */
  #distance(): void {
    if (!this.#isProtected) this.raw([OPERAND_SIZE]);
  }
}
