/** Who compiles which chunk: threads take the next one from a shared counter whenever they are free. */
import type { PreparedModule } from "../compiler/compile.ts";

/** Every chunk's number, the largest first: then all threads end at about the same time. */
export function chunkOrder({ module, chunkStarts }: PreparedModule): readonly number[] {
  const sizes = chunkStarts.map((start, number) => {
    const end = chunkStarts[number + 1] ?? start; // the initializer's chunk has no bodies
    return module.bodies.slice(start, end).reduce((sum, body) => sum + body.end - body.start, 0);
  });
  return [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
}

/** The number of a chunk that no other thread has or will get; undefined once all are taken. */
export function takeChunk(order: readonly number[], taken: Int32Array): number | undefined {
  return order[Atomics.add(taken, 0, 1)];
}

/** Nobody gets another one. */
export function takeAll(order: readonly number[], taken: Int32Array): void {
  Atomics.store(taken, 0, order.length);
}
