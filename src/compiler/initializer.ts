/**
 * What the specification does at instantiation (Wasm 2.0 core, 4.5.4), as one more function: values of globals, active
 * segments, the start function, without what is initial data. It is written as Wasm and compiled like any other.
 */
import { ValueType, type FunctionType } from "../abi/wasm.ts";
import { isDroppedAtStart, type InitialState } from "./initial.ts";
import type { ModuleLayout } from "./layout.ts";
import type { FunctionSource } from "./ir/build.ts";
import type { ModuleFacts } from "./wasm/facts.ts";
import type { ConstantExpression, Module } from "./wasm/module.ts";

const TYPE: FunctionType = { parameters: [], results: [] };

export function initializerOf(
  module: Module,
  facts: ModuleFacts,
  layout: ModuleLayout,
  initial?: InitialState,
): FunctionSource {
  const code = new BodyWriter();
  for (const [index, { initial: expression }] of module.globals.entries()) {
    if (expression === undefined || initial?.globals[index] !== undefined) continue;
    code.expression(expression);
    code.bytes(0x24);
    code.unsigned(index);
  }
  writeElements(module, layout, initial, code);
  for (const [index, { mode, bytes, offset }] of module.dataSegments.entries()) {
    if (mode !== "active" || initial?.dataOffsets[index] !== undefined) continue;
    code.expression(offset!);
    code.range(bytes.length);
    code.bytes(0xfc, 8);
    code.unsigned(index);
    code.bytes(0, 0xfc, 9);
    code.unsigned(index);
  }
  if (module.startFunction !== undefined) {
    code.bytes(0x10);
    code.unsigned(module.startFunction);
  }
  code.bytes(0x0b);
  const bytes = code.finish();
  const body = { start: 0, end: bytes.length, locals: [] };
  return { module: { ...module, bytes }, facts, type: TYPE, body };
}

function writeElements(
  module: Module,
  layout: ModuleLayout,
  initial: InitialState | undefined,
  code: BodyWriter,
): void {
  for (const [index, { mode, table, offset, elements }] of module.elementSegments.entries()) {
    if (mode === "passive") continue;
    if (initial !== undefined && isDroppedAtStart(module, layout, index)) continue;
    if (mode === "active" && layout.constantTables[table] === undefined) {
      code.expression(offset!);
      code.range(elements.length);
      code.bytes(0xfc, 12);
      code.unsigned(index);
      code.unsigned(table);
    }
    code.bytes(0xfc, 13);
    code.unsigned(index);
  }
}

/** Instructions in the binary format. */
class BodyWriter {
  private readonly out: number[] = [];

  finish(): Uint8Array {
    return Uint8Array.from(this.out);
  }

  bytes(...bytes: number[]): void {
    this.out.push(...bytes);
  }

  unsigned(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.out.push((rest & 0x7f) | 0x80);
    this.out.push(rest);
  }

  signed(value: bigint): void {
    let rest = value;
    for (; rest < -64n || rest > 63n; rest >>= 7n) this.out.push(Number(rest & 0x7fn) | 0x80);
    this.out.push(Number(rest & 0x7fn));
  }

  constant(value: number): void {
    this.bytes(0x41);
    this.signed(BigInt(value | 0));
  }

  /** The source and length operands of a bulk instruction: all of a segment. */
  range(length: number): void {
    this.constant(0);
    this.constant(length);
  }

  private little(bits: bigint, sizeBytes: number): void {
    for (let i = 0n; i < BigInt(sizeBytes); i++) this.out.push(Number((bits >> (8n * i)) & 0xffn));
  }

  expression(expression: ConstantExpression): void {
    switch (expression.kind) {
      case "i32":
        this.constant(expression.value);
        break;
      case "i64":
        this.bytes(0x42);
        this.signed(expression.value);
        break;
      case "f32":
        this.bytes(0x43);
        this.little(BigInt.asUintN(32, BigInt(expression.bits)), 4);
        break;
      case "f64":
        this.bytes(0x44);
        this.little(expression.bits, 8);
        break;
      case "v128":
        this.bytes(0xfd, 12);
        this.little(expression.bits, 16);
        break;
      case "global":
        this.bytes(0x23);
        this.unsigned(expression.index);
        break;
      case "null":
        this.bytes(0xd0, expression.type);
        break;
      case "function":
        this.bytes(0xd2);
        this.unsigned(expression.index);
        break;
      case "binary":
        this.expression(expression.left);
        this.expression(expression.right);
        this.bytes(OPERATORS[expression.operator] + (expression.type === ValueType.I64 ? 0x12 : 0));
        break;
    }
  }
}

/** i32.add, i32.sub, i32.mul; the i64 ones are 0x12 further. */
const OPERATORS = { add: 0x6a, sub: 0x6b, mul: 0x6c } as const;
