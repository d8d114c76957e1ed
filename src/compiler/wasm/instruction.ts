/**
 * Reads the instructions of a function body one by one, without allocating for any but `br_table`.
 *
 * The fields after `next()` describe the instruction read; those that its kind of immediate does not have keep
 * old values. Used by the validator first and by the SSA builder after it, so a reader of a validated body never
 * fails. Indices are not checked here, but for the type of a block.
 *
 * Tests: instruction.test.ts.
 */
import type { FunctionType, ValueType } from "../../abi/wasm.ts";
import { ByteReader } from "./byte-reader.ts";
import { invalid, malformed, tooLarge, unsupported } from "./error.ts";
import { BRANCH_TABLE_LIMIT } from "./limits.ts";
import type { Body, Module } from "./module.ts";
import { densePrefixed, IMMEDIATE, ImmediateCode } from "./tables/opcodes.ts";
import { MULTI_MEMORY, proposalOf, RESERVED_OPCODES, TYPED_REFERENCES } from "./tables/reserved.ts";
import { isReferenceType, readValueType, valueTypeOf } from "./types.ts";

const NO_TYPES: FunctionType = { parameters: [], results: [] };

/** By the byte of the result's type. */
const SINGLE_RESULTS: FunctionType[] = [];

function singleResult(type: ValueType): FunctionType {
  return (SINGLE_RESULTS[type] ??= { parameters: [], results: [type] });
}

export class InstructionReader {
  /** Byte of the opcode in the module. */
  offset = 0;
  /** The byte, or for prefixed ones `prefix << 16 | subopcode`: 0xfc000a is memory.copy, 0xfd.. SIMD, 0xfe.. atomics. */
  opcode = 0;
  /** The opcode as an index of the arrays in `tables/opcodes.ts`. */
  dense = 0;
  /** Function, local, global, type, table, segment or label depth. call_indirect: type, then table in `index2`. */
  index = 0;
  /** memory.init, table.init: segment in `index`, memory or table in `index2`; table.copy: target, source. */
  index2 = 0;
  /** Exponent of a memarg's alignment. */
  alignment = 0;
  /** Static offset of a memarg, u32 as a number >= 0. */
  memoryOffset = 0;
  lane = 0;
  /** Signed. */
  i32 = 0;
  /** Signed. */
  i64 = 0n;
  /** Bit pattern as a signed i32. */
  f32Bits = 0;
  /** Bit pattern, unsigned. */
  f64Bits = 0n;
  /** v128.const, and the 16 lane numbers of i8x16.shuffle: byte 0 lowest, unsigned. */
  v128Bits = 0n;
  /** br_table: label depths, the default last. */
  labels: number[] = [];
  /** Of block, loop, if. */
  blockType: FunctionType = NO_TYPES;
  /** Of a typed select; 0 for the untyped. Of ref.null. */
  selectType: ValueType | 0 = 0;
  private readonly input: ByteReader;
  private readonly types: readonly FunctionType[];

  constructor(module: Pick<Module, "bytes" | "types">, body: Pick<Body, "start" | "end">) {
    this.input = new ByteReader(module.bytes, body.start, body.end);
    this.types = module.types;
  }

  /** Reads the next instruction; false after the final `end`. */
  next(): boolean {
    const { input } = this;
    if (input.position >= input.end) return false;
    this.offset = input.position;
    const byte = input.byte();
    if (byte < 0xfb) {
      this.opcode = byte;
      this.dense = byte;
    } else {
      this.readPrefixed(byte);
    }
    const immediate = IMMEDIATE[this.dense]!;
    if (immediate !== ImmediateCode.None) this.readImmediate(immediate);
    return true;
  }

  private readPrefixed(prefix: number): void {
    const subopcode = this.input.u32();
    this.opcode = (prefix << 16) | Math.min(subopcode, 0xffff);
    this.dense = densePrefixed(prefix, subopcode);
  }

  private readImmediate(immediate: ImmediateCode): void {
    const { input } = this;
    switch (immediate) {
      case ImmediateCode.Label:
      case ImmediateCode.Function:
      case ImmediateCode.Local:
      case ImmediateCode.Global:
      case ImmediateCode.Table:
      case ImmediateCode.Element:
      case ImmediateCode.Data:
        this.index = input.u32();
        break;
      case ImmediateCode.I32:
        this.i32 = input.s32();
        break;
      case ImmediateCode.Memory:
        this.readMemoryArgument();
        break;
      case ImmediateCode.Block:
        this.readBlockType();
        break;
      case ImmediateCode.TypeTable:
      case ImmediateCode.ElementTable:
      case ImmediateCode.TableTable:
        this.index = input.u32();
        this.index2 = input.u32();
        break;
      case ImmediateCode.I64:
        this.i64 = input.s64();
        break;
      case ImmediateCode.F32:
        this.f32Bits = input.f32Bits();
        break;
      case ImmediateCode.F64:
        this.f64Bits = input.f64Bits();
        break;
      case ImmediateCode.Labels:
        this.readLabels();
        break;
      default:
        this.readRareImmediate(immediate);
    }
  }

