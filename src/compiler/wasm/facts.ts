/** What a scan of the whole module tells the compiler: `validateModule` gives it. */
export interface ModuleFacts {
  /** Elements may change, or are not known before instantiation. */
  readonly tableIsWritten: readonly boolean[];
  readonly tableIsExportedOrImported: readonly boolean[];
  readonly usesMemoryGrow: boolean;
  /** A vector type or instruction occurs. */
  readonly hasSimd: boolean;
  /** By this module, or by whom a mutable one is shared with. */
  readonly globalIsWritten: readonly boolean[];
}
