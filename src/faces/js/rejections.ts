/**
 * What the engine tells of promises that are rejected while nobody listens: noted here, and told to the runtime.
 *
 * The engine tells it in the middle of its own work, so the runtime's function does no more than note the promise; what
 * follows from it is done when the entry's jobs have run (`session.ts`), since a promise may be listened to until then.
 *
 * Tests:  rejections.test.ts
 */
import { BOX_SIZE } from "./value";

/** Where the engine puts the promise, and behind it the reason: boxes whose values stay its own. */
export const rejectionSlots: usize = memory.data(2 * 8, 8);
export const reasonSlot: usize = rejectionSlots + BOX_SIZE;

let isNoted = false;

export function noteRejection(): void {
  isNoted = true;
}

/** Whether the engine told of any since the last time. */
export function hasRejections(): bool {
  return isNoted;
}

export function takeRejections(): bool {
  const were = isNoted;
  isNoted = false;
  return were;
}
