/**
 * Rules for conversions between integers and floats, and between the two widths of floats.
 *
 * Truncation: the processor gives the smallest integer for NaN and for what does not fit. Only when that comes out
 * does code behind the function's end ask what it was: a trap, a saturated number, or truly the smallest integer.
 */
import { TrapKind } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import { Role, type Encoding } from "../../../x64/encoding.ts";
import { Condition, VECTOR_SCRATCH } from "../../../x64/register.ts";
import * as x64 from "../../../x64/tables/index.ts";
import type { Value } from "../../ir/graph.ts";
import { Op } from "../../ir/tables/op.ts";
import type { Write, Writer } from "../instruction.ts";
import { addMemoryOperand } from "./address.ts";
import { isFoldableLoad, setRm } from "./operand.ts";
import type { Rule, Selector } from "./selector.ts";
import { makeWritten } from "./written.ts";

/** The instructions of one width of floats, and its bit patterns. */
interface Float {
  readonly compare: Encoding;
  readonly subtract: Encoding;
  readonly to32: Encoding;
  readonly to64: Encoding;
  readonly from32: Encoding;
  readonly from64: Encoding;
  readonly double: Encoding;
  /** The largest float that is too small for an i32; -(2^31) itself where none lies between it and the next. */
  readonly below32: bigint;
  /** -(2^31). */
  readonly lowest32: bigint;
  /** -(2^63). */
  readonly lowest64: bigint;
  /** 2^63. */
  readonly limit64: bigint;
}

const SINGLE: Float = {
  compare: x64.UCOMISS,
  subtract: x64.SUBSS,
  to32: x64.CVTTSS2SI32,
  to64: x64.CVTTSS2SI64,
  from32: x64.CVTSI2SS32,
  from64: x64.CVTSI2SS64,
  double: x64.ADDSS,
  below32: 0xcf00_0000n,
  lowest32: 0xcf00_0000n,
  lowest64: 0xdf00_0000n,
  limit64: 0x5f00_0000n,
};
const DOUBLE: Float = {
  compare: x64.UCOMISD,
  subtract: x64.SUBSD,
  to32: x64.CVTTSD2SI32,
  to64: x64.CVTTSD2SI64,
  from32: x64.CVTSI2SD32,
  from64: x64.CVTSI2SD64,
  double: x64.ADDSD,
  below32: 0xc1e0_0000_0020_0000n,
  lowest32: 0xc1e0_0000_0000_0000n,
  lowest64: 0xc3e0_0000_0000_0000n,
  limit64: 0x43e0_0000_0000_0000n,
};
/** 2^32 - 1 as f64. */
const MAXIMUM_U32 = 0x41ef_ffff_ffe0_0000n;

// Truncation.

/** One instruction from a float in `rm` to an integer in `def`, whatever else is to be done about it. */
function truncating(write: Write): Rule {
  return (selector, value) => {
    const instruction = selector.written(write, value.place);
    instruction.def = selector.define(value);
    instruction.rm = selector.use(value.args[0]!);
  };
}

/** `cmp x, 1` overflows for the smallest integer alone. */
function writeSigned(float: Float, wide: boolean, cold: (writer: Writer, at: ColdCode) => void): Write {
  const convert = wide ? float.to64 : float.to32;
  const compare = (wide ? x64.CMP64 : x64.CMP32).rmImm8;
  return (writer, instruction) => {
    const { assembler } = writer;
    const { def } = instruction;
    const [suspect, done] = [assembler.label(), assembler.label()];
    assembler.rr(convert, def, instruction.rm & 15);
    assembler.ri(compare, def, 1);
    assembler.branch(Condition.Overflow, suspect);
    assembler.bind(done);
    writer.later(() => {
      assembler.bind(suspect);
      cold(writer, { def, source: instruction.rm & 15, place: instruction.place, done });
    });
  };
}

interface ColdCode {
  readonly def: number;
  readonly source: number;
  readonly place: number;
  /** Where the fast path goes on. */
  readonly done: number;
}

