/**
 * Random modules of one function whose instructions mostly fit, so that validators get far before they refuse.
 *
 * The generator keeps a stack of types of its own, loosely: it may err, which is wanted now and then.
 */
import { ValueType } from "../../abi/wasm.ts";
import type { Random } from "../../link/random.ts";
import { leb, moduleOf, section, vector } from "./module.harness.ts";
import { INSTRUCTIONS, type Instruction } from "./tables/opcodes.ts";

const { I32, I64, F32, F64, V128, FuncRef, ExternRef } = {
  I32: ValueType.I32,
  I64: ValueType.I64,
  F32: ValueType.F32,
  F64: ValueType.F64,
  V128: ValueType.V128,
  FuncRef: ValueType.FuncRef,
  ExternRef: ValueType.ExternRef,
};

const VALUE_TYPES: readonly ValueType[] = [I32, I64, F32, F64, V128, FuncRef, ExternRef];

/** The module's types, by index: what blocks and calls use. */
const TYPES: readonly (readonly [parameters: readonly ValueType[], results: readonly ValueType[]])[] = [
  [[], []],
  [[I32], [I32]],
  [[I32, F64], [I64]],
  [[], [I32, I64]],
  [[ExternRef], [FuncRef]],
  [
    [I64, V128],
    [V128, I64],
  ],
];

/** Locals and globals, all types: each index is of VALUE_TYPES. */
const ORDINARY = INSTRUCTIONS.filter((row) => !row.special);
const SPECIAL = INSTRUCTIONS.filter((row) => row.special);
const MOST_INSTRUCTIONS = 40;

interface Frame {
  readonly opcode: number;
  readonly type: number;
  readonly height: number;
}

