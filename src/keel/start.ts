/**
 * From the first 64-bit instruction to ring 3.
 *
 *   1. what the VMM said (`memory-map.ts`)
 *   2. a place in the upper half is drawn, and the keel goes there; the first mapping is taken down
 *   3. descriptor tables and timer; every window's place is drawn, and what the image has for it is mapped;
 *      the configuration and the time go where ring 3 reads them
 *   4. ring 3
 */
import { BootFlag } from "../abi/boot.ts";
import { Condition, R10, R11, R13, RAX, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import { IRETQ, JMP, LEA64, MOV64, MOV_TO_SEGMENT, PUSH, RDRAND64, TEST32 } from "../x64/tables/index.ts";
import { emitDescriptors, type DescriptorLabels } from "./descriptors.ts";
import { USER_FLAGS } from "./faults.ts";
import type { KeelImage } from "./image-table.ts";
import { emitInformation } from "./information.ts";
import type { KeelAssembler } from "./keel-assembler.ts";
import { CODE_PAGES, Data, Entry, KeelPage, PAGE_BYTES, Selector, Window } from "./layout.ts";
import { emitBootFacts } from "./memory-map.ts";
import { emitFlush, emitStep, NO_EXECUTE, type PagingLabels } from "./paging.ts";
import { emitReplicas, replicasStart } from "./replicas.ts";
import { emitTimerSetup } from "./timer.ts";
import { emitWindows, type WindowLabels } from "./windows.ts";

/** In the PML4 the window onto the tables takes one of entries 256 to 383, the keel lies above them. */
const SELF_MAP_BITS = 7;
const SELF_MAP_FIRST_ENTRY = 256 * 8;
const SELF_MAP_FIRST = 0xffff_8000_0000_0000n;
const KEEL_FIRST = 0xffff_c000_0000_0000n;
const KEEL_BITS = 25;
const LARGE_PAGE_SHIFT = 21;
const PML4_SHIFT = 39;
const RANDOM_TRIES = 16;

const WRITABLE = NO_EXECUTE | BigInt(Entry.Present | Entry.Write);
const DEVICE = WRITABLE | BigInt(Entry.CacheDisable | Entry.WriteThrough);
const LOCAL_APIC = 0xfee0_0000n;
const IO_APIC = 0xfec0_0000n;
const WRITTEN_PAGES = [
  KeelPage.Data,
  KeelPage.Stack,
  KeelPage.Information,
  KeelPage.DoubleFaultStack,
  KeelPage.NmiStack,
  KeelPage.MachineCheckStack,
];

export interface StartLabels extends PagingLabels, WindowLabels, DescriptorLabels {
  /** rax: 64 random bits, or 0 without a source. Changes rcx. */
  readonly random: number;
}

/** rbp: the physical base. */
export function emitStart(a: KeelAssembler, labels: StartLabels, image: KeelImage): void {
  // Null segments do in 64-bit mode; those of ring 3 come with its first frame.
  a.set(RAX, 0);
  for (const segment of [0, 2, 3]) a.rr(MOV_TO_SEGMENT, segment, RAX);
  a.address(RSP, 5, (KeelPage.Stack + 1) * PAGE_BYTES);
  emitBootFacts(a, image);
  emitUpperHalf(a, labels, image.physicalBase);
  emitDescriptors(a, labels);
  emitTimerSetup(a, image.isTimed);
  emitWindows(a, labels, image);
  if (image.replicas !== undefined) emitReplicas(a, labels, image.replicas, replicasStart(image));
  emitInformation(a, labels, image);
  emitRing3(a, image);
}

function emitUpperHalf(a: KeelAssembler, labels: StartLabels, physicalBase: number): void {
  const above = a.label();
  emitSelfMap(a, labels, physicalBase);
  a.call(labels.random);
  a.shiftRight(RAX, 64 - KEEL_BITS);
  a.shiftLeft(RAX, LARGE_PAGE_SHIFT);
  a.set64(RCX, KEEL_FIRST);
  a.add(RAX, RCX);
  a.storeData(Data.Region, RAX);
  a.move(R13, RAX);
  const frame = (page: number) => BigInt(physicalBase + page * PAGE_BYTES);
  const pages: readonly (readonly [page: number, entry: bigint])[] = [
    ...Array.from({ length: CODE_PAGES }, (_, page) => [page, frame(page) | BigInt(Entry.Present)] as const),
    [KeelPage.Tables, frame(KeelPage.Tables) | NO_EXECUTE | BigInt(Entry.Present)],
    ...WRITTEN_PAGES.map((page) => [page, frame(page) | WRITABLE] as const),
    [KeelPage.LocalApic, LOCAL_APIC | DEVICE],
    [KeelPage.IoApic, IO_APIC | DEVICE],
  ];
  for (const [page, entry] of pages) {
    a.address(RDI, R13, page * PAGE_BYTES);
    a.set64(RSI, entry);
    a.call(labels.map);
  }
  a.address(RDI, R13, KeelPage.Scratch * PAGE_BYTES);
  a.call(labels.entryOf);
  a.storeData(Data.ScratchEntry, R10);

  a.address(RSP, R13, (KeelPage.Stack + 1) * PAGE_BYTES);
  a.ripLabel(LEA64, RAX, above);
  a.addConstant(RAX, -physicalBase);
  a.add(RAX, R13);
  a.r(JMP, RAX);
  a.bind(above);
  emitDropFirstMapping(a, labels);
}

function emitSelfMap(a: KeelAssembler, { random }: StartLabels, physicalBase: number): void {
  a.call(random);
  a.shiftRight(RAX, 64 - SELF_MAP_BITS);
  a.dataAddress(RDX, KeelPage.Pml4 * PAGE_BYTES + SELF_MAP_FIRST_ENTRY);
  a.set64(RCX, BigInt(physicalBase + KeelPage.Pml4 * PAGE_BYTES) | WRITABLE);
  a.rm(MOV64.rmReg, RCX, RDX, RAX, 8, 0);
  a.shiftLeft(RAX, PML4_SHIFT);
  a.set64(RCX, SELF_MAP_FIRST);
  a.add(RAX, RCX);
  a.storeData(Data.SelfMap, RAX);
}

/** The PML4's entry of address 0. */
function emitDropFirstMapping(a: KeelAssembler, { entryOf }: PagingLabels): void {
  a.set(RDI, 0);
  a.call(entryOf);
  emitStep(a, RDX, R11);
  emitStep(a, RAX, RDX);
  a.set(RCX, 0);
  a.store(RAX, 0, RCX);
  emitFlush(a);
}

function emitRing3(a: KeelAssembler, image: KeelImage): void {
  const window = (number: number, field: Window) => Data.Windows + number * Window.Size + field;
  a.loadData(RDI, window(image.informationWindow, Window.Base));
  a.i(PUSH.imm8, Selector.UserData);
  a.loadData(RAX, window(image.stackWindow, Window.End));
  a.push(RAX);
  a.i(PUSH.imm32, USER_FLAGS);
  a.i(PUSH.imm8, Selector.UserCode);
  a.loadData(RAX, window(0, Window.Base));
  a.addConstant(RAX, image.entry);
  a.push(RAX);
  for (const register of [RAX, RCX, RDX, 3, 5, RSI, 8, 9, R10, R11, 12, R13, 14, 15]) a.set(register, 0);
  a.none(IRETQ);
}

export function emitRandom(a: KeelAssembler, label: number): void {
  const again = a.label();
  const drawn = a.label();
  const none = a.label();
  a.begin(label);
  a.loadData(RAX, Data.Flags);
  a.ri(TEST32.rmImm32, RAX, BootFlag.Rdrand);
  a.branch(Condition.Equal, none);
  a.set(RCX, RANDOM_TRIES);
  a.bind(again);
  a.r(RDRAND64, RAX);
  a.branch(Condition.Below, drawn);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, again);
  a.bind(none);
  a.set(RAX, 0);
  a.bind(drawn);
  a.ret();
}
