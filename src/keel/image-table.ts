/**
 * What an image tells its keel: windows, what of the image is mapped where, where calls may come from.
 *
 * It lies behind the keel's code, as flat records:
 *
 *   window, 20 bytes   0 u32 pages   4 u32 pages from its first one to its base   8 u32 pages below the base
 *                      12 u32 `WindowKind`   16 u32 `WindowFlag`s
 *   run, 20 bytes      0 u32 window   4 u32 pages   8 u64 entry of its first page   16 i32 pages from the window's base
 *   call site, 4       u32 address in the image, by `KeelCall`
 */
import { KeelCall } from "../abi/boot.ts";
import { Entry, PAGE_BYTES, WINDOWS_LIMIT, type WindowKind } from "./layout.ts";

export interface KeelImage {
  /** Where the VMM puts the image's first byte. */
  readonly physicalBase: number;
  /** The first is the image itself: addresses in the image count from its first byte. */
  readonly windows: readonly KeelWindow[];
  readonly runs: readonly KeelRun[];
  /** Address in the image of each call's `int3`; absent ones cannot be made. */
  readonly callSites: Readonly<Partial<Record<KeelCall, number>>>;
  /** Address in the image where ring 3 begins. */
  readonly entry: number;
  /** The window at whose end ring 3's first stack begins. */
  readonly stackWindow: number;
  /** The window that shows the boot information, the configuration after it, and the one for devices. */
  readonly informationWindow: number;
  readonly deviceWindow: number;
  /** Windows that are there again for each further compartment of one kind. */
  readonly replicas?: KeelReplicas;
  /** Whether a frequency for the clock has to be found. */
  readonly isTimed: boolean;
}

/** Numbered from the last window on: memory, stack; memory, stack; ... What the image holds comes with `Discard`. */
export interface KeelReplicas {
  /** Further ones: of each of both windows. */
  readonly count: number;
  readonly memoryWindow: number;
  readonly stackWindow: number;
}

export interface KeelWindow {
  readonly kind: WindowKind;
  readonly flags: number;
  readonly sizeBytes: number;
  /** From its first byte to the base; all before `below` is guard. */
  readonly baseOffset: number;
  /** Bytes right below the base that belong to it. */
  readonly below: number;
}

/** Pages of the image in a window, present from the start. */
export interface KeelRun {
  readonly window: number;
  /** From the window's base. */
  readonly offset: number;
  readonly physical: number;
  readonly pages: number;
  readonly access: RunAccess;
}

export const enum RunAccess {
  Read = 0,
  Write = 1,
  Execute = 2,
  CopyOnWrite = 3,
}

export const enum WindowRecord {
  Pages = 0,
  BaseOffset = 4,
  Below = 8,
  Kind = 12,
  Flags = 16,
  Size = 20,
}

export const enum RunRecord {
  Window = 0,
  Pages = 4,
  Entry = 8,
  Offset = 16,
  Size = 20,
}

export interface ImageTable {
  readonly windows: Uint8Array;
  readonly runs: Uint8Array;
  readonly callSites: Uint8Array;
}

export function writeImageTable({ windows, runs, callSites }: KeelImage): ImageTable {
  if (windows.length > WINDOWS_LIMIT) {
    throw new Error(`an image has at most ${WINDOWS_LIMIT} windows, this one ${windows.length}`);
  }
  return {
    windows: records(windows, WindowRecord.Size, (view, at, window) => {
      view.setUint32(at + WindowRecord.Pages, pagesOf(window.sizeBytes), true);
      view.setUint32(at + WindowRecord.BaseOffset, pagesOf(window.baseOffset), true);
      view.setUint32(at + WindowRecord.Below, pagesOf(window.below), true);
      view.setUint32(at + WindowRecord.Kind, window.kind, true);
      view.setUint32(at + WindowRecord.Flags, window.flags, true);
    }),
    runs: records(runs, RunRecord.Size, (view, at, run) => {
      if (run.physical % PAGE_BYTES !== 0) throw new Error("a run begins at a page");
      view.setUint32(at + RunRecord.Window, run.window, true);
      view.setUint32(at + RunRecord.Pages, run.pages, true);
      view.setBigUint64(at + RunRecord.Entry, BigInt(run.physical) | entryBits(run.access), true);
      view.setInt32(at + RunRecord.Offset, pagesOf(run.offset), true);
    }),
    callSites: records([...Array(KeelCall.Count).keys()], 4, (view, at, call: KeelCall) => {
      view.setUint32(at, callSites[call] ?? NO_SITE, true);
    }),
  };
}

/** No `int3` stands there: the image's first byte is a header's. */
const NO_SITE = 0;
const NO_EXECUTE = 1n << 63n;
const ACCESS_BITS: Readonly<Record<RunAccess, bigint>> = {
  [RunAccess.Read]: NO_EXECUTE,
  [RunAccess.Write]: NO_EXECUTE | BigInt(Entry.Write),
  [RunAccess.Execute]: 0n,
  [RunAccess.CopyOnWrite]: NO_EXECUTE | BigInt(Entry.CopyOnWrite),
};

function pagesOf(sizeBytes: number): number {
  if (sizeBytes % PAGE_BYTES !== 0)
    throw new Error(`windows and runs are whole pages, not ${sizeBytes} bytes`);
  return sizeBytes / PAGE_BYTES;
}

function entryBits(access: RunAccess): bigint {
  return ACCESS_BITS[access] | BigInt(Entry.Present | Entry.User | Entry.Image);
}

function records<T>(
  items: readonly T[],
  sizeBytes: number,
  write: (view: DataView, at: number, item: T) => void,
): Uint8Array {
  const bytes = new Uint8Array(items.length * sizeBytes);
  const view = new DataView(bytes.buffer);
  items.forEach((item, index) => write(view, index * sizeBytes, item));
  return bytes;
}
