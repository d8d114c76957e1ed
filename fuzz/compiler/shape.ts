/** What the generator's functions know of the module they are in, and of the function they are written for. */
import { ValueType, type FunctionType } from "../../src/abi/wasm.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Choice } from "./choice.ts";
import type { Nodes } from "./nodes.ts";

export interface ModuleShape {
  readonly types: readonly FunctionType[];
  /** Index in `types` of each function, in the order of the index space. */
  readonly functions: readonly number[];
  readonly globals: readonly { readonly type: ValueType; readonly mutable: boolean }[];
  readonly memoryPages: number;
  readonly memoryPagesLimit: number;
  readonly tableLength: number;
  readonly dataSegmentBytes: readonly number[];
  readonly elementSegmentLengths: readonly number[];
  /** Functions with an index below this one call nobody, so they need no fuel. */
  readonly leafCount: number;
  /** The global that each call of a function that calls takes one from. */
  readonly fuelGlobal: number;
  readonly vectors: boolean;
  readonly tailCalls: boolean;
}

/** A loop's own local: it counts every way back to the loop's start. */
export interface Counter {
  readonly local: number;
  readonly type: ValueType.I32 | ValueType.I64;
  readonly step: number;
  readonly limit: number;
}

export interface Label {
  /** What a branch to it takes. */
  readonly types: readonly ValueType[];
  /** Of a loop: a branch to it must count, as `branchBack` of loop.ts does. */
  readonly counter?: Counter;
}

export class FunctionScope {
  readonly code = new ByteWriter();
  readonly module: ModuleShape;
  readonly choice: Choice;
  readonly nodes: Nodes;
  readonly type: FunctionType;
  readonly isLeaf: boolean;
  /** Whether divisions, conversions and addresses are left to trap as they like. */
  readonly isRisky: boolean;
  /** Parameters, then locals. */
  readonly locals: ValueType[];
  /** Locals that nothing but their loop may write. */
  readonly reserved = new Set<number>();
  readonly labels: Label[] = [];
  /** How many loops are around what is written now. */
  loopDepth = 0;
  /** Locals made by the generator for its own use, by type. */
  #scratch = new Map<ValueType, number>();

  constructor(module: ModuleShape, index: number, choice: Choice, nodes: Nodes) {
    this.module = module;
    this.choice = choice;
    this.nodes = nodes;
    this.type = module.types[module.functions[index]!]!;
    this.isLeaf = index < module.leafCount;
    this.isRisky = choice.chance(25);
    this.locals = [...this.type.parameters];
  }

  addLocal(type: ValueType): number {
    this.locals.push(type);
    return this.locals.length - 1;
  }

  /** A local that lives for a few instructions: nothing else is generated between its write and its last read. */
  scratch(type: ValueType): number {
    let local = this.#scratch.get(type);
    if (local === undefined) {
      local = this.addLocal(type);
      this.reserved.add(local);
      this.#scratch.set(type, local);
    }
    return local;
  }

  localsOf(type: ValueType): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.locals.length; index++) {
      if (this.locals[index] === type) found.push(index);
    }
    return found;
  }

  writableLocal(type: ValueType): number {
    const found = this.localsOf(type).filter((local) => !this.reserved.has(local));
    if (found.length === 0 || (found.length < 3 && this.choice.chance(10))) return this.addLocal(type);
    return this.choice.pick(found);
  }

  get(local: number): void {
    this.code.byte(0x20);
    this.code.unsigned(local);
  }

  set(local: number): void {
    this.code.byte(0x21);
    this.code.unsigned(local);
  }

  tee(local: number): void {
    this.code.byte(0x22);
    this.code.unsigned(local);
  }

  constant32(value: number): void {
    this.code.byte(0x41);
    this.code.signed32(value);
  }

  constant64(value: bigint): void {
    this.code.byte(0x42);
    this.code.signed64(value);
  }

  /** The zero of a type, or the null reference. */
  zero(type: ValueType): void {
    switch (type) {
      case ValueType.I32:
        return this.constant32(0);
      case ValueType.I64:
        return this.constant64(0n);
      case ValueType.F32:
        this.code.byte(0x43);
        return this.code.word32(0);
      case ValueType.F64:
        this.code.byte(0x44);
        return this.code.word64(0n);
      case ValueType.V128:
        this.code.byte(0xfd, 0x0c, ...new Array<number>(16).fill(0));
        return;
      default:
        this.code.byte(0xd0, type);
    }
  }

  /** A numeric type, or with vectors one more. */
  anyType(): ValueType {
    const vector = this.module.vectors ? 3 : 0;
    return this.choice.weighted<ValueType>([
      [8, ValueType.I32],
      [6, ValueType.I64],
      [2, ValueType.F32],
      [4, ValueType.F64],
      [vector, ValueType.V128],
    ]);
  }
}
