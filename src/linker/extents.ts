/**
 * A memory's initial content without its long stretches of zeros: an engine's memory has megabytes of them between its
 * data and its heap.
 *
 * Tests: extents.test.ts
 */
import { INITIAL_ALIGNMENT, type InitialImage } from "./linked.ts";

/** Shorter stretches stay: each extent costs a record, and its place in a file. */
const LONGEST_GAP_BYTES = 64 * 1024;
/** For files that a VMM loads by the byte: of a stretch this long, a header costs a tenth. */
const PIECE_GAP_BYTES = 512;

/** In order; every one begins at a page and, but for the last, ends at one. */
export function extentsOf({ displacement, bytes }: InitialImage): InitialImage[] {
  return partsOf(bytes, INITIAL_ALIGNMENT, LONGEST_GAP_BYTES).map(({ start, end }) => {
    return { displacement: displacement + start, bytes: bytes.subarray(start, end) };
  });
}

export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What of `bytes` a file has to hold, where everything between its pieces is zero. */
export function piecesOf(bytes: Uint8Array): Piece[] {
  return partsOf(bytes, PIECE_ALIGNMENT, PIECE_GAP_BYTES).map(({ start, end }) => {
    return { offset: start, bytes: bytes.subarray(start, end) };
  });
}
const PIECE_ALIGNMENT = 16;

/** In units of `unit` bytes; apart by more than `gap` bytes of zeros. */
function partsOf(bytes: Uint8Array, unit: number, gap: number): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  for (let start = 0; start < bytes.length; start += unit) {
    const end = Math.min(start + unit, bytes.length);
    if (isZero(bytes, start, end)) continue;
    const last = parts.at(-1);
    if (last !== undefined && start - last.end <= gap) last.end = end;
    else parts.push({ start, end });
  }
  return parts;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
