/**
 * A program linked for the bare platform, as the bytes that a VMM loads.
 *
 *   physical  1 MiB   keel's region      code and tables in the file; the rest zero
 *                     constants, code    as the linker placed them
 *                     data               zero
 *                     initial memory     of every linear memory that has some: contexts below the base, data above
 *
 * In ring 3's address space there are windows (`src/keel/windows.ts`): the image's sections in one, each memory, table
 * and stack in one of its own. Where two segments of the file meet, the VMM's load is the only copy.
 */
import type { KeelCall } from "../../abi/boot.ts";
import type { ManifestWindow, PartKind } from "../../abi/manifest.ts";
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import { SegmentAccess, writeElf, type ElfNote, type ElfSegment } from "../../image/elf.ts";
import { RunAccess, type KeelImage, type KeelRun, type KeelWindow } from "../../keel/image-table.ts";
import { emitKeel, type Keel } from "../../keel/keel.ts";
import {
  DEVICE_PAGES,
  KEEL_REGION_BYTES,
  KeelPage,
  PAGE_BYTES,
  TABLES,
  TABLES_END,
  WindowFlag,
  WindowKind,
} from "../../keel/layout.ts";
import { pvhNote } from "../../keel/pvh.ts";
import { extentsOf, piecesOf } from "../../linker/extents.ts";
import type { ImagePart, LinkedMemory, LinkedProgram, Section } from "../../linker/linked.ts";
import { machineWindows } from "./address-space.ts";

export const PHYSICAL_BASE = 0x10_0000;
/** Linked addresses begin one page in; that page becomes nothing here. */
export const SECTIONS_START = PHYSICAL_BASE + KEEL_REGION_BYTES - PAGE_BYTES;

const INFORMATION_BYTES = 128 * 1024;
const DEVICE_BYTES = DEVICE_PAGES * PAGE_BYTES;
const INDEXED_BYTES = 6 * 2 ** 30;
/** Beside every window's own bytes, at least. */
const GUARD_BYTES = 64 * 1024;
export const STACK_GUARD_BYTES = 1024 * 1024;

/** Windows by number: the image, what the keel tells, devices; then memories, tables, stacks. */
export const enum WindowNumber {
  Image = 0,
  Information = 1,
  Devices = 2,
  First = 3,
}

export interface BareProgram {
  readonly linked: LinkedProgram;
  /** Numbers of memories that the kernel may always write: its own. */
  readonly kernelMemories: ReadonlySet<number>;
  readonly stacks: readonly { readonly sizeBytes: number; readonly isKernel: boolean }[];
  /** The stack that ring 3 begins on. */
  readonly firstStack: number;
  /** Compartments of one kind beside the first, whose memory and stack these are. */
  readonly replicas?: { readonly count: number; readonly memory: number; readonly stack: number };
  /** Addresses in the image. */
  readonly callSites: Readonly<Partial<Record<KeelCall, number>>>;
  readonly isTimed: boolean;
  readonly notes: ImageNotes;
}

/** What is known of an image when its notes are written, which come last: nothing depends on what they say. */
export interface ImageLayout {
  readonly parts: readonly ImagePart[];
  readonly windows: readonly ManifestWindow[];
}
export type ImageNotes = (layout: ImageLayout) => readonly ElfNote[];

/** Memory and stack, numbered from `end` on. */
export const WINDOWS_PER_REPLICA = 2;

export interface WindowNumbers {
  readonly memories: number;
  readonly tables: number;
  readonly stacks: number;
  /** Of many compartments: what their memories begin with, contexts first, for reading alone (`renewal.ts`). */
  readonly initialView: number;
  readonly end: number;
}

export function windowNumbers(
  memories: number,
  tables: number,
  stacks: number,
  isReplicated: boolean,
): WindowNumbers {
  const first = WindowNumber.First;
  const initialView = first + memories + tables + stacks;
  return {
    memories: first,
    tables: first + memories,
    stacks: first + memories + tables,
    initialView,
    end: isReplicated ? initialView + 1 : initialView,
  };
}

