/** The instructions whose types depend on more than their opcode (Wasm 2.0 core, 3.3). */
import { ValueType, type FunctionType } from "../../abi/wasm.ts";
import { IF, type BodyContext } from "./body-context.ts";
import { malformed } from "./error.ts";
import { tableType } from "./immediates.ts";
import { denseOpcode } from "./tables/opcodes.ts";
import { UNKNOWN, type Operand } from "./operands.ts";
import { isReferenceType } from "./types.ts";

type Special = (context: BodyContext) => void;

// Control.

function unreachable({ operands }: BodyContext): void {
  operands.setUnreachable();
}

function block(context: BodyContext): void {
  const { opcode, blockType } = context.reader;
  if (opcode === IF) context.operands.pop(ValueType.I32);
  context.operands.popAll(blockType.parameters);
  context.pushFrame(opcode, blockType);
}

function otherwise(context: BodyContext): void {
  const { opcode, offset } = context.reader;
  const frame = context.popFrame();
  if (frame.opcode !== IF) throw malformed(offset, "END opcode expected, found else outside an if");
  context.pushFrame(opcode, frame.type);
}

function end(context: BodyContext): void {
  const { opcode, type } = context.popFrame();
  if (opcode === IF && !sameTypes(type.parameters, type.results)) {
    context.fail("type mismatch: an if without else must have the results that it has as parameters");
  }
  if (context.frameCount > 0) context.operands.pushAll(type.results);
}

function sameTypes(one: readonly ValueType[], other: readonly ValueType[]): boolean {
  return one.length === other.length && one.every((type, index) => type === other[index]);
}

function branch(context: BodyContext): void {
  context.operands.popAll(context.labelTypes(context.reader.index));
  context.operands.setUnreachable();
}

function branchIf(context: BodyContext): void {
  const { operands } = context;
  const types = context.labelTypes(context.reader.index);
  operands.pop(ValueType.I32);
  operands.popAll(types);
  operands.pushAll(types);
}

function branchTable(context: BodyContext): void {
  const { operands, reader } = context;
  operands.pop(ValueType.I32);
  const types = context.labelTypes(reader.labels.at(-1)!);
  let last: readonly ValueType[] | undefined;
  for (const label of reader.labels) {
    const others = context.labelTypes(label);
    if (others === last) continue;
    if (others.length !== types.length) {
      context.fail(`type mismatch: labels of br_table take ${types.length} and ${others.length} values`);
    }
    operands.peekAll(others);
    last = others;
  }
  operands.setUnreachable();
}

function finish({ operands, results }: BodyContext): void {
  operands.popAll(results);
  operands.setUnreachable();
}

// Calls.

function calledType(context: BodyContext): FunctionType {
  const { module, reader } = context;
  const type = module.functionTypes[reader.index];
  if (type === undefined) context.fail(`unknown function ${reader.index}`);
  return module.types[type]!;
}

/** Pops the index of the element, too. */
function indirectlyCalledType(context: BodyContext): FunctionType {
  const { module, reader, operands } = context;
  if (tableType(context, reader.index2) !== ValueType.FuncRef) {
    context.fail(`type mismatch: table ${reader.index2} does not hold functions`);
  }
  const type = module.types[reader.index];
  if (type === undefined) context.fail(`unknown type ${reader.index}`);
  operands.pop(ValueType.I32);
  return type;
}

function call({ operands }: BodyContext, type: FunctionType): void {
  operands.popAll(type.parameters);
  operands.pushAll(type.results);
}

function tailCall(context: BodyContext, type: FunctionType): void {
  const { operands } = context;
  operands.popAll(type.parameters);
  if (!sameTypes(type.results, context.results)) {
    context.fail("type mismatch: a tail call must give the results of its function");
  }
  operands.setUnreachable();
}

// Operands and variables.

function select(context: BodyContext): void {
  const { operands } = context;
  operands.pop(ValueType.I32);
  const second = operands.popAny();
  const first = operands.popAny();
  checkSelectable(context, first);
  checkSelectable(context, second);
  if (first !== second && first !== UNKNOWN && second !== UNKNOWN) throw operands.mismatch(first, second);
  operands.push(first === UNKNOWN ? second : first);
}

function checkSelectable(context: BodyContext, type: Operand): void {
  if (type !== UNKNOWN && isReferenceType(type)) {
    context.fail("type mismatch: select of references must state their type");
  }
}

