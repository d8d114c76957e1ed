/**
 * Every instruction that can be decoded, by opcode and by name, and the same as flat arrays for the hot loops.
 *
 * The arrays are indexed by a dense number: one byte opcodes as they are, 0xfc.. from 0x100, SIMD from 0x200,
 * atomics from 0x400.
 */
import { ValueType } from "../../../abi/wasm.ts";
import { ATOMICS } from "./atomics.ts";
import {
  BULK_MEMORY,
  MVP,
  REFERENCE_TYPES,
  SATURATING_CONVERSIONS,
  SIGN_EXTENSION,
  TAIL_CALLS,
} from "./core.ts";
import { SPECIAL, type Immediate, type Rows } from "./row.ts";
import { SIMD } from "./simd.ts";

export type Proposal =
  | "mvp"
  | "sign-extension"
  | "saturating conversions"
  | "bulk memory"
  | "reference types"
  | "simd"
  | "threads"
  | "tail call";

export interface Instruction {
  /** The byte, or `prefix << 16 | subopcode`. */
  readonly opcode: number;
  readonly name: string;
  readonly immediate: Immediate;
  readonly pop: readonly ValueType[];
  readonly push: readonly ValueType[];
  /** The types depend on more than the opcode; `pop` and `push` are empty. */
  readonly special: boolean;
  /** Exponent of the natural alignment of an access to memory; -1 for others. */
  readonly alignment: number;
  readonly proposal: Proposal;
}

/** Numbers of the kinds of immediates, for switches. 0: no such instruction. */
export const enum ImmediateCode {
  Illegal,
  None,
  Block,
  Label,
  Labels,
  Function,
  TypeTable,
  Local,
  Global,
  Table,
  TableTable,
  Element,
  ElementTable,
  Data,
  DataMemory,
  MemoryIndex,
  MemoryMemory,
  Memory,
  MemoryLane,
  Lane,
  Lanes,
  I32,
  I64,
  F32,
  F64,
  V128,
  HeapType,
  NoTypes,
  SelectTypes,
  Fence,
}

const IMMEDIATE_CODES: Readonly<Record<Immediate, ImmediateCode>> = {
  none: ImmediateCode.None,
  block: ImmediateCode.Block,
  label: ImmediateCode.Label,
  labels: ImmediateCode.Labels,
  function: ImmediateCode.Function,
  typeTable: ImmediateCode.TypeTable,
  local: ImmediateCode.Local,
  global: ImmediateCode.Global,
  table: ImmediateCode.Table,
  tableTable: ImmediateCode.TableTable,
  element: ImmediateCode.Element,
  elementTable: ImmediateCode.ElementTable,
  data: ImmediateCode.Data,
  dataMemory: ImmediateCode.DataMemory,
  memoryIndex: ImmediateCode.MemoryIndex,
  memoryMemory: ImmediateCode.MemoryMemory,
  memory: ImmediateCode.Memory,
  memoryLane: ImmediateCode.MemoryLane,
  lane: ImmediateCode.Lane,
  lanes: ImmediateCode.Lanes,
  i32: ImmediateCode.I32,
  i64: ImmediateCode.I64,
  f32: ImmediateCode.F32,
  f64: ImmediateCode.F64,
  v128: ImmediateCode.V128,
  heapType: ImmediateCode.HeapType,
  noTypes: ImmediateCode.NoTypes,
  selectTypes: ImmediateCode.SelectTypes,
  fence: ImmediateCode.Fence,
};

const TYPES: Readonly<Record<string, ValueType>> = {
  i32: ValueType.I32,
  i64: ValueType.I64,
  f32: ValueType.F32,
  f64: ValueType.F64,
  v128: ValueType.V128,
  funcref: ValueType.FuncRef,
};

const DENSE_COUNT = 0x500;
const FC_BASE = 0x100;
const SIMD_BASE = 0x200;
const ATOMIC_BASE = 0x400;

/** Place of a prefixed opcode in the arrays; of one that cannot be, that of an illegal byte. */
export function densePrefixed(prefix: number, subopcode: number): number {
  if (prefix === 0xfc && subopcode < 0x100) return FC_BASE + subopcode;
  if (prefix === 0xfd && subopcode < 0x200) return SIMD_BASE + subopcode;
  if (prefix === 0xfe && subopcode < 0x100) return ATOMIC_BASE + subopcode;
  return 0xff;
}

export function denseOpcode(opcode: number): number {
  return opcode < 0x100 ? opcode : densePrefixed(opcode >> 16, opcode & 0xffff);
}

/** `ImmediateCode` by dense opcode. */
export const IMMEDIATE = new Uint8Array(DENSE_COUNT);
/** Types to pop, the topmost in the lowest byte; -1 for special instructions. */
export const POPS = new Int32Array(DENSE_COUNT).fill(-1);
/** The type to push, or 0. */
export const PUSH = new Uint8Array(DENSE_COUNT);
/** Exponent of the natural alignment. */
export const ALIGNMENT = new Uint8Array(DENSE_COUNT);

const ROWS: (Instruction | undefined)[] = Array.from({ length: DENSE_COUNT });
const NAMED = new Map<string, Instruction>();

function parseTypes(list: string): ValueType[] {
  return list
    .split(" ")
    .filter((name) => name !== "")
    .map((name) => TYPES[name]!);
}

function enter(rows: Rows, proposal: Proposal): void {
  for (const [opcode, name, immediate, types, alignment = -1] of rows) {
    const [pop, push] = types === SPECIAL ? [[], []] : types.split("->").map(parseTypes);
    const row = {
      opcode,
      name,
      immediate,
      pop: pop!,
      push: push!,
      special: types === SPECIAL,
      alignment,
      proposal,
    };
    const dense = denseOpcode(opcode);
    ROWS[dense] = row;
    if (!NAMED.has(name)) NAMED.set(name, row);
    IMMEDIATE[dense] = IMMEDIATE_CODES[immediate];
    if (!row.special) POPS[dense] = row.pop.reduce((packed, type) => (packed << 8) | type, 0);
    PUSH[dense] = row.push[0] ?? 0;
    if (alignment >= 0) ALIGNMENT[dense] = alignment;
  }
}

enter(MVP, "mvp");
enter(TAIL_CALLS, "tail call");
enter(SIGN_EXTENSION, "sign-extension");
enter(REFERENCE_TYPES, "reference types");
enter(SATURATING_CONVERSIONS, "saturating conversions");
enter(BULK_MEMORY, "bulk memory");
enter(SIMD, "simd");
enter(ATOMICS, "threads");

export const INSTRUCTIONS: readonly Instruction[] = ROWS.filter((row) => row !== undefined);

/** The row of an instruction that was decoded. */
export function rowOf(opcode: number): Instruction {
  return ROWS[denseOpcode(opcode)]!;
}

/** By the name in the text format; `select` is the untyped one. */
export function rowNamed(name: string): Instruction | undefined {
  return NAMED.get(name);
}
