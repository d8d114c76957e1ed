/** One Wasm instruction that is no control flow between labels, as values of the block being built. */
import { ValueType, type FunctionType } from "../../abi/wasm.ts";
import { rowOf } from "../wasm/tables/opcodes.ts";
import type { Builder } from "./build.ts";
import { End, NONE, type Value } from "./graph.ts";
import { Op, opOf } from "./tables/op.ts";

/** Builds the instruction that the builder's reader has read. */
export function buildInstruction(builder: Builder): void {
  const special = SPECIAL.get(builder.reader.opcode);
  if (special !== undefined) special(builder);
  else buildOrdinary(builder);
}

/** Arguments and result as the opcode's row says; immediates as they come. */
function buildOrdinary(builder: Builder): void {
  const { reader } = builder;
  const row = rowOf(reader.opcode);
  const args = builder.popMany(row.pop.length);
  const type = row.push[0] ?? NONE;
  const op = opOf(reader.opcode);
  const immediate = row.immediate === "memory" || row.immediate === "memoryLane" ? reader.memoryOffset : 0;
  const lane = row.immediate === "memoryLane" || row.immediate === "lane" ? reader.lane : 0;
  const value = builder.emit(op, type, args, immediate, 0n, lane);
  if (type !== NONE) builder.push(value);
}

type Build = (builder: Builder) => void;

/** Pops, emits with one index as immediate, pushes. */
function withIndex(op: number, count: number, type: (builder: Builder) => ValueType | typeof NONE): Build {
  return (builder) => {
    const args = builder.popMany(count);
    const result = type(builder);
    const { index, index2 } = builder.reader;
    const value = builder.emit(op, result, args, index, 0n, index2);
    if (result !== NONE) builder.push(value);
  };
}

const none = (): typeof NONE => NONE;
const i32 = (): ValueType => ValueType.I32;

function select(builder: Builder): void {
  const args = builder.popMany(3);
  builder.push(builder.emit(Op.Select, args[0]!.type, args));
}

function getGlobal(builder: Builder): void {
  const { index } = builder.reader;
  const { type, initial } = builder.module.globals[index]!;
  const written = builder.facts.globalIsWritten[index]!;
  if (!written && initial !== undefined && "value" in initial) {
    builder.push(builder.constantOf(type, BigInt(initial.value)));
  } else if (!written && initial !== undefined && "bits" in initial) {
    builder.push(builder.constantOf(type, BigInt(initial.bits)));
  } else {
    builder.push(builder.emit(Op.GlobalGet, type, [], index));
  }
}

function call(builder: Builder): void {
  const { index } = builder.reader;
  const type = builder.module.types[builder.module.functionTypes[index]!]!;
  emitCall(builder, Op.Call, type, builder.popMany(type.parameters.length), index, 0);
}

function callIndirect(builder: Builder): void {
  const { index, index2 } = builder.reader;
  const type = builder.module.types[index]!;
  const args = builder.popMany(type.parameters.length + 1);
  emitCall(builder, Op.CallIndirect, type, args, index, index2);
}

function emitCall(
  builder: Builder,
  op: number,
  { results }: FunctionType,
  args: Value[],
  immediate: number,
  immediate2: number,
): void {
  const single = results.length === 1;
  const made = builder.emit(op, single ? results[0]! : NONE, args, immediate, 0n, immediate2);
  if (single) builder.push(made);
  else
    for (const [index, type] of results.entries())
      builder.push(builder.emit(Op.Projection, type, [made], index));
}

function tailCall(builder: Builder): void {
  const { index } = builder.reader;
  const type = builder.module.types[builder.module.functionTypes[index]!]!;
  const block = builder.close(End.TailCall, builder.popMany(type.parameters.length));
  block.target = index;
}

function tailCallIndirect(builder: Builder): void {
  const { index, index2 } = builder.reader;
  const type = builder.module.types[index]!;
  const block = builder.close(End.TailCallIndirect, builder.popMany(type.parameters.length + 1));
  block.target = index;
  block.target2 = index2;
}

