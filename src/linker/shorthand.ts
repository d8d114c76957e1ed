/** Code written by hand that names a program's data: what linker and platforms write. */
import { Relocation } from "../abi/object.ts";
import { HandAssembler } from "../x64/hand-assembler.ts";
import { LEA64, MOV64 } from "../x64/tables/index.ts";
import type { Place } from "./platform.ts";

export class Shorthand extends HandAssembler {
  /** The address of byte `addend` of a place. */
  placeAddress(to: number, place: Place, addend = 0): void {
    this.rip(LEA64, to, Relocation.DataSegment, place, addend);
  }

  loadPlace(to: number, place: Place, addend = 0): void {
    this.rip(MOV64.regRm, to, Relocation.DataSegment, place, addend);
  }

  storePlace(place: Place, addend: number, from: number): void {
    this.rip(MOV64.rmReg, from, Relocation.DataSegment, place, addend);
  }

  codeBase(to: number): void {
    this.rip(LEA64, to, Relocation.CodeBase, 0, 0);
  }
}
