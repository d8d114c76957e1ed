/**
 * What the VMM said: command line, memory, and the boot module, which is the configuration.
 *
 * Runs where the VMM put the keel, and sees the first 4 MiB: the lists themselves lie there on every VMM we know.
 */
import { BootInformation, COMMAND_LINE_BYTES_LIMIT } from "../abi/boot.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R10, R8, RAX, RBX, RCX, RDI, RDX, RSI } from "../x64/register.ts";
import { AND64, CMP64, MOV8, SUB64, TEST8 } from "../x64/tables/index.ts";
import type { KeelImage } from "./image-table.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { Data, INFORMATION, KEEL_REGION_BYTES, PAGE_BYTES, RANGES_LIMIT } from "./layout.ts";

/** PVH's hvm_start_info, by byte. */
const enum StartInformation {
  ModuleCount = 12,
  Modules = 16,
  CommandLine = 24,
  MemoryMap = 40,
  MemoryMapEntries = 48,
}
const MODULE_BYTES_AT = 8;

/** hvm_memmap_table_entry: u64 address, u64 size, u32 type, u32 0. */
const MEMORY_ENTRY_BYTES = 24;
const MEMORY_TYPE_AT = 16;
const MEMORY_RAM = 1;

export function emitBootFacts(a: KeelAssembler, image: KeelImage): void {
  emitCommandLine(a);
  emitMemoryMap(a, image);
  emitModule(a);
}

/** Copies the command line to the information page. rbx: start information from here on. */
function emitCommandLine(a: KeelAssembler): void {
  const next = a.label();
  const done = a.label();
  a.loadData(RBX, Data.StartInformation);
  a.load(RSI, RBX, StartInformation.CommandLine);
  a.dataAddress(RDI, INFORMATION + BootInformation.CommandLine);
  a.set(RCX, 0);
  a.test(RSI);
  a.branch(Condition.Equal, done);
  a.bind(next);
  a.rm(MOV8.regRm, RAX, RSI, RCX, 1, 0);
  a.rr(TEST8.rmReg, RAX, RAX);
  a.branch(Condition.Equal, done);
  a.rm(MOV8.rmReg, RAX, RDI, RCX, 1, 0);
  a.addConstant(RCX, 1);
  a.compareConstant(RCX, COMMAND_LINE_BYTES_LIMIT - 1);
  a.branch(Condition.Below, next);
  a.bind(done);
  a.storeData(INFORMATION + BootInformation.CommandLineBytes, RCX);
}

/** Keeps the ranges of RAM above 1 MiB, whole pages, without what the image covers. */
function emitMemoryMap(a: KeelAssembler, image: KeelImage): void {
  const next = a.label();
  const skip = a.label();
  const done = a.label();
  const firstFree = image.physicalBase + imageBytes(image);
  a.setData(Data.ImageEnd, firstFree);
  a.load(RSI, RBX, StartInformation.MemoryMap);
  a.load32(RCX, RBX, StartInformation.MemoryMapEntries);
  a.dataAddress(RDI, Data.Ranges);
  a.set(R8, 0);
  a.bind(next);
  a.addConstant(RCX, -1);
  a.branch(Condition.Sign, done);
  a.load(RAX, RSI);
  a.load(RDX, RSI, 8);
  a.add(RDX, RAX);
  a.load32(R10, RSI, MEMORY_TYPE_AT);
  a.addConstant(RSI, MEMORY_ENTRY_BYTES);
  a.compareConstant(R10, MEMORY_RAM);
  a.branch(Condition.NotEqual, skip);
  emitAtLeast(a, RAX, firstFree);
  a.addConstant(RAX, PAGE_BYTES - 1);
  a.ri(AND64.rmImm32, RAX, -PAGE_BYTES);
  a.ri(AND64.rmImm32, RDX, -PAGE_BYTES);
  a.compare(RAX, RDX);
  a.branch(Condition.AboveOrEqual, skip);
  a.compareConstant(R8, RANGES_LIMIT - 1); // one is left for the range that the module splits
  a.branch(Condition.AboveOrEqual, done);
  a.store(RDI, 0, RAX);
  a.store(RDI, 8, RDX);
  a.addConstant(RDI, 16);
  a.addConstant(R8, 1);
  a.bind(skip);
  a.jump(next);
  a.bind(done);
  a.storeData(Data.RangeCount, R8);
}