function trappingSigned(float: Float, wide: boolean): Rule {
  const [below, lowest] = wide ? [float.lowest64, float.lowest64] : [float.below32, float.lowest32];
  const cold = (writer: Writer, { source, place, done }: ColdCode) => {
    const { assembler } = writer;
    const overflow = writer.trapLabel(TrapKind.IntegerOverflow, place);
    writer.withNumber(float.compare, source, lowest);
    assembler.branch(Condition.Parity, writer.trapLabel(TrapKind.InvalidConversion, place));
    assembler.branch(Condition.Equal, done);
    assembler.branch(Condition.Above, overflow);
    // Between -(2^31) and the integer below it: only f64 has something there.
    if (below !== lowest) {
      writer.withNumber(float.compare, source, below);
      assembler.branch(Condition.Above, done);
    }
    assembler.jump(overflow);
  };
  return truncating(writeSigned(float, wide, cold));
}

function saturatingSigned(float: Float, wide: boolean): Rule {
  const decrement = wide ? x64.DEC64 : x64.DEC32;
  const cold = ({ assembler }: Writer, { def, source, done }: ColdCode) => {
    const notANumber = assembler.label();
    assembler.rr(x64.XORPS, VECTOR_SCRATCH, VECTOR_SCRATCH);
    assembler.rr(float.compare, source, VECTOR_SCRATCH);
    assembler.branch(Condition.Parity, notANumber);
    assembler.branch(Condition.Below, done);
    // The smallest integer less one is the largest.
    assembler.r(decrement, def);
    assembler.jump(done);
    assembler.bind(notANumber);
    assembler.rr(x64.XOR32.regRm, def, def);
    assembler.jump(done);
  };
  return truncating(writeSigned(float, wide, cold));
}

/** The 64-bit result fits u32 if its lower half, zero-extended, is all of it. */
function trappingU32(float: Float): Rule {
  const write: Write = (writer, { reg, rm, base, place }) => {
    const { assembler } = writer;
    const suspect = assembler.label();
    assembler.rr(x64.CMP64.regRm, reg, rm);
    assembler.branch(Condition.NotEqual, suspect);
    writer.later(() => {
      assembler.bind(suspect);
      writeTrap(writer, float, base & 15, place);
    });
  };
  return (selector, value) => {
    const source = selector.use(value.args[0]!);
    const convert = selector.emit(selector.make(float.to64, value.place));
    convert.def = selector.fresh(ValueType.I64);
    convert.rm = source;
    const half = selector.emit(selector.make(x64.MOV32.regRm, value.place));
    half.def = selector.fresh(ValueType.I32);
    half.rm = convert.def;
    // `base` holds the float: nothing but the cold code reads it.
    const check = selector.written(write, value.place);
    check.reg = half.def;
    check.rm = convert.def;
    check.base = source;
    selector.move(selector.define(value), convert.def);
  };
}

/** Ends in one of the two traps: NaN is told by its not being equal to itself. */
function writeTrap(writer: Writer, float: Float, source: number, place: number): void {
  const { assembler } = writer;
  assembler.rr(float.compare, source, source);
  assembler.branch(Condition.Parity, writer.trapLabel(TrapKind.InvalidConversion, place));
  assembler.jump(writer.trapLabel(TrapKind.IntegerOverflow, place));
}

/** Clamped as f64, which has all of u32: NaN becomes 0, since `max` and `min` give their second operand then. */
function saturatingU32(isSingle: boolean): Rule {
  return truncating((writer, { def, rm }) => {
    const { assembler } = writer;
    assembler.rr(isSingle ? x64.CVTSS2SD : x64.MOVAPS.regRm, VECTOR_SCRATCH, rm & 15);
    writer.withNumber(x64.MAXSD, VECTOR_SCRATCH, 0n);
    writer.withNumber(x64.MINSD, VECTOR_SCRATCH, MAXIMUM_U32);
    assembler.rr(x64.CVTTSD2SI64, def, VECTOR_SCRATCH);
    // It fits: but only a write of 32 bits shows it to whoever reads the code.
    assembler.rr(x64.MOV32.regRm, def, def);
  });
}

/** From 2^63 on, what is above 2^63 is converted, and the top bit set. */
function truncateU64(float: Float, isTrapping: boolean): Rule {
  return truncating((writer, instruction) => {
    const { assembler } = writer;
    const { def } = instruction;
    const [large, done] = [assembler.label(), assembler.label()];
    assembler.rr(float.to64, def, instruction.rm & 15);
    assembler.rr(x64.TEST64.rmReg, def, def);
    assembler.branch(Condition.Sign, large);
    assembler.bind(done);
    writer.later(() => {
      assembler.bind(large);
      const at = { def, source: instruction.rm & 15, place: instruction.place, done };
      if (isTrapping) writeLargeTrapping(writer, float, at);
      else writeLargeSaturating(writer, float, at);
    });
  });
}