  private readRareImmediate(immediate: ImmediateCode): void {
    const { input } = this;
    switch (immediate) {
      case ImmediateCode.MemoryIndex:
        this.index = this.readMemoryIndex();
        break;
      case ImmediateCode.MemoryMemory:
        this.index = this.readMemoryIndex();
        this.index2 = this.readMemoryIndex();
        break;
      case ImmediateCode.DataMemory:
        this.index = input.u32();
        this.index2 = this.readMemoryIndex();
        break;
      case ImmediateCode.MemoryLane:
        this.readMemoryArgument();
        this.lane = input.byte();
        break;
      case ImmediateCode.Lane:
        this.lane = input.byte();
        break;
      case ImmediateCode.V128:
      case ImmediateCode.Lanes:
        this.v128Bits = input.v128Bits();
        break;
      case ImmediateCode.HeapType:
        this.readHeapType();
        break;
      case ImmediateCode.NoTypes:
        this.selectType = 0;
        break;
      case ImmediateCode.SelectTypes:
        this.readSelectTypes();
        break;
      case ImmediateCode.Fence:
        if (input.byte() !== 0) throw malformed(input.position - 1, "zero byte expected");
        break;
      default:
        this.failIllegal();
    }
  }

  private failIllegal(): never {
    const name =
      this.opcode < 0x100
        ? this.opcode.toString(16).padStart(2, "0")
        : `${(this.opcode >> 16).toString(16)} ${(this.opcode & 0xffff).toString(16).padStart(2, "0")}`;
    const proposal = proposalOf(RESERVED_OPCODES, this.opcode);
    if (proposal !== undefined) throw unsupported(this.offset, `illegal opcode ${name}`, proposal);
    throw malformed(this.offset, `illegal opcode ${name}`);
  }

  /**
   *   bit    7          6            5    0
   *      ┌─────┬──────────────────┬───────────┐
   *      │  0  │ has memory index │ alignment │
   *      └─────┴──────────────────┴───────────┘
   */
  private readMemoryArgument(): void {
    const { input } = this;
    const offset = input.position;
    const flags = input.u32();
    if (flags >= 0x20) {
      if (flags < 0x80 && (flags & 0x40) !== 0) throw unsupported(offset, "a memory index", MULTI_MEMORY);
      throw malformed(offset, "malformed memop flags");
    }
    this.alignment = flags;
    this.memoryOffset = input.u32();
  }

  private readMemoryIndex(): number {
    const { input } = this;
    const byte = input.byte();
    if (byte === 0) return 0;
    const offset = input.position - 1;
    if (byte >= 0x80) throw malformed(offset, "zero byte expected");
    throw unsupported(offset, `zero byte expected, not memory ${byte}`, MULTI_MEMORY);
  }

  /** 0x40 for none, a value type, or as a positive number the index of a type. */
  private readBlockType(): void {
    const { input } = this;
    const offset = input.position;
    const code = input.s33();
    if (code === -0x40) {
      this.blockType = NO_TYPES;
    } else if (code < 0) {
      if (code < -0x40) throw malformed(offset, "malformed block type");
      this.blockType = singleResult(valueTypeOf(code & 0x7f, offset, "block type"));
    } else {
      const type = this.types[code];
      if (type === undefined) throw invalid(offset, `unknown type ${code}`);
      this.blockType = type;
    }
  }

  private readLabels(): void {
    const { input } = this;
    const offset = input.position;
    const count = input.count();
    if (count > BRANCH_TABLE_LIMIT) throw tooLarge(offset, `br_table of ${count} labels`, BRANCH_TABLE_LIMIT);
    const labels: number[] = [];
    for (let index = 0; index <= count; index++) labels.push(input.u32());
    this.labels = labels;
  }

  private readHeapType(): void {
    const { input } = this;
    const offset = input.position;
    const code = input.s33();
    if (code >= 0) throw unsupported(offset, `a reference to type ${code}`, TYPED_REFERENCES);
    const type = code < -0x40 ? 0 : valueTypeOf(code & 0x7f, offset, "reference type");
    if (type === 0 || !isReferenceType(type)) throw malformed(offset, "malformed reference type");
    this.selectType = type;
  }

  private readSelectTypes(): void {
    const { input } = this;
    const offset = input.position;
    const count = input.count();
    if (count !== 1) throw invalid(offset, `invalid result arity ${count} of select`);
    this.selectType = readValueType(input);
  }
}
