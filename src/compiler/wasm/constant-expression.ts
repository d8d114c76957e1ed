/**
 * Decodes constant expressions into trees (Wasm 2.0 core, 3.3.10; extended constants), and types them.
 *
 * A tree cannot hold every sequence of instructions that the binary format can: what leaves no value, or more than
 * one, is refused here already, as invalid.
 *
 * Tests: validate.test.ts
 */
import { ValueType, valueTypeName } from "../../abi/wasm.ts";
import type { ByteReader } from "./byte-reader.ts";
import { invalid, malformed, tooLarge, unsupported } from "./error.ts";
import { InstructionReader } from "./instruction.ts";
import { CONSTANT_INSTRUCTIONS_LIMIT } from "./limits.ts";
import type { ConstantExpression, Module } from "./module.ts";
import { rowOf } from "./tables/opcodes.ts";
import { GC } from "./tables/reserved.ts";

type BinaryType = ValueType.I32 | ValueType.I64;

const BINARY: ReadonlyMap<number, readonly ["add" | "sub" | "mul", BinaryType]> = new Map([
  [0x6a, ["add", ValueType.I32]],
  [0x6b, ["sub", ValueType.I32]],
  [0x6c, ["mul", ValueType.I32]],
  [0x7c, ["add", ValueType.I64]],
  [0x7d, ["sub", ValueType.I64]],
  [0x7e, ["mul", ValueType.I64]],
]);

const END = 0x0b;

/** Reads up to and with the `end`. */
export function readConstantExpression(input: ByteReader): ConstantExpression {
  const start = input.position;
  const reader = new InstructionReader({ bytes: input.bytes, types: [] }, { start, end: input.end });
  const stack: ConstantExpression[] = [];
  for (let count = 0; ; count++) {
    if (!reader.next()) throw malformed(input.end, "unexpected end of section or function");
    if (reader.opcode === END) break;
    if (count === CONSTANT_INSTRUCTIONS_LIMIT) {
      throw tooLarge(reader.offset, "constant expression too long", CONSTANT_INSTRUCTIONS_LIMIT);
    }
    stack.push(nodeOf(reader, stack));
  }
  input.position = reader.offset + 1;
  const [expression] = stack;
  if (expression === undefined || stack.length > 1) {
    throw invalid(start, `type mismatch: a constant expression leaves ${stack.length} values, not one`);
  }
  return expression;
}

/** Takes its operands from the stack. */
function nodeOf(reader: InstructionReader, stack: ConstantExpression[]): ConstantExpression {
  switch (reader.opcode) {
    case 0x23:
      return { kind: "global", index: reader.index };
    case 0x41:
      return { kind: "i32", value: reader.i32 };
    case 0x42:
      return { kind: "i64", value: reader.i64 };
    case 0x43:
      return { kind: "f32", bits: reader.f32Bits };
    case 0x44:
      return { kind: "f64", bits: reader.f64Bits };
    case 0xd0:
      return { kind: "null", type: reader.selectType || ValueType.FuncRef };
    case 0xd2:
      return { kind: "function", index: reader.index };
    case 0xfd000c:
      return { kind: "v128", bits: reader.v128Bits };
  }
  const binary = BINARY.get(reader.opcode);
  if (binary === undefined) {
    throw invalid(reader.offset, `constant expression required, found ${rowOf(reader.opcode).name}`);
  }
  const right = stack.pop();
  const left = stack.pop();
  if (left === undefined || right === undefined) {
    throw invalid(reader.offset, `type mismatch: ${rowOf(reader.opcode).name} lacks an operand`);
  }
  const [operator, type] = binary;
  return { kind: "binary", operator, type, left, right };
}

interface Context extends Pick<Module, "functionTypes" | "globals"> {
  /** How many globals come before the expression, for initial values of globals; of all others unset. */
  readonly precedingGlobalCount?: number;
}

/** Checks an expression that stands at `offset`, and that it has the type expected. */
export function checkConstantExpression(
  expression: ConstantExpression,
  expected: ValueType,
  context: Context,
  offset: number,
): void {
  const found = typeOf(expression, context, offset);
  if (found !== expected) {
    throw invalid(
      offset,
      `type mismatch: constant expression of type ${valueTypeName(found)}, not ${valueTypeName(expected)}`,
    );
  }
}

function typeOf(expression: ConstantExpression, context: Context, offset: number): ValueType {
  switch (expression.kind) {
    case "i32":
      return ValueType.I32;
    case "i64":
      return ValueType.I64;
    case "f32":
      return ValueType.F32;
    case "f64":
      return ValueType.F64;
    case "v128":
      return ValueType.V128;
    case "null":
      return expression.type;
    case "function":
      if (expression.index >= context.functionTypes.length) {
        throw invalid(offset, `unknown function ${expression.index}`);
      }
      return ValueType.FuncRef;
    case "global":
      return typeOfGlobal(expression.index, context, offset);
    case "binary":
      checkConstantExpression(expression.left, expression.type, context, offset);
      checkConstantExpression(expression.right, expression.type, context, offset);
      return expression.type;
  }
}

/** Only imported globals have a value before the module's own are made. */
function typeOfGlobal(index: number, context: Context, offset: number): ValueType {
  const { globals, precedingGlobalCount = globals.length } = context;
  const global = globals[index];
  if (global === undefined || index >= precedingGlobalCount) throw invalid(offset, `unknown global ${index}`);
  if (global.mutable) throw invalid(offset, `constant expression required, global ${index} is mutable`);
  if (!global.imported) throw unsupported(offset, `unknown global ${index}, which is not imported`, GC);
  return global.type;
}

/** Whether its value is known before the module is instantiated. */
export function isLiteral(expression: ConstantExpression): boolean {
  if (expression.kind === "global") return false;
  if (expression.kind === "binary") return isLiteral(expression.left) && isLiteral(expression.right);
  return true;
}