export function writeBareImage(program: BareProgram): Uint8Array {
  const { linked, stacks, replicas } = program;
  const { constants, code, data } = linked.sections;
  const numbers = windowNumbers(
    linked.memories.length,
    linked.tables.length,
    stacks.length,
    replicas !== undefined,
  );
  const initials = placeInitials(linked);
  const image: KeelImage = {
    physicalBase: PHYSICAL_BASE,
    windows: [
      window(WindowKind.Fixed, data.address + data.sizeBytes),
      window(WindowKind.Fixed, INFORMATION_BYTES),
      window(WindowKind.Fixed, DEVICE_BYTES),
      ...linked.memories.map((memory, index) => memoryWindow(memory, program.kernelMemories.has(index))),
      ...linked.tables.map(({ maximum }) => window(WindowKind.Whole, maximum * 8, WindowFlag.Kernel)),
      ...stacks.map((stack) => stackWindow(stack.sizeBytes, stack.isKernel)),
      ...(replicas === undefined ? [] : [viewWindow(linked.memories[replicas.memory]!)]),
    ],
    runs: runsOf(program, numbers, initials),
    callSites: program.callSites,
    entry: linked.entry,
    stackWindow: numbers.stacks + program.firstStack,
    informationWindow: WindowNumber.Information,
    deviceWindow: WindowNumber.Devices,
    isTimed: program.isTimed,
    ...(replicas === undefined
      ? {}
      : {
          replicas: {
            count: replicas.count,
            memoryWindow: numbers.memories + replicas.memory,
            stackWindow: numbers.stacks + replicas.stack,
          },
        }),
  };
  const keel = emitKeel(image);
  const segments: readonly ElfSegment[] = [
    loaded(PHYSICAL_BASE, keel.bytes.subarray(0, keel.codeBytes), EXECUTED),
    loaded(PHYSICAL_BASE + TABLES, keel.bytes.subarray(TABLES), SegmentAccess.Read),
    loaded(PHYSICAL_BASE + TABLES_END, NOTHING, WRITTEN, KEEL_REGION_BYTES - TABLES_END),
    loaded(SECTIONS_START + constants.address, constants.bytes, SegmentAccess.Read),
    loaded(SECTIONS_START + code.address, code.bytes, EXECUTED),
    ...sparse(data, initials),
  ];
  const windows = machineWindows(program, numbers, image.windows);
  const parts = [...keelParts(keel), ...programParts(program, initials)];
  return writeElf(segments, keel.entry, {
    placement: "fixed",
    notes: [pvhNote(keel.entry), ...program.notes({ parts, windows })],
  });
}

/** A VMM does not look at a segment's access. It says what the keel's tables make of it, for those who read the file. */
const EXECUTED = SegmentAccess.Read | SegmentAccess.Execute;
const WRITTEN = SegmentAccess.Read | SegmentAccess.Write;
const NOTHING = new Uint8Array();

/** To whole pages: nothing of another segment shares the last one. */
function loaded(
  address: number,
  bytes: Uint8Array,
  access: number,
  sizeBytes = pageAligned(bytes.length),
): ElfSegment {
  return { address, bytes, sizeBytes, access };
}

function keelParts({ bytes, codeBytes, callSites }: Keel): ImagePart[] {
  const part = (kind: PartKind, start: number, end: number): ImagePart => {
    return { owner: "keel", kind, address: PHYSICAL_BASE + start, bytes: bytes.subarray(start, end) };
  };
  return [
    part("code", 0, codeBytes),
    part("tables", TABLES, callSites),
    part("calls", callSites, bytes.length),
  ];
}

function programParts({ linked, kernelMemories }: BareProgram, initials: readonly Initial[]): ImagePart[] {
  return [
    ...linked.parts.map((part) => ({ ...part, address: SECTIONS_START + part.address })),
    ...initials.map(({ memory, start, bytes }): ImagePart => {
      const owner = kernelMemories.has(memory) ? "kernel" : "app";
      return { owner, kind: "memory", address: SECTIONS_START + start, bytes };
    }),
  ];
}

/**
 * Data and initial memory, which is mostly zero: the file holds the rest, and each segment clears what is between it
 * and the next.
 */
