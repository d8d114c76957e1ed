/**
 * Finds `__vdso_clock_gettime` in the shared object that Linux maps into every process.
 *
 * What the system mapped is trusted as the system is; what is not found is done without.
 *
 * Source: vdso(7), getauxval(3); System V ABI, "Dynamic Linking". The object's addresses count from its first byte. Its
 * symbols end where the names begin, as every linker lays them out.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R12, R13, R14, R15, R8, R9, RAX, RCX, RDX, RSI } from "../../x64/register.ts";
import { CMP8, LEA64, MOV8, MOVZX16TO32 } from "../../x64/tables/index.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { ImageFixed } from "./image-state.ts";

const NAME = "__vdso_clock_gettime\0";
const AT_SYSINFO_EHDR = 33;

/** ELF64 header, program header, dynamic entry, symbol: the fields that are looked at. */
const enum Elf {
  ProgramHeaders = 32,
  ProgramHeaderCount = 56,
}
const PROGRAM_HEADER_BYTES = 56;
const PROGRAM_HEADER_ADDRESS = 16;
const PT_DYNAMIC = 2;
const DYNAMIC_BYTES = 16;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const SYMBOL_BYTES = 24;
const SYMBOL_VALUE = 8;

/** r15: the stack pointer at the process's start. Changes r12 to r14 and what a call may. */
export function emitFindClock(a: Shorthand, readOnly: ReadOnlyData): void {
  const none = a.label();
  const [base, names, symbols] = [R12, R13, R14];
  emitAuxiliary(a, base, none);
  emitDynamic(a, base, none);
  const [entry, notNames, notSymbols, read] = [a.label(), a.label(), a.label(), a.label()];
  a.set(names, 0);
  a.set(symbols, 0);
  a.bind(entry);
  a.load(RAX, RSI);
  a.test(RAX);
  a.branch(Condition.Equal, read);
  a.load(RDX, RSI, 8);
  a.addConstant(RSI, DYNAMIC_BYTES);
  a.compareConstant(RAX, DT_STRTAB);
  a.branch(Condition.NotEqual, notNames);
  a.move(names, RDX);
  a.bind(notNames);
  a.compareConstant(RAX, DT_SYMTAB);
  a.branch(Condition.NotEqual, notSymbols);
  a.move(symbols, RDX);
  a.bind(notSymbols);
  a.jump(entry);
  a.bind(read);
  a.test(names);
  a.branch(Condition.Equal, none);
  a.test(symbols);
  a.branch(Condition.Equal, none);
  a.add(names, base);
  a.add(symbols, base);
  emitSymbols(a, readOnly, none);
  a.bind(none);
}

/** The auxiliary vector follows the environment, which follows the arguments; each ends with a zero. */
function emitAuxiliary(a: Shorthand, base: number, none: number): void {
  const [environment, pair, found] = [a.label(), a.label(), a.label()];
  a.load(RAX, R15);
  a.rm(LEA64, RSI, R15, RAX, 8, 16);
  a.bind(environment);
  a.load(RAX, RSI);
  a.addConstant(RSI, 8);
  a.test(RAX);
  a.branch(Condition.NotEqual, environment);
  a.bind(pair);
  a.load(RAX, RSI);
  a.load(base, RSI, 8);
  a.addConstant(RSI, 16);
  a.compareConstant(RAX, AT_SYSINFO_EHDR);
  a.branch(Condition.Equal, found);
  a.test(RAX);
  a.branch(Condition.NotEqual, pair);
  a.jump(none);
  a.bind(found);
  a.test(base);
  a.branch(Condition.Equal, none);
}

/** rsi: the dynamic section. */
function emitDynamic(a: Shorthand, base: number, none: number): void {
  const [next, found] = [a.label(), a.label()];
  a.load(RSI, base, Elf.ProgramHeaders);
  a.add(RSI, base);
  a.rm(MOVZX16TO32, RCX, base, ABSENT, 1, Elf.ProgramHeaderCount);
  a.bind(next);
  a.addConstant(RCX, -1);
  a.branch(Condition.Sign, none);
  a.load32(RAX, RSI);
  a.compareConstant(RAX, PT_DYNAMIC);
  a.branch(Condition.Equal, found);
  a.addConstant(RSI, PROGRAM_HEADER_BYTES);
  a.jump(next);
  a.bind(found);
  a.load(RSI, RSI, PROGRAM_HEADER_ADDRESS);
  a.add(RSI, base);
}

/** r12: base, r13: names, r14: symbols. */
function emitSymbols(a: Shorthand, readOnly: ReadOnlyData, none: number): void {
  const [symbol, character, another] = [a.label(), a.label(), a.label()];
  const [wanted, name] = [R10, R11];
  a.placeAddress(wanted, Place.ReadOnly, readOnly.addText(NAME));
  a.bind(symbol);
  a.address(RAX, R14, SYMBOL_BYTES);
  a.compare(RAX, R13);
  a.branch(Condition.Above, none);
  a.load32(name, R14);
  a.add(name, R13);
  a.set(R9, 0);
  a.bind(character);
  a.rm(MOV8.regRm, R8, name, R9, 1, 0);
  a.rm(CMP8.regRm, R8, wanted, R9, 1, 0);
  a.branch(Condition.NotEqual, another);
  a.addConstant(R9, 1);
  a.compareConstant(R9, NAME.length);
  a.branch(Condition.Below, character);
  a.load(RAX, R14, SYMBOL_VALUE);
  a.add(RAX, R12);
  a.storePlace(Place.State, ImageFixed.ClockFunction, RAX);
  a.jump(none);
  a.bind(another);
  a.addConstant(R14, SYMBOL_BYTES);
  a.jump(symbol);
}
