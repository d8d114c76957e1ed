/**
 * The encoder with labels, relocations and the tables that go with code: what compilers and start-up code write to.
 *
 * One assembler serves one function or a whole module, and after `clear()` the next. Jumps to labels get their
 * shortest form in `finish()`, which gives all positions as offsets in the finished code.
 *
 * Tests: assembler.test.ts. The forms of operands are `Encoder`'s; README.md shows how to use both.
 */
import { Relocation, type Routine } from "../abi/object.ts";
import type { TrapKind } from "../abi/trap.ts";
import { Constants } from "./constants.ts";
import { ABSENT, Encoder } from "./encoder.ts";
import type { Encoding } from "./encoding.ts";
import { Gap, Layout } from "./layout.ts";
import { Records } from "./records.ts";
import { MEMORY_BASE, type Condition } from "./register.ts";

/** Finished code. Flat records as in `CompiledModule`. */
export interface Assembled {
  readonly code: Uint8Array;
  /** Kind, offset of the field, index, addend. */
  readonly relocations: Int32Array;
  readonly constants: Uint8Array;
  /** Offset in `constants` of an i32 entry, of its table, code offset. */
  readonly jumps: Int32Array;
  /** Code offset, `TrapKind`, byte in the module; sorted. */
  readonly traps: Int32Array;
  /** Code offset, byte in the module, function index; sorted. */
  readonly places: Int32Array;
  /** Code offset of each label, -1 if it was never bound. */
  readonly labels: Int32Array;
}

/** What an alignment is filled with. */
export const enum Padding {
  /** Executed: between instructions. */
  Nops = Gap.AlignNops,
  /** Never reached: between functions. */
  Trap = Gap.AlignTrap,
}

const FIELD_BYTES = 4;

/** A tuple of `Count` numbers. */
type Numbers<Count extends number, Known extends number[] = []> = Known["length"] extends Count
  ? Known
  : Numbers<Count, [...Known, number]>;

export class Assembler extends Encoder {
  /** Numbers that code loads: `rip(MOVSD.load, 0, Relocation.Constant, constants.bits64(low, high), 0)`. */
  readonly constants = new Constants();
  private readonly layout = new Layout();
  /** A place in the code is two numbers: position, gaps before it. */
  private readonly relocations = new Records(); // kind, place, index, addend
  private readonly traps = new Records(); // place, kind, byte in the module
  private readonly places = new Records(); // place, byte in the module, function index
  private readonly labelFields = new Records(); // place of the field, label, bytes from the field to the end
  private readonly tableLabels = new Records(); // of all jump tables in order

  label(): number {
    return this.layout.label();
  }

  labels<const Count extends number>(count: Count): Numbers<Count> {
    return Array.from({ length: count }, () => this.label()) as Numbers<Count>;
  }

  bind(label: number): void {
    this.layout.bind(label, this.position);
  }

  jump(label: number): void {
    this.layout.gap(Gap.Jump, this.position, label);
  }

  branch(condition: Condition, label: number): void {
    this.layout.gap(condition, this.position, label);
  }

  call(label: number): void {
    this.relativeOpcode(0xe8);
    this.labelField(label, FIELD_BYTES);
  }

  /** To a multiple of `alignment`, a power of two, counted from the start of this assembler's code. */
  align(alignment: number, padding: Padding = Padding.Nops): void {
    this.layout.gap(padding, this.position, alignment);
  }

  /** As `rip`, of a label in this code. */
  ripLabel(row: Encoding, reg: number, label: number, immediate = 0): void {
    this.ripField(row, reg);
    this.labelField(label, FIELD_BYTES + row.immediateBytes);
    this.immediate(row.immediateBytes, immediate);
  }

  /** [rip + disp32], relocated. `addend` counts bytes of the target. */
  rip(row: Encoding, reg: number, kind: Relocation, index: number, addend: number, immediate = 0): void {
    this.ripField(row, reg);
    this.relocate(kind, FIELD_BYTES, index, addend - FIELD_BYTES - row.immediateBytes);
    this.immediate(row.immediateBytes, immediate);
  }

  /** Byte `slot` of the instance's context. */
  context(row: Encoding, reg: number, slot: number, immediate = 0): void {
    this.relocated(row, reg, MEMORY_BASE, ABSENT, 1, Relocation.Context, slot, 0, immediate);
  }

  /** [base + index * scale + disp32], where the displacement is an absolute relocation. */
  relocated(
    row: Encoding,
    reg: number,
    base: number,
    index: number,
    scale: number,
    kind: Relocation,
    record: number,
    addend: number,
    immediate = 0,
  ): void {
    this.rmWide(row, reg, base, index, scale, 0);
    this.relocate(kind, FIELD_BYTES, record, addend);
    this.immediate(row.immediateBytes, immediate);
  }

  /** The immediate just written is an absolute relocation: of 8 bytes for a `FunctionReference`, else of 4. */
  relocateImmediate(kind: Relocation, index: number, addend = 0): void {
    this.relocate(kind, kind === Relocation.FunctionReference ? 8 : FIELD_BYTES, index, addend);
  }