function writeUpperHalf(writer: Writer, float: Float, { def, source }: ColdCode): void {
  const { assembler } = writer;
  assembler.rr(x64.MOVAPS.regRm, VECTOR_SCRATCH, source);
  writer.withNumber(float.subtract, VECTOR_SCRATCH, float.limit64);
  assembler.rr(float.to64, def, VECTOR_SCRATCH);
  assembler.rr(x64.TEST64.rmReg, def, def);
}

function writeLargeTrapping(writer: Writer, float: Float, at: ColdCode): void {
  const { assembler } = writer;
  const trap = assembler.label();
  writeUpperHalf(writer, float, at);
  assembler.branch(Condition.Sign, trap);
  assembler.ri(x64.BTC64, at.def, 63);
  assembler.jump(at.done);
  assembler.bind(trap);
  writeTrap(writer, float, at.source, at.place);
}

function writeLargeSaturating(writer: Writer, float: Float, at: ColdCode): void {
  const { assembler } = writer;
  const [zero, maximum] = [assembler.label(), assembler.label()];
  // Unordered sets the carry too: NaN and all that is negative.
  writer.withNumber(float.compare, at.source, float.limit64);
  assembler.branch(Condition.Below, zero);
  writeUpperHalf(writer, float, at);
  assembler.branch(Condition.Sign, maximum);
  assembler.ri(x64.BTC64, at.def, 63);
  assembler.jump(at.done);
  assembler.bind(maximum);
  assembler.ri(x64.MOV64.rmImm32, at.def, -1);
  assembler.jump(at.done);
  assembler.bind(zero);
  assembler.rr(x64.XOR32.regRm, at.def, at.def);
  assembler.jump(at.done);
}

// Integers to floats.

/** The target is cleared first: the conversion keeps its upper part, and so would wait for what it held before. */
const writeFromInteger: Write = (writer, instruction) => {
  const target = instruction.def & 15;
  writer.assembler.rr(x64.XORPS, target, target);
  writer.withRm(instruction.encoding!, target, instruction);
};

/** An i32 is zero-extended in its register, so that u32 converts as i64; from memory or a slot it must be loaded. */
function fromInteger(encoding: Encoding, isUnsigned32 = false): Rule {
  return (selector, value) => {
    const instruction = makeWritten(writeFromInteger, value.place, encoding);
    instruction.def = selector.define(value);
    if (isUnsigned32) instruction.rm = selector.use(value.args[0]!);
    else setRm(selector, instruction, value.args[0]!);
    selector.emit(instruction);
  };
}

/**
 * From 2^63 on, half of it is converted and doubled. The bit that falls off is kept in the lowest one, so that it is
 * rounded once and rightly. The source is restored from the scratch register.
 */
function fromU64(float: Float): Rule {
  const write: Write = (writer, instruction) => {
    const { assembler } = writer;
    const [target, source] = [instruction.def & 15, instruction.rm];
    const [large, even, done] = [assembler.label(), assembler.label(), assembler.label()];
    assembler.rr(x64.XORPS, target, target);
    assembler.rr(x64.TEST64.rmReg, source, source);
    assembler.branch(Condition.Sign, large);
    assembler.rr(float.from64, target, source);
    assembler.bind(done);
    writer.later(() => {
      assembler.bind(large);
      assembler.rr(x64.MOVQ.regRm, VECTOR_SCRATCH, source);
      assembler.r(x64.SHR64.one, source);
      assembler.branch(Condition.AboveOrEqual, even);
      assembler.ri(x64.OR64.rmImm8, source, 1);
      assembler.bind(even);
      assembler.rr(float.from64, target, source);
      assembler.rr(x64.MOVQ.rmReg, VECTOR_SCRATCH, source);
      assembler.rr(float.double, target, target);
      assembler.jump(done);
    });
  };
  return (selector, value) => {
    const instruction = selector.written(write, value.place);
    instruction.def = selector.define(value);
    instruction.rm = selector.use(value.args[0]!);
  };
}

