/**
 * The constants of a function, each made once. They belong to no place in the code: instruction selection makes them
 * where they are used.
 */
import { ValueType } from "../../abi/wasm.ts";
import type { Graph, Value } from "./graph.ts";
import { Op } from "./tables/op.ts";

export class Constants {
  private readonly graph: Graph;
  private readonly known = new Map<string | number, Value>();

  constructor(graph: Graph) {
    this.graph = graph;
  }

  i32(bits: number): Value {
    return this.find(bits | 0, ValueType.I32, bits | 0, 0n);
  }

  /** A constant of any type; bits of floats and vectors unsigned, of i64 signed. */
  of(type: ValueType, bits: bigint): Value {
    if (type === ValueType.I32) return this.i32(Number(BigInt.asIntN(32, bits)));
    if (type === ValueType.F32) {
      const number = Number(BigInt.asIntN(32, bits));
      return this.find(`f${number}`, type, number, 0n);
    }
    const big = type === ValueType.I64 ? BigInt.asIntN(64, bits) : bits;
    return this.find(`${type} ${big}`, type, 0, big);
  }

  private find(key: string | number, type: ValueType, immediate: number, big: bigint): Value {
    let value = this.known.get(key);
    if (value === undefined) {
      value = this.graph.make(Op.Constant, type, [], this.graph.entry, immediate, big);
      this.known.set(key, value);
    }
    return value;
  }
}