  callRelocated(kind: Relocation, index: number): void {
    this.relativeOpcode(0xe8);
    this.relocate(kind, FIELD_BYTES, index, -FIELD_BYTES);
  }

  callRoutine(routine: Routine): void {
    this.callRelocated(Relocation.Routine, routine);
  }

  /** A tail call. */
  jumpRelocated(kind: Relocation, index: number): void {
    this.relativeOpcode(0xe9);
    this.relocate(kind, FIELD_BYTES, index, -FIELD_BYTES);
  }

  /** The instruction emitted next can trap. */
  trapSite(kind: TrapKind, wasmOffset: number): void {
    this.place4(this.traps, kind, wasmOffset);
  }

  /** What follows comes from this byte of the module. */
  place(wasmOffset: number, functionIndex: number): void {
    const { values, count } = this.places;
    if (count > 0) {
      if (values[count - 2] === wasmOffset && values[count - 1] === functionIndex) return;
      const here = values[count - 4] === this.position && values[count - 3] === this.layout.gapCount;
      if (here) this.places.count -= 4;
    }
    this.place4(this.places, wasmOffset, functionIndex);
  }

  /** A table of code addresses relative to the table; its offset in the constants. */
  jumpTable(labels: readonly number[]): number {
    for (const label of labels) this.tableLabels.push(label);
    return this.constants.table(labels.length);
  }

  /** The finished code; this assembler stays as it is until `clear()`. */
  finish(): Assembled {
    const { layout } = this;
    layout.solve();
    const code = layout.write(this.bytes.subarray(0, this.position));
    this.writeLabelFields(code);
    const labels = new Int32Array(layout.labelCount);
    for (let label = 0; label < labels.length; label++) labels[label] = layout.labelOffset(label);
    return {
      code,
      relocations: this.finishRelocations(),
      constants: this.constants.finish(),
      jumps: this.finishJumps(),
      traps: this.finishPlaces(this.traps),
      places: this.finishPlaces(this.places),
      labels,
    };
  }

  /** Forgets all code, labels and constants, and keeps the buffers. */
  clear(): void {
    this.position = 0;
    this.layout.clear();
    this.constants.clear();
    for (const records of [this.relocations, this.traps, this.places, this.labelFields, this.tableLabels]) {
      records.clear();
    }
  }

  /** call, jmp: the opcode and a field of zeros. */
  private relativeOpcode(opcode: number): void {
    this.reserve(FIELD_BYTES + 1);
    this.bytes[this.position++] = opcode;
    this.immediate(FIELD_BYTES, 0);
  }

  /** The field is the last `sizeBytes` written. */
  private relocate(kind: Relocation, sizeBytes: number, index: number, addend: number): void {
    const { relocations } = this;
    relocations.push(kind);
    relocations.push(this.position - sizeBytes);
    relocations.push(this.layout.gapCount);
    relocations.push(index);
    relocations.push(addend);
  }

  private labelField(label: number, bytesToEnd: number): void {
    const { labelFields } = this;
    labelFields.push(this.position - FIELD_BYTES);
    labelFields.push(this.layout.gapCount);
    labelFields.push(label);
    labelFields.push(bytesToEnd);
  }

  private place4(records: Records, first: number, second: number): void {
    records.push(this.position);
    records.push(this.layout.gapCount);
    records.push(first);
    records.push(second);
  }

  private writeLabelFields(code: Uint8Array): void {
    const { values, count } = this.labelFields;
    const view = new DataView(code.buffer);
    for (let at = 0; at < count; at += 4) {
      const field = this.layout.offset(values[at]!, values[at + 1]!);
      const target = this.layout.requireLabel(values[at + 2]!);
      view.setInt32(field, target - field - values[at + 3]!, true);
    }
  }

  private finishRelocations(): Int32Array {
    const { values, count } = this.relocations;
    const result = new Int32Array((count / 5) * 4);
    for (let from = 0, to = 0; from < count; from += 5, to += 4) {
      result[to] = values[from]!;
      result[to + 1] = this.layout.offset(values[from + 1]!, values[from + 2]!);
      result[to + 2] = values[from + 3]!;
      result[to + 3] = values[from + 4]!;
    }
    return result;
  }

  private finishPlaces(records: Records): Int32Array {
    const { values, count } = records;
    const result = new Int32Array((count / 4) * 3);
    for (let from = 0, to = 0; from < count; from += 4, to += 3) {
      result[to] = this.layout.offset(values[from]!, values[from + 1]!);
      result[to + 1] = values[from + 2]!;
      result[to + 2] = values[from + 3]!;
    }
    return result;
  }

  private finishJumps(): Int32Array {
    const { tables } = this.constants;
    const result = new Int32Array(this.tableLabels.count * 3);
    let entry = 0;
    for (let table = 0; table < tables.count; table += 2) {
      const offset = tables.at(table);
      for (let index = 0; index < tables.at(table + 1); index++, entry++) {
        result[entry * 3] = offset + index * 4;
        result[entry * 3 + 1] = offset;
        result[entry * 3 + 2] = this.layout.requireLabel(this.tableLabels.at(entry));
      }
    }
    return result;
  }
}
