/**
 * A memory's initial content without its long stretches of zeros: an engine's memory has megabytes of them between its
 * data and its heap.
 *
 * Tests: extents.test.ts
 */
import { INITIAL_ALIGNMENT, type InitialImage } from "./linked.ts";

/** Shorter stretches stay: each extent costs a record, and its place in a file. */
const LONGEST_GAP_BYTES = 64 * 1024;

/** In order; every one begins at a page and, but for the last, ends at one. */
export function extentsOf({ displacement, bytes }: InitialImage): InitialImage[] {
  const extents: InitialImage[] = [];
  let start = -1;
  let end = 0;
  const close = (): void => {
    if (start >= 0) extents.push({ displacement: displacement + start, bytes: bytes.subarray(start, end) });
  };
  for (let page = 0; page < bytes.length; page += INITIAL_ALIGNMENT) {
    const next = Math.min(page + INITIAL_ALIGNMENT, bytes.length);
    if (isZero(bytes, page, next)) continue;
    if (start >= 0 && page - end > LONGEST_GAP_BYTES) {
      close();
      start = page;
    }
    if (start < 0) start = page;
    end = next;
  }
  close();
  return extents;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