class BodyGenerator {
  readonly code: number[] = [];
  private readonly stack: ValueType[] = [];
  private readonly frames: Frame[] = [];
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  run(): number[] {
    for (let left = this.below(MOST_INSTRUCTIONS); left > 0; left--) {
      if (this.random() < 0.35) this.special(this.pick(SPECIAL));
      else this.ordinary(this.fitting());
    }
    while (this.frames.length > 0) this.end();
    // The function has no results: what is left goes.
    for (let left = this.stack.length; left > 0; left--) this.code.push(0x1a);
    return this.code;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** Seldom true: an index or type gets wrong. */
  private errs(): boolean {
    return this.random() < 0.004;
  }

  private index(limit: number): number[] {
    return leb(this.errs() ? limit + this.below(3) : this.below(limit));
  }

  private opcode(row: Instruction): void {
    if (row.opcode < 0x100) this.code.push(row.opcode);
    else this.code.push(row.opcode >> 16, ...leb(row.opcode & 0xffff));
  }

  /** Makes the types come on top of the stack. */
  private want(types: readonly ValueType[]): void {
    const floor = this.frames.at(-1)?.height ?? 0;
    const { stack } = this;
    const there =
      stack.length - floor >= types.length && types.every((type, at) => stack.at(at - types.length) === type);
    if (there) return;
    for (const type of types) this.constant(this.errs() ? this.pick(VALUE_TYPES) : type);
  }

  private take(types: readonly ValueType[]): void {
    this.want(types);
    this.stack.length = Math.max(0, this.stack.length - types.length);
  }

  private constant(type: ValueType): void {
    const { code } = this;
    if (this.random() < 0.5) code.push(0x20, VALUE_TYPES.indexOf(type));
    else if (type === I32) code.push(0x41, this.below(128));
    else if (type === I64) code.push(0x42, this.below(128));
    else if (type === F32) code.push(0x43, ...this.bytes(4));
    else if (type === F64) code.push(0x44, ...this.bytes(8));
    else if (type === V128) code.push(0xfd, 0x0c, ...this.bytes(16));
    else code.push(0xd0, type);
    this.stack.push(type);
  }

  private bytes(count: number): number[] {
    return Array.from({ length: count }, () => this.below(256));
  }

  /** Preferably one whose operands are there. */
  private fitting(): Instruction {
    for (let attempts = 6; attempts > 0; attempts--) {
      const row = this.pick(ORDINARY);
      if (row.pop.every((type, at) => this.stack.at(at - row.pop.length) === type)) return row;
    }
    return this.pick(ORDINARY);
  }

  private ordinary(row: Instruction): void {
    this.take(row.pop);
    this.opcode(row);
    this.code.push(...this.immediate(row));
    this.stack.push(...row.push);
  }

  private immediate({ immediate, alignment, opcode }: Instruction): number[] {
    switch (immediate) {
      case "none":
        return [];
      case "memory":
      case "memoryLane": {
        const exponent = opcode >= 0xfe0000 ? alignment : this.below(alignment + 1);
        const lane = immediate === "memoryLane" ? this.index(16 >> alignment) : [];
        return [exponent + (this.errs() ? this.below(3) : 0), ...leb(this.below(300)), ...lane];
      }
      case "i32":
      case "i64":
        return [this.below(128)];
      case "f32":
        return this.bytes(4);
      case "f64":
        return this.bytes(8);
      case "v128":
        return this.bytes(16);
      case "lanes":
        return Array.from({ length: 16 }, () => this.below(this.errs() ? 33 : 32));
      case "lane":
        return this.index(2);
      case "data":
        return this.index(1);
      case "element":
        return this.index(2);
      case "elementTable":
        return [...this.index(2), ...this.index(2)];
      case "tableTable":
        return [...this.index(2), ...this.index(2)];
      case "dataMemory":
        return [...this.index(1), 0];
      case "memoryMemory":
        return [0, 0];
      case "function":
        return this.index(TYPES.length + 1);
      default:
        return this.index(1);
    }
  }

  private special(row: Instruction): void {
    switch (row.name) {
      case "block":
      case "loop":
      case "if":
        return this.open(row);
      case "else":
        return this.otherwise();
      case "end":
        return this.frames.length > 0 ? this.end() : undefined;
      case "br":
      case "br_if":
        return this.branch(row);
      case "br_table":
        this.take([I32]);
        return this.emit(row, [2, ...this.label(), ...this.label(), ...this.label()]);
      case "local.get":
      case "global.get": {
        const at = this.below(VALUE_TYPES.length);
        this.emit(row, [at]);
        this.stack.push(VALUE_TYPES[at]!);
        return;
      }
      case "local.set":
      case "local.tee":
      case "global.set": {
        const at = this.below(VALUE_TYPES.length);
        this.take([VALUE_TYPES[at]!]);
        if (row.name === "local.tee") this.stack.push(VALUE_TYPES[at]!);
        return this.emit(row, [at]);
      }
      default:
        return this.rarer(row);
    }
  }

  private rarer(row: Instruction): void {
    switch (row.name) {
      case "unreachable":
      case "return":
        return this.random() < 0.3 ? this.emit(row, []) : undefined;
      case "call":
      case "call_indirect":
      case "return_call":
      case "return_call_indirect": {
        if (row.name.startsWith("return") && this.random() < 0.8) return;
        const type = this.below(TYPES.length);
        const indirect = row.name.endsWith("indirect");
        this.take([...TYPES[type]![0], ...(indirect ? [I32] : [])]);
        this.stack.push(...TYPES[type]![1]);
        return this.emit(row, indirect ? [type, this.errs() ? 1 : 0] : [type]);
      }
      case "drop":
        if (this.stack.length > (this.frames.at(-1)?.height ?? 0)) this.stack.pop();
        else if (!this.errs()) return;
        return this.emit(row, []);
      case "select": {
        const typed = row.immediate === "selectTypes";
        const type = this.pick(typed || this.errs() ? VALUE_TYPES : VALUE_TYPES.slice(0, 5));
        this.take([type, type, I32]);
        this.stack.push(type);
        return this.emit(row, typed ? [1, type] : []);
      }
      case "ref.null":
        return this.constant(this.pick([FuncRef, ExternRef]));
      case "ref.is_null":
        this.take([this.pick([FuncRef, ExternRef])]);
        this.stack.push(I32);
        return this.emit(row, []);
      default:
        return this.table(row);
    }
  }

  private table(row: Instruction): void {
    const index = this.below(2);
    const type = index === 0 ? FuncRef : ExternRef;
    const operands: Readonly<Record<string, readonly ValueType[]>> = {
      "table.get": [I32],
      "table.set": [I32, type],
      "table.grow": [type, I32],
      "table.fill": [I32, type, I32],
    };
    this.take(operands[row.name]!);
    this.emit(row, [index]);
    if (row.name === "table.get") this.stack.push(type);
    if (row.name === "table.grow") this.stack.push(I32);
  }

  private emit(row: Instruction, immediates: readonly number[]): void {
    this.opcode(row);
    this.code.push(...immediates);
  }

  private open(row: Instruction): void {
    const type = this.below(TYPES.length);
    const [parameters] = TYPES[type]!;
    this.take(row.name === "if" ? [...parameters, I32] : parameters);
    this.emit(row, [type]);
    this.frames.push({ opcode: row.opcode, type, height: this.stack.length });
    this.stack.push(...parameters);
  }

  /** Leaves exactly the results of the innermost block. */
  private settle(): Frame {
    const frame = this.frames.at(-1)!;
    const results = TYPES[frame.type]![1];
    while (this.stack.length > frame.height) {
      this.stack.pop();
      this.code.push(0x1a);
    }
    this.want(results);
    this.stack.length = frame.height;
    return frame;
  }

  private otherwise(): void {
    if (this.frames.at(-1)?.opcode !== 0x04) return;
    const { type, height } = this.settle();
    this.frames.pop();
    this.frames.push({ opcode: 0x05, type, height });
    this.code.push(0x05);
    this.stack.push(...TYPES[type]![0]);
  }

  private end(): void {
    const { opcode, type } = this.settle();
    if (opcode === 0x04 && !this.errs()) return void (this.otherwise(), this.finish(this.settle().type));
    this.finish(type);
  }

  private finish(type: number): void {
    this.frames.pop();
    this.code.push(0x0b);
    this.stack.push(...TYPES[type]![1]);
  }

  private label(): number[] {
    return this.index(this.frames.length + 1);
  }

  private branch(row: Instruction): void {
    if (row.name === "br" && this.random() < 0.7) return;
    const depth = this.below(this.frames.length + 1);
    const frame = this.frames.at(-1 - depth);
    const types =
      frame === undefined || depth === this.frames.length
        ? []
        : TYPES[frame.type]![frame.opcode === 0x03 ? 0 : 1];
    if (row.name === "br_if") this.take([...types, I32]);
    else this.take(types);
    this.emit(row, [depth]);
    this.stack.push(...types);
  }
}

export function randomModule(random: Random): Uint8Array {
  const locals = vector(VALUE_TYPES.map((type) => [1, type]));
  const body = [...locals, ...new BodyGenerator(random).run(), 0x0b];
  const zeros: readonly (readonly number[])[] = [
    [0x41, 0],
    [0x42, 0],
    [0x43, 0, 0, 0, 0],
    [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
    [0xfd, 0x0c, ...new Array<number>(16).fill(0)],
    [0xd0, FuncRef],
    [0xd0, ExternRef],
  ];
  const imports = TYPES.map((_, type) => [0, 0, 0, type]);
  return moduleOf(
    section(
      1,
      vector(
        TYPES.map(([parameters, results]) => [
          0x60,
          parameters.length,
          ...parameters,
          results.length,
          ...results,
        ]),
      ),
    ),
    section(2, vector(imports)),
    section(3, [1, 0]),
    section(
      4,
      vector([
        [FuncRef, 0, 1],
        [ExternRef, 0, 1],
      ]),
    ),
    section(5, [1, 0, 1]),
    section(6, vector(VALUE_TYPES.map((type, index) => [type, 1, ...zeros[index]!, 0x0b]))),
    section(
      9,
      vector([
        [0x01, 0, 2, 0, 6],
        [0x05, ExternRef, 0],
      ]),
    ),
    section(12, [1]),
    section(10, vector([[...leb(body.length), ...body]])),
    section(11, vector([[1, 0]])),
  );
}
