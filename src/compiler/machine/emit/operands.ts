/** Writes single instructions with whatever operands they have: registers, memory, constants. */
import { Relocation } from "../../../abi/object.ts";
import type { Assembler } from "../../../x64/assembler.ts";
import { ABSENT } from "../../../x64/encoder.ts";
import { Role, type Encoding } from "../../../x64/encoding.ts";
import { MEMORY_BASE, RSP } from "../../../x64/register.ts";
import { Address, type Instruction } from "../instruction.ts";
import type { Frame } from "./frame.ts";
import { constantOffset, numberOffset } from "./transfers.ts";

export class Operands {
  private readonly assembler: Assembler;
  private readonly frame: Frame;

  constructor(assembler: Assembler, frame: Frame) {
    this.assembler = assembler;
    this.frame = frame;
  }

  withRm(encoding: Encoding, reg: number, instruction: Instruction, immediate = 0): void {
    this.noteTrap(instruction);
    if (instruction.address === Address.None) {
      this.registers(encoding, reg & 15, instruction.rm & 15, immediate);
    } else {
      this.memory(encoding, reg & 15, instruction, immediate);
    }
  }

  withNumber(encoding: Encoding, reg: number, bits: bigint): void {
    const offset = numberOffset(this.assembler, encoding.rmBytes, bits);
    this.assembler.rip(encoding, reg & 15, Relocation.Constant, offset, 0);
  }

  /** An instruction of one encoding. */
  write(instruction: Instruction): void {
    const encoding = instruction.encoding!;
    const writesReg = (encoding.reg & Role.Write) !== 0;
    // Rows with a /digit have no register there; any number above 7 would cost a prefix.
    const reg = encoding.extension >= 0 ? 0 : writesReg ? instruction.def : instruction.reg;
    this.noteTrap(instruction);
    if (instruction.address !== Address.None) {
      this.memory(encoding, reg & 15, instruction, instruction.immediate);
      return;
    }
    if (encoding.opcodeRegister) this.writeShort(encoding, instruction);
    else {
      const rm = (encoding.rm & Role.Write) !== 0 ? instruction.def : instruction.rm;
      this.registers(encoding, reg & 15, rm & 15, instruction.immediate);
    }
  }

  private noteTrap({ trap, place }: Instruction): void {
    if (trap !== 0) this.assembler.trapSite(trap, place);
  }

  /** The register in the opcode: constants, references, bswap. */
  private writeShort(
    encoding: Encoding,
    { def, big, immediate, relocation, relocationIndex }: Instruction,
  ): void {
    const { assembler } = this;
    if (relocation === Relocation.FunctionReference) {
      assembler.ri64(encoding, def, 0, 0);
      assembler.relocateImmediate(relocation, relocationIndex);
    } else if (encoding.immediateBytes === 8) {
      assembler.ri64(encoding, def, Number(BigInt.asIntN(32, big)), Number(BigInt.asIntN(32, big >> 32n)));
    } else if (encoding.immediateBytes > 0) assembler.ri(encoding, def, immediate);
    else assembler.r(encoding, def);
  }

  private registers(encoding: Encoding, reg: number, rm: number, immediate: number): void {
    const { assembler } = this;
    const hasRm = encoding.rm !== Role.None;
    if (!hasRm) assembler.none(encoding);
    else if (encoding.immediateBytes > 0) assembler.rri(encoding, reg, rm, immediate);
    else assembler.rr(encoding, reg, rm);
  }

  private memory(encoding: Encoding, reg: number, instruction: Instruction, immediate: number): void {
    const { assembler, frame } = this;
    const { base, index, scale, displacement, relocation, relocationIndex } = instruction;
    switch (instruction.address) {
      case Address.Memory:
        assembler.rmi(encoding, reg, MEMORY_BASE, index, scale, displacement, immediate);
        return;
      case Address.Plain:
        assembler.rmi(encoding, reg, base, index, scale, displacement, immediate);
        return;
      case Address.Context:
        assembler.context(encoding, reg, displacement, immediate);
        return;
      case Address.Relocated:
        assembler.rip(encoding, reg, relocation, relocationIndex, 0, immediate);
        return;
      case Address.Constant: {
        const offset = constantOffset(assembler, instruction.constant!);
        assembler.rip(encoding, reg, Relocation.Constant, offset, 0, immediate);
        return;
      }
      default:
        assembler.rmi(encoding, reg, RSP, ABSENT, 1, this.stackOffset(instruction, frame), immediate);
    }
  }

  private stackOffset({ address, displacement }: Instruction, frame: Frame): number {
    if (address === Address.Slot) return frame.slotsOffset + displacement;
    return address === Address.Outgoing ? displacement : frame.returnOffset + 8 + displacement;
  }
}
