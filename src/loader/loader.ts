/**
 * The loader: from the firmware's 16-bit world to the image's PVH entry, on a disk alone.
 *
 *   1. the firmware's memory map becomes PVH's, whose entries have the same shape; too little memory is said
 *   2. the configuration is read: PVH's one boot module
 *   3. the list (`load-list.ts`) is worked off in parts: sectors come below 1 MiB, where the firmware can write, and
 *      are copied to where they belong
 *   4. 32-bit protected mode, flat segments, paging off, ebx: start information (Xen's "x86/HVM direct boot ABI")
 *
 * Real mode reaches beyond 1 MiB once segments of 4 GiB were loaded in protected mode: their limits stay. Firmware may
 * set them back at each call, so that is done again after each.
 *
 * Tests: loader.test.ts; booted, tests/functional/raw-disk.test.ts
 */
import {
  CONFIGURATION_SECTORS,
  DESCRIPTOR_BYTES,
  DescriptorField,
  diskPlaces,
  SECTOR_BYTES,
} from "../image/disk.ts";
import { loadedEnd } from "../image/elf-file.ts";
import { ABSENT } from "../x64/encoder.ts";
import type { Encoding } from "../x64/encoding.ts";
import { Condition, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import {
  ADD32,
  AND32,
  CLI,
  CMP32,
  JMP,
  LGDT,
  MOV32,
  MOV_FROM_CONTROL,
  MOV_TO_CONTROL,
  MOV_TO_SEGMENT,
  OR32,
  PUSH,
  REP_MOVSB,
  REP_MOVSD,
  REP_STOSB,
  REP_STOSD,
  RETF,
  SHL32,
  SHR32,
  STI,
  SUB32,
  TEST32,
  XOR32,
} from "../x64/tables/index.ts";
import { DISK_SERVICE, EXTENDED_READ, READ_FAILED } from "./boot-sector.ts";
import { loadSteps, LoadRecord, writeLoadList } from "./load-list.ts";
import {
  BOUNCE_ADDRESS,
  CONFIGURATION_ADDRESS,
  LOADER_ADDRESS,
  MEMORY_MAP_ENTRIES_LIMIT,
  MEMORY_MAP_ENTRY_BYTES,
  PACKET_BYTES,
  READ_SECTORS_LIMIT,
  STACK_END,
  Variable,
} from "./memory.ts";
import { RealModeAssembler } from "./real-mode-assembler.ts";
import { emitStop } from "./stop.ts";

const SYSTEM_SERVICE = 0x15;
const ENABLE_A20 = 0x2401;
const MEMORY_MAP = 0xe820;
/** "SMAP" */
const MEMORY_MAP_MARK = 0x534d_4150;
/** What int 15h writes of an entry; the rest of it is zero. */
const MEMORY_MAP_ENTRY_WRITTEN = 20;
const MEMORY_RAM = 1;
const MIB = 2 ** 20;

/** hvm_start_info. */
const START_MAGIC = 0x336e_c578;
const enum StartInformation {
  Magic = Variable.StartInformation,
  Version = Variable.StartInformation + 4,
  ModuleCount = Variable.StartInformation + 12,
  Modules = Variable.StartInformation + 16,
  MemoryMap = Variable.StartInformation + 40,
  MemoryMapEntries = Variable.StartInformation + 48,
}

const FLAT_CODE = 0x00cf_9b00_0000_ffffn;
const FLAT_DATA = 0x00cf_9300_0000_ffffn;
const CODE_SELECTOR = 8;
const DATA_SELECTOR = 16;
const DESCRIPTORS_BYTES = 24;
const PROTECTED = 1;

export interface Loader {
  /** From sector 1 on, with room for the disk's descriptor at its start. */
  readonly bytes: Uint8Array;
  /** The address at which it is entered. */
  readonly entry: number;
}

/** For this image, whose PVH entry is at the physical address `entry`. */
export function emitLoader(elf: Uint8Array, entry: number): Loader {
  const a = new RealModeAssembler(LOADER_ADDRESS);
  const steps = loadSteps(elf);
  const labels = { list: a.label(), descriptors: a.label(), flatten: a.label(), read: a.label() };
  const start = a.label();
  a.raw(new Uint8Array(DESCRIPTOR_BYTES));
  a.bind(start);
  emitSetup(a, labels);
  emitMemoryMap(a);
  emitMemoryCheck(a, loadedEnd(elf));
  emitConfiguration(a, labels);
  emitLoad(a, labels, steps.length * LoadRecord.Size);
  emitEnter(a, entry);
  emitFlatten(a, labels);
  emitRead(a, labels);
  a.bind(labels.descriptors);
  a.raw(new Uint8Array(BigUint64Array.of(0n, FLAT_CODE, FLAT_DATA).buffer));
  a.bind(labels.list);
  const { code, offsetOf } = a.assemble();
  const { imageSector } = diskPlaces(code.length + steps.length * LoadRecord.Size);
  const bytes = Uint8Array.of(...code, ...writeLoadList(steps, imageSector));
  return { bytes, entry: LOADER_ADDRESS + offsetOf(start) };
}

interface Labels {
  readonly list: number;
  readonly descriptors: number;
  /** Segments of 4 GiB from 0, interrupts off. Changes eax. */
  readonly flatten: number;
  /** Reads as the packet says. Changes eax, edx, esi. */
  readonly read: number;
}

function emitSetup(a: RealModeAssembler, { descriptors }: Labels): void {
  a.set32(RAX, ENABLE_A20);
  a.interrupt(SYSTEM_SERVICE);
  a.set32(RDI, Variable.StartInformation);
  a.set32(RCX, Variable.MemoryMap - Variable.StartInformation);
  a.rr(XOR32.regRm, RAX, RAX);
  a.none(REP_STOSB);
  a.setAt(Variable.TableRegister, DESCRIPTORS_BYTES - 1);
  a.setToLabel(RAX, descriptors);
  a.storeAt(Variable.TableRegister + 2, RAX);
  a.setAt(StartInformation.Magic, START_MAGIC);
  a.setAt(StartInformation.Version, 1);
  a.setAt(StartInformation.MemoryMap, Variable.MemoryMap);
}

function emitMemoryMap(a: RealModeAssembler): void {
  const [next, done] = a.labels(2);
  a.rr(XOR32.regRm, RBX, RBX);
  a.set32(RDI, Variable.MemoryMap);
  a.bind(next);
  a.mi(MOV32.rmImm32, RDI, ABSENT, 1, MEMORY_MAP_ENTRY_WRITTEN, 0);
  a.set32(RAX, MEMORY_MAP);
  a.set32(RDX, MEMORY_MAP_MARK);
  a.set32(RCX, MEMORY_MAP_ENTRY_WRITTEN);
  a.interrupt(SYSTEM_SERVICE);
  a.branch(Condition.Below, done);
  a.ri(CMP32.rmImm32, RAX, MEMORY_MAP_MARK);
  a.branch(Condition.NotEqual, done);
  a.ri(ADD32.rmImm32, RDI, MEMORY_MAP_ENTRY_BYTES);
  a.mi(ADD32.rmImm32, ABSENT, ABSENT, 1, StartInformation.MemoryMapEntries, 1);
  a.ri(CMP32.rmImm32, RDI, Variable.MemoryMap + MEMORY_MAP_ENTRIES_LIMIT * MEMORY_MAP_ENTRY_BYTES);
  a.branch(Condition.AboveOrEqual, done);
  a.rr(TEST32.rmReg, RBX, RBX); // 0 with the last one
  a.branch(Condition.NotEqual, next);
  a.bind(done);
}

/** One range of RAM has to hold the image: from 1 MiB to `end`. */
function emitMemoryCheck(a: RealModeAssembler, end: number): void {
  const [next, skip, refuse, enough] = a.labels(4);
  a.set32(RSI, Variable.MemoryMap);
  a.loadAt(RCX, StartInformation.MemoryMapEntries);
  a.bind(next);
  a.ri(SUB32.rmImm32, RCX, 1);
  a.branch(Condition.Below, refuse);
  const field = (offset: number) => [RSI, ABSENT, 1, offset] as const;
  a.mi(CMP32.rmImm32, ...field(16), MEMORY_RAM);
  a.branch(Condition.NotEqual, skip);
  a.mi(CMP32.rmImm32, ...field(4), 0);
  a.branch(Condition.NotEqual, skip);
  a.rm(MOV32.regRm, RAX, ...field(0));
  a.ri(CMP32.rmImm32, RAX, MIB);
  a.branch(Condition.Above, skip);
  a.mi(CMP32.rmImm32, ...field(12), 0);
  a.branch(Condition.NotEqual, enough);
  a.rm(ADD32.regRm, RAX, ...field(8));
  a.branch(Condition.Below, enough); // past 4 GiB
  a.ri(CMP32.rmImm32, RAX, end | 0);
  a.branch(Condition.AboveOrEqual, enough);
  a.bind(skip);
  a.ri(ADD32.rmImm32, RSI, MEMORY_MAP_ENTRY_BYTES);
  a.jump(next);
  a.bind(refuse);
  emitStop(a, `skerry: this image alone needs ${Math.ceil(end / MIB)} MiB of memory, more than there is\n`);
  a.bind(enough);
}

function emitConfiguration(a: RealModeAssembler, { read }: Labels): void {
  const none = a.label();
  a.loadAt(RCX, LOADER_ADDRESS + DescriptorField.ConfigurationBytes);
  a.rr(TEST32.rmReg, RCX, RCX);
  a.branch(Condition.Equal, none);
  a.setAt(StartInformation.ModuleCount, 1);
  a.setAt(StartInformation.Modules, Variable.Module);
  a.setAt(Variable.Module, CONFIGURATION_ADDRESS);
  a.storeAt(Variable.Module + 8, RCX);
  a.setAt(Variable.Packet, PACKET_BYTES | (CONFIGURATION_SECTORS << 16));
  a.setAt(Variable.PacketBuffer, (CONFIGURATION_ADDRESS >> 4) << 16);
  a.loadAt(RAX, LOADER_ADDRESS + DescriptorField.ConfigurationSector);
  a.storeAt(Variable.PacketSector, RAX);
  a.call(read);
  a.bind(none);
}

/** ebp: the record, which is used up. */
function emitLoad(a: RealModeAssembler, { list, flatten, read }: Labels, listBytes: number): void {
  const [next, part, fits, clear, done] = a.labels(5);
  const field = (offset: LoadRecord) => [RBP, ABSENT, 1, offset] as const;
  a.setAt(Variable.PacketBuffer, (BOUNCE_ADDRESS >> 4) << 16);
  a.setToLabel(RBP, list);
  a.bind(next);
  a.mi(CMP32.rmImm32, ...field(LoadRecord.Sector), 0);
  a.branch(Condition.Equal, clear);
  a.bind(part);
  // ecx: bytes of this part.
  a.set32(RCX, READ_SECTORS_LIMIT * SECTOR_BYTES);
  a.rm(SUB32.regRm, RCX, ...field(LoadRecord.Skip));
  a.rm(CMP32.regRm, RCX, ...field(LoadRecord.Bytes));
  a.branch(Condition.BelowOrEqual, fits);
  a.rm(MOV32.regRm, RCX, ...field(LoadRecord.Bytes));
  a.bind(fits);
  a.push(RCX);
  a.rm(ADD32.regRm, RCX, ...field(LoadRecord.Skip));
  a.ri(ADD32.rmImm32, RCX, SECTOR_BYTES - 1);
  a.ri(SHR32.imm8, RCX, Math.log2(SECTOR_BYTES));
  a.ri(SHL32.imm8, RCX, 16);
  a.ri(OR32.rmImm32, RCX, PACKET_BYTES);
  a.storeAt(Variable.Packet, RCX);
  a.rm(MOV32.regRm, RAX, ...field(LoadRecord.Sector));
  a.storeAt(Variable.PacketSector, RAX);
  a.call(read);
  a.call(flatten);
  a.pop(RCX);
  a.rm(MOV32.regRm, RSI, ...field(LoadRecord.Skip));
  a.ri(ADD32.rmImm32, RSI, BOUNCE_ADDRESS);
  a.rm(MOV32.regRm, RDI, ...field(LoadRecord.Address));
  a.rm(ADD32.rmReg, RCX, ...field(LoadRecord.Address));
  a.rm(SUB32.rmReg, RCX, ...field(LoadRecord.Bytes));
  a.mi(ADD32.rmImm32, ...field(LoadRecord.Sector), READ_SECTORS_LIMIT);
  a.mi(MOV32.rmImm32, ...field(LoadRecord.Skip), 0);
  emitRepeated(a, REP_MOVSD, REP_MOVSB);
  a.mi(CMP32.rmImm32, ...field(LoadRecord.Bytes), 0);
  a.branch(Condition.NotEqual, part);
  a.jump(done);
  a.bind(clear);
  a.call(flatten);
  a.rm(MOV32.regRm, RDI, ...field(LoadRecord.Address));
  a.rm(MOV32.regRm, RCX, ...field(LoadRecord.Bytes));
  a.rr(XOR32.regRm, RAX, RAX);
  emitRepeated(a, REP_STOSD, REP_STOSB);
  a.bind(done);
  a.ri(ADD32.rmImm32, RBP, LoadRecord.Size);
  a.compareWithLabel(RBP, list, listBytes);
  a.branch(Condition.Below, next);
}

/** ecx: bytes, by four as long as it goes. Changes edx. */
function emitRepeated(a: RealModeAssembler, fours: Encoding, ones: Encoding): void {
  a.rr(MOV32.regRm, RDX, RCX);
  a.ri(SHR32.imm8, RCX, 2);
  a.none(fours);
  a.rr(MOV32.regRm, RCX, RDX);
  a.ri(AND32.rmImm32, RCX, 3);
  a.none(ones);
}

function emitFlatten(a: RealModeAssembler, { flatten }: Labels): void {
  a.bind(flatten);
  a.none(CLI); // until the next read: there is no interrupt table for protected mode
  a.m(LGDT, ABSENT, ABSENT, 1, Variable.TableRegister);
  a.rr(MOV_FROM_CONTROL, 0, RAX);
  a.ri(OR32.rmImm32, RAX, PROTECTED);
  a.rr(MOV_TO_CONTROL, 0, RAX);
  a.set32(RAX, DATA_SELECTOR);
  for (const segment of [0, 3]) a.rr(MOV_TO_SEGMENT, segment, RAX);
  a.rr(MOV_FROM_CONTROL, 0, RAX);
  a.ri(AND32.rmImm32, RAX, ~PROTECTED);
  a.rr(MOV_TO_CONTROL, 0, RAX);
  a.rr(XOR32.regRm, RAX, RAX);
  for (const segment of [0, 3]) a.rr(MOV_TO_SEGMENT, segment, RAX);
  a.ret();
}

function emitRead(a: RealModeAssembler, { read }: Labels): void {
  const failed = a.label();
  a.bind(read);
  a.push(RBP);
  a.set32(RSI, Variable.Packet);
  a.loadAt(RDX, Variable.Drive);
  a.set32(RAX, EXTENDED_READ);
  a.none(STI);
  a.interrupt(DISK_SERVICE);
  a.pop(RBP);
  a.branch(Condition.Below, failed);
  a.ret();
  a.bind(failed);
  emitStop(a, READ_FAILED);
}

/** Interrupts are off, and the descriptor table is loaded. */
function emitEnter(a: RealModeAssembler, entry: number): void {
  const protectedCode = a.label();
  a.rr(MOV_FROM_CONTROL, 0, RAX);
  a.ri(OR32.rmImm32, RAX, PROTECTED);
  a.rr(MOV_TO_CONTROL, 0, RAX);
  a.i(PUSH.imm32, CODE_SELECTOR);
  a.setToLabel(RAX, protectedCode);
  a.push(RAX);
  a.none(RETF);
  a.bind(protectedCode);
  a.enterProtected();
  a.set32(RAX, DATA_SELECTOR);
  for (const segment of [0, 2, 3, 4, 5]) a.rr(MOV_TO_SEGMENT, segment, RAX);
  a.set32(RSP, STACK_END);
  a.set32(RBX, Variable.StartInformation);
  a.set32(RAX, entry);
  a.r(JMP, RAX);
  a.leaveProtected();
}
