/** What the immediates of instructions must satisfy beyond their encoding (Wasm 2.0 core, 3.3.4 to 3.3.7). */
import type { ValueType } from "../../abi/wasm.ts";
import type { BodyContext } from "./body-context.ts";
import { malformed, unsupported } from "./error.ts";
import { ALIGNMENT, denseOpcode, ImmediateCode, INSTRUCTIONS, rowOf } from "./tables/opcodes.ts";
import { proposalOf, WAITING_OPCODES } from "./tables/reserved.ts";

type Check = (context: BodyContext) => void;

const FIRST_ATOMIC = denseOpcode(0xfe0000);
const VECTOR_BYTES = 16;
/** Any of these bits makes one of the 16 lane numbers of a shuffle 32 or larger. */
const SHUFFLE_LANES_EXCESS = 0xe0e0e0e0_e0e0e0e0_e0e0e0e0_e0e0e0e0n;

/** By dense opcode: how many lanes the shape in the name has, as in `i8x16.extract_lane_s`. */
const LANE_COUNTS: readonly number[] = (() => {
  const counts: number[] = [];
  for (const { opcode, name, immediate } of INSTRUCTIONS) {
    if (immediate === "lane") counts[denseOpcode(opcode)] = Number(/x(\d+)\./.exec(name)![1]);
  }
  return counts;
})();

export function checkMemory(context: BodyContext): void {
  if (context.module.memories.length === 0) context.fail("unknown memory 0");
}

function checkAccess(context: BodyContext): void {
  const { alignment, dense } = context.reader;
  checkMemory(context);
  const natural = ALIGNMENT[dense]!;
  if (alignment > natural) {
    context.fail(`alignment must not be larger than natural: 2^${alignment}, natural is 2^${natural}`);
  }
  if (dense >= FIRST_ATOMIC) checkAtomic(context, natural);
}

function checkAtomic(context: BodyContext, natural: number): void {
  const { alignment, opcode, offset } = context.reader;
  if (alignment !== natural) {
    context.fail(`alignment must be equal to natural: 2^${alignment}, natural is 2^${natural}`);
  }
  const proposal = proposalOf(WAITING_OPCODES, opcode);
  if (proposal !== undefined) throw unsupported(offset, rowOf(opcode).name, proposal);
}

function checkLane(context: BodyContext, count: number): void {
  const { lane } = context.reader;
  if (lane >= count) context.fail(`invalid lane index ${lane} of ${count}`);
}

function checkAccessLane(context: BodyContext): void {
  checkAccess(context);
  checkLane(context, VECTOR_BYTES >> ALIGNMENT[context.reader.dense]!);
}

function checkLanes(context: BodyContext): void {
  if ((context.reader.v128Bits & SHUFFLE_LANES_EXCESS) !== 0n) {
    context.fail("invalid lane index of a shuffle");
  }
}

/** One pass must know the number of segments before it meets the code. */
function checkData(context: BodyContext): void {
  const { dataCount, dataSegments } = context.module;
  const { index, offset } = context.reader;
  const reason = dataCount === undefined ? "data count section required" : "the data count is less";
  if (index >= dataSegments.length) context.fail(`unknown data segment ${index}: ${reason}`);
  if (dataCount === undefined) throw malformed(offset, reason);
}

function checkDataMemory(context: BodyContext): void {
  checkMemory(context);
  checkData(context);
}

export function tableType(context: BodyContext, index: number): ValueType {
  const table = context.module.tables[index];
  if (table === undefined) context.fail(`unknown table ${index}`);
  return table.type;
}

function elementType(context: BodyContext, index: number): ValueType {
  const segment = context.module.elementSegments[index];
  if (segment === undefined) context.fail(`unknown elem segment ${index}`);
  return segment.type;
}

function checkElementTable(context: BodyContext): void {
  const { index, index2 } = context.reader;
  const target = tableType(context, index2);
  if (target !== elementType(context, index)) {
    context.fail(`type mismatch: elem segment ${index} has not the type of table ${index2}`);
  }
  context.facts.tableIsWritten[index2] = true;
}

function checkTableTable(context: BodyContext): void {
  const { index, index2 } = context.reader;
  if (tableType(context, index) !== tableType(context, index2)) {
    context.fail(`type mismatch: table ${index2} has not the type of table ${index}`);
  }
  context.facts.tableIsWritten[index] = true;
}

function checkFunctionReference(context: BodyContext): void {
  const { index } = context.reader;
  if (index >= context.module.functionTypes.length) context.fail(`unknown function ${index}`);
  if (context.isDeclared[index] === 0) context.fail(`undeclared function reference ${index}`);
}

function checkMemoryIndex(context: BodyContext): void {
  checkMemory(context);
  if (context.reader.opcode === MEMORY_GROW) context.facts.usesMemoryGrow = true;
}

const MEMORY_GROW = 0x40;

/** By kind of immediate, for instructions that are not special. */
export const IMMEDIATE_CHECKS: (Check | undefined)[] = [];
IMMEDIATE_CHECKS[ImmediateCode.Memory] = checkAccess;
IMMEDIATE_CHECKS[ImmediateCode.MemoryLane] = checkAccessLane;
IMMEDIATE_CHECKS[ImmediateCode.MemoryIndex] = checkMemoryIndex;
IMMEDIATE_CHECKS[ImmediateCode.MemoryMemory] = checkMemory;
IMMEDIATE_CHECKS[ImmediateCode.DataMemory] = checkDataMemory;
IMMEDIATE_CHECKS[ImmediateCode.Data] = checkData;
IMMEDIATE_CHECKS[ImmediateCode.Element] = (context) => elementType(context, context.reader.index);
IMMEDIATE_CHECKS[ImmediateCode.ElementTable] = checkElementTable;
IMMEDIATE_CHECKS[ImmediateCode.TableTable] = checkTableTable;
IMMEDIATE_CHECKS[ImmediateCode.Table] = (context) => tableType(context, context.reader.index);
IMMEDIATE_CHECKS[ImmediateCode.Function] = checkFunctionReference;
IMMEDIATE_CHECKS[ImmediateCode.Lane] = (context) => checkLane(context, LANE_COUNTS[context.reader.dense]!);
IMMEDIATE_CHECKS[ImmediateCode.Lanes] = checkLanes;
