/**
 * Start-up memory: handed out once, in order, zeroed, never given back.
 *
 * The kernel takes all memory it will ever use while it starts; afterwards only pools change hands. Pages that
 * nothing has touched cost nothing on any platform, so limits may be generous. The few objects that start-up makes
 * with `new` come from the same place (AssemblyScript's stub runtime, which never frees).
 */

/** Takes `sizeBytes`, aligned to 16. Traps when the platform has no more memory. */
export function reserve(sizeBytes: usize): usize {
  return heap.alloc(sizeBytes);
}