// Floats to floats, and bits as they are.

/** As `writeFromInteger`, but the source may be in the target. */
const writeFromFloat: Write = (writer, instruction) => {
  const target = instruction.def & 15;
  if (instruction.rm !== instruction.def) writer.assembler.rr(x64.XORPS, target, target);
  writer.withRm(instruction.encoding!, target, instruction);
};

function fromFloat(encoding: Encoding): Rule {
  return (selector, value) => {
    const instruction = makeWritten(writeFromFloat, value.place, encoding);
    instruction.def = selector.define(value);
    setRm(selector, instruction, value.args[0]!);
    selector.emit(instruction);
  };
}

/** A load that nothing else uses goes where its bits are wanted. */
function loadsDirectly(selector: Selector, value: Value, encoding: Encoding): boolean {
  const source = value.args[0]!;
  if (!isFoldableLoad(selector, source)) return false;
  selector.fold(source);
  const instruction = selector.make(encoding, source.place);
  instruction.def = selector.define(value);
  addMemoryOperand(selector, instruction, source);
  selector.emit(instruction);
  return true;
}

/** From the other class of registers; an integer target stands in ModRM.rm. */
function reinterpret(encoding: Encoding, load: Encoding): Rule {
  return (selector, value) => {
    if (loadsDirectly(selector, value, load)) return;
    const instruction = selector.make(encoding, value.place);
    instruction.def = selector.define(value);
    const source = selector.use(value.args[0]!);
    if ((encoding.rm & Role.Write) === 0) instruction.rm = source;
    else instruction.reg = source;
    selector.emit(instruction);
  };
}

export const CONVERSION_RULES: readonly (readonly [op: number, rule: Rule])[] = [
  [Op.I32TruncF32S, trappingSigned(SINGLE, false)],
  [Op.I32TruncF32U, trappingU32(SINGLE)],
  [Op.I32TruncF64S, trappingSigned(DOUBLE, false)],
  [Op.I32TruncF64U, trappingU32(DOUBLE)],
  [Op.I64TruncF32S, trappingSigned(SINGLE, true)],
  [Op.I64TruncF32U, truncateU64(SINGLE, true)],
  [Op.I64TruncF64S, trappingSigned(DOUBLE, true)],
  [Op.I64TruncF64U, truncateU64(DOUBLE, true)],
  [Op.I32TruncSatF32S, saturatingSigned(SINGLE, false)],
  [Op.I32TruncSatF32U, saturatingU32(true)],
  [Op.I32TruncSatF64S, saturatingSigned(DOUBLE, false)],
  [Op.I32TruncSatF64U, saturatingU32(false)],
  [Op.I64TruncSatF32S, saturatingSigned(SINGLE, true)],
  [Op.I64TruncSatF32U, truncateU64(SINGLE, false)],
  [Op.I64TruncSatF64S, saturatingSigned(DOUBLE, true)],
  [Op.I64TruncSatF64U, truncateU64(DOUBLE, false)],
  [Op.F32ConvertI32S, fromInteger(SINGLE.from32)],
  [Op.F32ConvertI32U, fromInteger(SINGLE.from64, true)],
  [Op.F32ConvertI64S, fromInteger(SINGLE.from64)],
  [Op.F32ConvertI64U, fromU64(SINGLE)],
  [Op.F64ConvertI32S, fromInteger(DOUBLE.from32)],
  [Op.F64ConvertI32U, fromInteger(DOUBLE.from64, true)],
  [Op.F64ConvertI64S, fromInteger(DOUBLE.from64)],
  [Op.F64ConvertI64U, fromU64(DOUBLE)],
  [Op.F32DemoteF64, fromFloat(x64.CVTSD2SS)],
  [Op.F64PromoteF32, fromFloat(x64.CVTSS2SD)],
  [Op.I32ReinterpretF32, reinterpret(x64.MOVD.rmReg, x64.MOV32.regRm)],
  [Op.I64ReinterpretF64, reinterpret(x64.MOVQ.rmReg, x64.MOV64.regRm)],
  [Op.F32ReinterpretI32, reinterpret(x64.MOVD.regRm, x64.MOVSS.load)],
  [Op.F64ReinterpretI64, reinterpret(x64.MOVQ.regRm, x64.MOVSD.load)],
];
