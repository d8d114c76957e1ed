/**
 * The stack of operand types of a body being validated (Wasm 2.0 core, appendix A.3).
 *
 * Holds bytes, not objects. A block sees only what lies above its floor; after an unconditional branch the stack is
 * polymorphic, and a pop below the floor gives `UNKNOWN`, which matches every type.
 */
import { valueTypeName, type ValueType } from "../../abi/wasm.ts";
import { invalid, tooLarge, type WasmError } from "./error.ts";
import { OPERANDS_LIMIT } from "./limits.ts";
import { rowOf } from "./tables/opcodes.ts";

export const UNKNOWN = 0;

/** A type on the stack, or UNKNOWN. */
export type Operand = ValueType | typeof UNKNOWN;

/** Where we are, for messages. */
export interface Place {
  readonly offset: number;
  readonly opcode: number;
}

const INITIAL_SIZE = 1024;

export class OperandStack {
  height = 0;
  /** Height at the start of the innermost block. */
  floor = 0;
  unreachable = false;
  private types = new Uint8Array(INITIAL_SIZE);
  private place: Place = { offset: 0, opcode: 0 };

  reset(place: Place): void {
    this.place = place;
    this.height = 0;
    this.floor = 0;
    this.unreachable = false;
  }

  push(type: Operand): void {
    if (this.height === this.types.length) this.grow();
    this.types[this.height++] = type;
  }

  pop(expected: ValueType): void {
    if (this.height === this.floor) {
      if (!this.unreachable) throw this.missing(expected);
      return;
    }
    const found = this.types[--this.height]!;
    if (found !== expected && found !== UNKNOWN) throw this.mismatch(expected, found);
  }

  popAny(): Operand {
    if (this.height > this.floor) return this.types[--this.height]!;
    if (!this.unreachable) throw this.missing(UNKNOWN);
    return UNKNOWN;
  }

  pushAll(types: readonly ValueType[]): void {
    for (let index = 0; index < types.length; index++) this.push(types[index]!);
  }

  /** The last of the types is the topmost. */
  popAll(types: readonly ValueType[]): void {
    for (let index = types.length - 1; index >= 0; index--) this.pop(types[index]!);
  }

  /** As popping the types and pushing what was found: a br_table's labels all see the same operands. */
  peekAll(types: readonly ValueType[]): void {
    let at = this.height;
    for (let index = types.length - 1; index >= 0; index--) {
      const expected = types[index]!;
      if (at === this.floor) {
        if (!this.unreachable) throw this.missing(expected);
        return;
      }
      const found = this.types[--at]!;
      if (found !== expected && found !== UNKNOWN) throw this.mismatch(expected, found);
    }
  }

  /** What follows an unconditional branch. */
  setUnreachable(): void {
    this.height = this.floor;
    this.unreachable = true;
  }

  checkEmpty(): void {
    const rest = this.height - this.floor;
    if (rest === 0) return;
    throw invalid(
      this.place.offset,
      `type mismatch: ${rest} values remain on the stack at the end of a block`,
    );
  }

  mismatch(expected: Operand, found: Operand): WasmError {
    return invalid(
      this.place.offset,
      `type mismatch: ${rowOf(this.place.opcode).name} expects ${nameOf(expected)}, found ${nameOf(found)}`,
    );
  }

  private missing(expected: Operand): WasmError {
    return invalid(
      this.place.offset,
      `type mismatch: ${rowOf(this.place.opcode).name} expects ${nameOf(expected)}, but the stack is empty`,
    );
  }

  private grow(): void {
    if (this.height >= OPERANDS_LIMIT) throw tooLarge(this.place.offset, "too many operands", OPERANDS_LIMIT);
    const types = new Uint8Array(this.types.length * 2);
    types.set(this.types);
    this.types = types;
  }
}

function nameOf(type: Operand): string {
  return type === UNKNOWN ? "a value" : valueTypeName(type);
}