function sparse(data: Section, initials: readonly Initial[]): ElfSegment[] {
  const pieces = [
    { start: data.address, bytes: data.bytes },
    ...initials.flatMap(({ start, bytes }) =>
      piecesOf(bytes).map((piece) => ({ start: start + piece.offset, bytes: piece.bytes })),
    ),
  ];
  const last = initials.at(-1);
  const end = pageAligned(
    last === undefined ? data.address + data.sizeBytes : last.start + last.bytes.length,
  );
  return pieces.map(({ start, bytes }, index) => {
    const next = pieces[index + 1]?.start ?? end;
    return { address: SECTIONS_START + start, bytes, sizeBytes: next - start, access: WRITTEN };
  });
}

interface Initial {
  readonly memory: number;
  /** From the memory's base, a multiple of a page. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Continues the linked addresses behind the data. */
  readonly start: number;
}

function placeInitials({ memories, sections }: LinkedProgram): Initial[] {
  let next = sections.data.address + sections.data.sizeBytes;
  const initials: Initial[] = [];
  memories.forEach(({ initial }, memory) => {
    for (const { displacement, bytes } of initial === undefined ? [] : extentsOf(initial)) {
      const start = pageAligned(next);
      initials.push({ memory, offset: displacement, bytes, start });
      next = start + bytes.length;
    }
  });
  return initials;
}

function runsOf(
  { linked, kernelMemories, replicas }: BareProgram,
  numbers: WindowNumbers,
  initials: readonly Initial[],
): KeelRun[] {
  const { constants, code, data } = linked.sections;
  const section = ({ address, sizeBytes }: Section, access: RunAccess): KeelRun[] => {
    const pages = Math.ceil(sizeBytes / PAGE_BYTES);
    const physical = SECTIONS_START + address;
    return pages === 0 ? [] : [{ window: WindowNumber.Image, offset: address, physical, pages, access }];
  };
  return [
    ...section(constants, RunAccess.Read),
    ...section(code, RunAccess.Execute),
    ...section(data, RunAccess.Write),
    informationRun(),
    ...initials.map((initial) => {
      const access = kernelMemories.has(initial.memory) ? RunAccess.Write : RunAccess.CopyOnWrite;
      return initialRun(initial, numbers.memories + initial.memory, initial.offset, access);
    }),
    ...initials
      .filter(({ memory }) => memory === replicas?.memory)
      .map((initial) => {
        const offset = contextBytesOf(linked.memories[initial.memory]!) + initial.offset;
        return initialRun(initial, numbers.initialView, offset, RunAccess.Read);
      }),
  ];
}

function initialRun({ start, bytes }: Initial, window: number, offset: number, access: RunAccess): KeelRun {
  const pages = Math.ceil(bytes.length / PAGE_BYTES);
  return { window, offset, physical: SECTIONS_START + start, pages, access };
}

function window(kind: WindowKind, sizeBytes: number, flags = 0): KeelWindow {
  return { kind, flags, sizeBytes: Math.max(pageAligned(sizeBytes), PAGE_BYTES), baseOffset: 0, below: 0 };
}

/** Bytes of whole pages below a memory's base. */
export function contextBytesOf({ contextBytes }: LinkedMemory): number {
  return pageAligned(contextBytes);
}

function viewWindow(memory: LinkedMemory): KeelWindow {
  return window(WindowKind.Fixed, contextBytesOf(memory) + memory.pages * WASM_PAGE_BYTES);
}

function memoryWindow(memory: LinkedMemory, isKernel: boolean): KeelWindow {
  const { indexed } = memory;
  const below = contextBytesOf(memory);
  const baseOffset = GUARD_BYTES + below;
  const above = indexed ? INDEXED_BYTES : 0;
  return {
    kind: WindowKind.Memory,
    flags: isKernel ? WindowFlag.Kernel : 0,
    sizeBytes: baseOffset + above + GUARD_BYTES,
    baseOffset,
    below,
  };
}

function stackWindow(sizeBytes: number, isKernel: boolean): KeelWindow {
  return {
    kind: WindowKind.Whole,
    flags: isKernel ? WindowFlag.Kernel : 0,
    sizeBytes: STACK_GUARD_BYTES + sizeBytes,
    baseOffset: STACK_GUARD_BYTES,
    below: 0,
  };
}

function informationRun(): KeelRun {
  const physical = PHYSICAL_BASE + KeelPage.Information * PAGE_BYTES;
  return { window: WindowNumber.Information, offset: 0, physical, pages: 1, access: RunAccess.Read };
}

function pageAligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES;
}