function typedSelect({ operands, reader }: BodyContext): void {
  const type = reader.selectType as ValueType;
  operands.pop(ValueType.I32);
  operands.pop(type);
  operands.pop(type);
  operands.push(type);
}

function teeLocal(context: BodyContext): void {
  const type = context.localType();
  context.operands.pop(type);
  context.operands.push(type);
}

function globalOf(context: BodyContext): { type: ValueType; mutable: boolean } {
  const { index } = context.reader;
  const global = context.module.globals[index];
  if (global === undefined) context.fail(`unknown global ${index}`);
  return global;
}

function setGlobal(context: BodyContext): void {
  const { index } = context.reader;
  const { type, mutable } = globalOf(context);
  if (!mutable) context.fail(`global is immutable: immutable global ${index}`);
  context.operands.pop(type);
  context.facts.globalIsWritten[index] = true;
}

// Tables and references.

function getTable(context: BodyContext): void {
  const type = tableType(context, context.reader.index);
  context.operands.pop(ValueType.I32);
  context.operands.push(type);
}

/** Its type; the table counts as written. */
function writtenTable(context: BodyContext): ValueType {
  const { index } = context.reader;
  const type = tableType(context, index);
  context.facts.tableIsWritten[index] = true;
  return type;
}

function setTable(context: BodyContext): void {
  context.operands.pop(writtenTable(context));
  context.operands.pop(ValueType.I32);
}

function growTable(context: BodyContext): void {
  const type = writtenTable(context);
  context.operands.pop(ValueType.I32);
  context.operands.pop(type);
  context.operands.push(ValueType.I32);
}

function fillTable(context: BodyContext): void {
  const type = writtenTable(context);
  context.operands.pop(ValueType.I32);
  context.operands.pop(type);
  context.operands.pop(ValueType.I32);
}

function isNull(context: BodyContext): void {
  const type = context.operands.popAny();
  if (type !== UNKNOWN && !isReferenceType(type)) throw context.operands.mismatch(ValueType.FuncRef, type);
  context.operands.push(ValueType.I32);
}

/** By dense opcode. */
export const SPECIAL_INSTRUCTIONS: Special[] = [];
SPECIAL_INSTRUCTIONS[0x00] = unreachable;
SPECIAL_INSTRUCTIONS[0x02] = block;
SPECIAL_INSTRUCTIONS[0x03] = block;
SPECIAL_INSTRUCTIONS[0x04] = block;
SPECIAL_INSTRUCTIONS[0x05] = otherwise;
SPECIAL_INSTRUCTIONS[0x0b] = end;
SPECIAL_INSTRUCTIONS[0x0c] = branch;
SPECIAL_INSTRUCTIONS[0x0d] = branchIf;
SPECIAL_INSTRUCTIONS[0x0e] = branchTable;
SPECIAL_INSTRUCTIONS[0x0f] = finish;
SPECIAL_INSTRUCTIONS[0x10] = (context) => call(context, calledType(context));
SPECIAL_INSTRUCTIONS[0x11] = (context) => call(context, indirectlyCalledType(context));
SPECIAL_INSTRUCTIONS[0x12] = (context) => tailCall(context, calledType(context));
SPECIAL_INSTRUCTIONS[0x13] = (context) => tailCall(context, indirectlyCalledType(context));
SPECIAL_INSTRUCTIONS[0x1a] = (context) => void context.operands.popAny();
SPECIAL_INSTRUCTIONS[0x1b] = select;
SPECIAL_INSTRUCTIONS[0x1c] = typedSelect;
SPECIAL_INSTRUCTIONS[0x20] = (context) => context.operands.push(context.localType());
SPECIAL_INSTRUCTIONS[0x21] = (context) => context.operands.pop(context.localType());
SPECIAL_INSTRUCTIONS[0x22] = teeLocal;
SPECIAL_INSTRUCTIONS[0x23] = (context) => context.operands.push(globalOf(context).type);
SPECIAL_INSTRUCTIONS[0x24] = setGlobal;
SPECIAL_INSTRUCTIONS[0x25] = getTable;
SPECIAL_INSTRUCTIONS[0x26] = setTable;
SPECIAL_INSTRUCTIONS[0xd0] = ({ operands, reader }) => operands.push(reader.selectType);
SPECIAL_INSTRUCTIONS[0xd1] = isNull;
SPECIAL_INSTRUCTIONS[denseOpcode(0xfc000f)] = growTable;
SPECIAL_INSTRUCTIONS[denseOpcode(0xfc0011)] = fillTable;