/** What a segment takes from globals is known only now: those elements are written one by one. */
function tableInit(builder: Builder): void {
  const { index, index2 } = builder.reader;
  const args = builder.popMany(3);
  const [target, source, length] = args as [Value, Value, Value];
  builder.emit(Op.TableInit, NONE, args, index, 0n, index2);
  const { type, elements } = builder.module.elementSegments[index]!;
  for (const [each, element] of elements.entries()) {
    if (element.kind !== "global") continue;
    const distance = builder.emit(Op.I32Sub, ValueType.I32, [builder.i32(each), source]);
    builder.when(builder.emit(Op.I32LtU, ValueType.I32, [distance, length]), () => {
      const place = builder.emit(Op.I32Add, ValueType.I32, [target, distance]);
      const reference = builder.emit(Op.GlobalGet, type, [], element.index);
      builder.emit(Op.TableSet, NONE, [place, reference], index2);
    });
  }
}

const tableType: (builder: Builder) => ValueType = ({ module, reader }) => module.tables[reader.index]!.type;

const SPECIAL: ReadonlyMap<number, Build> = new Map<number, Build>([
  [0x10, call],
  [0x11, callIndirect],
  [0x12, tailCall],
  [0x13, tailCallIndirect],
  [0x1a, (builder) => void builder.pop()],
  [0x1b, select],
  [0x1c, select],
  [0x20, (builder) => builder.push(builder.locals[builder.reader.index]!)],
  [0x21, (builder) => void (builder.locals[builder.reader.index] = builder.pop())],
  [0x22, (builder) => void (builder.locals[builder.reader.index] = builder.stack.at(-1)!)],
  [0x23, getGlobal],
  [0x24, withIndex(Op.GlobalSet, 1, none)],
  [0x25, withIndex(Op.TableGet, 1, tableType)],
  [0x26, withIndex(Op.TableSet, 2, none)],
  [0x41, (builder) => builder.push(builder.i32(builder.reader.i32))],
  [0x42, (builder) => builder.push(builder.constantOf(ValueType.I64, builder.reader.i64))],
  [0x43, (builder) => builder.push(builder.constantOf(ValueType.F32, BigInt(builder.reader.f32Bits)))],
  [0x44, (builder) => builder.push(builder.constantOf(ValueType.F64, builder.reader.f64Bits))],
  [0xd0, (builder) => builder.push(builder.constantOf(ValueType.FuncRef, 0n))],
  [0xd1, (builder) => builder.push(builder.emit(Op.IsNull, ValueType.I32, [builder.pop()]))],
  [0xd2, withIndex(Op.FunctionReference, 0, () => ValueType.FuncRef)],
  [0xfc0008, withIndex(Op.MemoryInit, 3, none)],
  [0xfc0009, withIndex(Op.DataDrop, 0, none)],
  [0xfc000a, withIndex(Op.MemoryCopy, 3, none)],
  [0xfc000b, withIndex(Op.MemoryFill, 3, none)],
  [0xfc000c, tableInit],
  [0xfc000d, withIndex(Op.ElemDrop, 0, none)],
  [0xfc000e, withIndex(Op.TableCopy, 3, none)],
  [0xfc000f, withIndex(Op.TableGrow, 2, i32)],
  [0xfc0010, withIndex(Op.TableSize, 0, i32)],
  [0xfc0011, withIndex(Op.TableFill, 3, none)],
  [0xfd000c, (builder) => builder.push(builder.constantOf(ValueType.V128, builder.reader.v128Bits))],
  [
    0xfd000d,
    (builder) => {
      const args = builder.popMany(2);
      const op = opOf(0xfd000d);
      builder.push(builder.emit(op, ValueType.V128, args, 0, builder.reader.v128Bits));
    },
  ],
]);
