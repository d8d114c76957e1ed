/** One thing the compiler's benchmark measures: modules that together export `run(n)`, which gives a checksum. */
export interface BenchmarkCase {
  readonly name: string;
  /**
   * Each imports from the others by name, and `env.memory` where the case has one. The last one exports `run`.
   * A module may import from one that comes later: nothing of it is called before all are linked.
   */
  readonly modules: readonly { readonly name: string; readonly wasm: Uint8Array }[];
  /** Limits of the memory that the modules share, in pages. */
  readonly memory?: { readonly initial: number; readonly maximum: number };
}
