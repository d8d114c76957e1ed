/**
 * Optimizations by name, so that what each brings can be measured: `npm run bench:compiler -- --ablate` compiles
 * without one at a time. Nothing else leaves any out, but that images have kernels without copies of loops.
 */
export const OPTIMIZATIONS = [
  /** Equal values merged, loads and globals known from before (`ir/redundancy.ts`). */
  "redundancy",
  /** Conditions as branches, branches where the way is known, straight lines as one block (`ir/control.ts`). */
  "control flow",
  /** Out of loops what every turn computes alike (`ir/invariants.ts`). */
  "invariants",
  /** Copies of short loops (`ir/unroll.ts`). */
  "unrolling",
  /** Sums in the order in which their terms are ready (`ir/reassociate.ts`). */
  "reassociation",
  /** Constants and shifts inside memory operands where proven (`machine/select/address.ts`). */
  "address folding",
  /** Loads as operands of other instructions, and stores of `memory op= value`. */
  "load folding",
  /** Comparisons right before their branches instead of as numbers. */
  "fused comparisons",
  /** Registers that calls keep. */
  "saved registers",
  /** What few cases of an interpreter's loop use stays in memory (`machine/allocate/hub.ts`). */
  "hubs",
  /** Joins and tests of loops where a turn needs one jump (`machine/emit/rotate.ts`). */
  "loop rotation",
] as const;

export type Optimization = (typeof OPTIMIZATIONS)[number];

export interface CompilerOptions {
  /**
   * What constant expressions give: written by the initializer's `code` (the default), or `data` for the linker, so
   * that a platform maps it. As data it is there before any instance's code runs.
   */
  readonly initial?: "code" | "data";
  readonly without?: ReadonlySet<Optimization>;
}