function emitAtLeast(a: KeelAssembler, register: number, least: number): void {
  const enough = a.label();
  a.compareConstant(register, least);
  a.branch(Condition.AboveOrEqual, enough);
  a.set(register, least);
  a.bind(enough);
}

function imageBytes({ physicalBase, runs }: KeelImage): number {
  const ends = runs.map(({ physical, pages }) => physical + pages * PAGE_BYTES - physicalBase);
  return Math.max(KEEL_REGION_BYTES, ...ends);
}

/** The boot module is the configuration; its frames are taken out of the ranges, and what is left is counted. */
function emitModule(a: KeelAssembler): void {
  const none = a.label();
  const next = a.label();
  const outside = a.label();
  a.load32(RAX, RBX, StartInformation.ModuleCount);
  a.test(RAX);
  a.branch(Condition.Equal, none);
  a.load(RSI, RBX, StartInformation.Modules);
  a.load(R10, RSI);
  a.load(RDX, RSI, MODULE_BYTES_AT);
  a.storeData(Data.ModuleAddress, R10);
  a.storeData(Data.ModuleBytes, RDX);
  a.storeData(INFORMATION + BootInformation.ConfigurationBytes, RDX);
  a.add(RDX, R10);
  a.addConstant(RDX, PAGE_BYTES - 1);
  a.ri(AND64.rmImm32, RDX, -PAGE_BYTES);
  a.ri(AND64.rmImm32, R10, -PAGE_BYTES);
  // [r10, rdx) is cut out of the range that holds it: what is above becomes one more.
  a.dataAddress(RSI, Data.Ranges);
  a.loadData(RCX, Data.RangeCount);
  a.bind(next);
  a.addConstant(RCX, -1);
  a.branch(Condition.Sign, none);
  a.load(RAX, RSI, 8);
  a.compare(R10, RAX);
  a.branch(Condition.AboveOrEqual, outside);
  a.rm(CMP64.regRm, RDX, RSI, ABSENT, 1, 0);
  a.branch(Condition.BelowOrEqual, outside);
  a.store(RSI, 8, R10);
  a.dataAddress(RDI, Data.Ranges);
  a.loadData(R8, Data.RangeCount);
  a.addData(Data.RangeCount, 1);
  a.shiftLeft(R8, 4);
  a.add(RDI, R8);
  a.store(RDI, 0, RDX);
  a.store(RDI, 8, RAX);
  a.jump(none);
  a.bind(outside);
  a.addConstant(RSI, 16);
  a.jump(next);
  a.bind(none);
  emitCount(a);
}

/** Counts the frames, and makes the first range the one that frames come from. An empty range counts nothing. */
function emitCount(a: KeelAssembler): void {
  const next = a.label();
  const empty = a.label();
  const done = a.label();
  a.dataAddress(RSI, Data.Ranges);
  a.loadData(RCX, Data.RangeCount);
  a.set(RDX, 0);
  a.bind(next);
  a.addConstant(RCX, -1);
  a.branch(Condition.Sign, done);
  a.load(RAX, RSI, 8);
  a.rm(SUB64.regRm, RAX, RSI, ABSENT, 1, 0);
  a.branch(Condition.BelowOrEqual, empty);
  a.add(RDX, RAX);
  a.bind(empty);
  a.addConstant(RSI, 16);
  a.jump(next);
  a.bind(done);
  a.storeData(INFORMATION + BootInformation.FreeBytes, RDX);
  a.shiftRight(RDX, 12);
  a.storeData(Data.FrameCount, RDX);
}
