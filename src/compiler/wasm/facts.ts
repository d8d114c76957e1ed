/**
 * What a scan of the whole module tells the compiler. `validateModule` gives it: it sees every instruction anyway.
 *
 * Tests: facts.test.ts.
 */
import { ValueType } from "../../abi/wasm.ts";
import { isLiteral } from "./constant-expression.ts";
import type { Module } from "./module.ts";

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

export class FactsDraft implements ModuleFacts {
  readonly tableIsWritten: boolean[];
  readonly tableIsExportedOrImported: boolean[];
  usesMemoryGrow = false;
  hasSimd: boolean;
  readonly globalIsWritten: boolean[];

  /** What the sections say; the bodies add to it. The module's indices are valid. */
  constructor({ tables, globals, elementSegments, exports, types }: Module) {
    this.tableIsWritten = tables.map(() => false);
    this.tableIsExportedOrImported = tables.map((table) => table.imported);
    this.globalIsWritten = globals.map((global) => global.imported && global.mutable);
    const vector = (type: ValueType): boolean => type === ValueType.V128;
    this.hasSimd =
      globals.some((global) => vector(global.type)) ||
      types.some((type) => type.parameters.some(vector) || type.results.some(vector));
    for (const { kind, index } of exports) {
      if (kind === "table") this.tableIsExportedOrImported[index] = true;
      else if (kind === "global" && globals[index]!.mutable) this.globalIsWritten[index] = true;
    }
    for (const { mode, table, offset } of elementSegments) {
      if (mode === "active" && !isLiteral(offset!)) this.tableIsWritten[table] = true;
    }
  }
}
