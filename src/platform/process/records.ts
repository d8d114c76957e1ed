/**
 * The platform's read-only data: what the start-up code works through, as flat records.
 *
 *   memory, 32 bytes    0 u64 bytes to reserve   8 u64 base from there   16 u64 contexts   24 u64 first size
 *   table, 8 bytes      0 u64 bytes
 *   word, 24 bytes      0 u32 memory   4 i32 displacement   8 u32 `WordBase`   12 u32 index   16 u64 value
 */
import { WASM_PAGE_BYTES } from "../../abi/wasm.ts";
import type { InitialWord, LinkedMemory, LinkedParts, LinkedTable } from "../../linker/linked.ts";

const PAGE_BYTES = 4096;
const INDEXED_BYTES = 6 * 2 ** 30;
/** Below the contexts, and above what an access at the last address could touch. */
export const MEMORY_GUARD_BYTES = 16 * PAGE_BYTES;
/** Bases are moved by up to this many bytes, in pages. A power of two. */
export const RANDOM_BYTES = 256 * PAGE_BYTES;

export const enum MemoryRecord {
  Reserved = 0,
  Base = 8,
  Contexts = 16,
  Committed = 24,
  Size = 32,
}

export const enum TableRecord {
  Bytes = 0,
  Size = 8,
}

export const enum WordRecord {
  Memory = 0,
  Displacement = 4,
  Base = 8,
  Index = 12,
  Value = 16,
  Size = 24,
}

export interface Records {
  readonly bytes: Uint8Array;
  /** Offsets in `bytes`. */
  readonly memories: number;
  readonly tables: number;
  readonly words: number;
  readonly end: number;
}

/** `rest` follows the records. */
export function writeRecords(parts: LinkedParts, rest: Uint8Array): Records {
  const memories = 0;
  const tables = memories + parts.memories.length * MemoryRecord.Size;
  const words = tables + parts.tables.length * TableRecord.Size;
  const end = words + parts.words.length * WordRecord.Size;
  const bytes = new Uint8Array(end + rest.length);
  bytes.set(rest, end);
  const view = new DataView(bytes.buffer);
  parts.memories.forEach((memory, index) => writeMemory(view, index * MemoryRecord.Size, memory));
  parts.tables.forEach((table, index) => writeTable(view, tables + index * TableRecord.Size, table));
  parts.words.forEach((word, index) => writeWord(view, words + index * WordRecord.Size, word));
  return { bytes, memories, tables, words, end };
}

/** Of a memory, bytes of whole pages: contexts below its base, and all of the address space it takes. */
export function reservationOf({ contextBytes, indexed }: LinkedMemory): {
  readonly contexts: number;
  readonly reservedBytes: number;
} {
  const contexts = pageAligned(contextBytes);
  const above = indexed ? INDEXED_BYTES : 0;
  return { contexts, reservedBytes: MEMORY_GUARD_BYTES + contexts + above + MEMORY_GUARD_BYTES };
}

function writeMemory(view: DataView, at: number, memory: LinkedMemory): void {
  const { contexts, reservedBytes } = reservationOf(memory);
  setU64(view, at + MemoryRecord.Reserved, RANDOM_BYTES + reservedBytes);
  setU64(view, at + MemoryRecord.Base, MEMORY_GUARD_BYTES + contexts);
  setU64(view, at + MemoryRecord.Contexts, contexts);
  setU64(view, at + MemoryRecord.Committed, memory.pages * WASM_PAGE_BYTES);
}

function writeTable(view: DataView, at: number, { maximum }: LinkedTable): void {
  setU64(view, at + TableRecord.Bytes, Math.max(pageAligned(maximum * 8), PAGE_BYTES));
}

function writeWord(view: DataView, at: number, word: InitialWord): void {
  view.setUint32(at + WordRecord.Memory, word.memory, true);
  view.setInt32(at + WordRecord.Displacement, word.displacement, true);
  view.setUint32(at + WordRecord.Base, word.base, true);
  view.setUint32(at + WordRecord.Index, word.index, true);
  view.setInt32(at + WordRecord.Value, word.low, true);
  view.setInt32(at + WordRecord.Value + 4, word.high, true);
}

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

function pageAligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES;
}
