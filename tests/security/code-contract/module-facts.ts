/**
 * A compiled module as the checker asks about it: what each field of the code will hold once linked, what each byte of
 * the context is, which blocks a jump table leads to, what functions take and give.
 */
import type { Relocation } from "../../../src/abi/object.ts";
import {
  MemoryHeader,
  REFERENCE_BYTES,
  TableDescriptor,
  type CompiledFunction,
  type CompiledModule,
} from "../../../src/abi/object.ts";
import { ValueType, type FunctionType } from "../../../src/abi/wasm.ts";
import { placesOf, type CallPlaces } from "../../../src/x64/convention.ts";

export interface FieldRecord {
  readonly kind: Relocation;
  readonly offset: number;
  readonly index: number;
  readonly addend: number;
}

/** What lies at a byte of the context. */
export type ContextPart =
  | { readonly kind: "global"; readonly global: number; readonly byte: number }
  | { readonly kind: "table"; readonly table: number; readonly byte: number }
  | { readonly kind: "length"; readonly limit: string; readonly byte: number };

const NOTHING: FunctionType = { parameters: [], results: [] };
const POINTER_BYTES = 8;

export { MemoryHeader };

export class ModuleFacts {
  readonly module: CompiledModule;
  readonly functions: readonly CompiledFunction[];
  private readonly fields = new Map<number, FieldRecord>();
  private readonly sortedFields: Int32Array;
  private readonly context = new Map<number, ContextPart>();
  private readonly functionTypes: readonly number[];
  private readonly placesByType = new Map<number, CallPlaces>();
  private readonly jumpTables = new Map<number, number[]>();
  readonly trapSites: ReadonlySet<number>;

  constructor(module: CompiledModule) {
    this.module = module;
    this.functions = [...module.functions, module.initializer];
    const { relocations } = module;
    for (let at = 0; at < relocations.length; at += 4) {
      const [kind, offset, index, addend] = relocations.subarray(at, at + 4) as unknown as number[];
      this.fields.set(offset!, { kind: kind!, offset: offset!, index: index!, addend: addend! });
    }
    this.sortedFields = Int32Array.from(this.fields.keys()).sort();
    this.trapSites = new Set(module.traps.filter((_, index) => index % 3 === 0));
    this.functionTypes = [
      ...module.imports.flatMap((item) => (item.kind === "function" ? [item.type] : [])),
      ...module.functions.map(({ type }) => type),
    ];
    this.readJumps();
    this.readContext();
  }

  private readJumps(): void {
    const { jumps } = this.module;
    for (let at = 0; at < jumps.length; at += 3) {
      const table = jumps[at + 1]!;
      const entry = (jumps[at]! - table) / 4;
      const known = this.jumpTables.get(table) ?? [];
      known[entry] = jumps[at + 2]!;
      this.jumpTables.set(table, known);
    }
  }

  private readContext(): void {
    const { globals, tables, dataSegments, elementSegments } = this.module;
    const add = (slot: number, sizeBytes: number, part: (byte: number) => ContextPart) => {
      for (let byte = 0; byte < sizeBytes; byte++) this.context.set(slot + byte, part(byte));
    };
    globals.forEach(({ slot, type, imported }, global) => {
      const sizeBytes = type === ValueType.V128 && !imported ? 16 : POINTER_BYTES;
      add(slot, sizeBytes, (byte) => ({ kind: "global", global, byte }));
    });
    tables.forEach(({ slot, place }, table) => {
      if (place === "constant") return;
      const sizeBytes = place === "own" ? TableDescriptor.Size : POINTER_BYTES;
      add(slot, sizeBytes, (byte) => ({ kind: "table", table, byte }));
    });
    dataSegments.forEach(({ slot }, index) => {
      add(slot, POINTER_BYTES, (byte) => ({ kind: "length", limit: `data ${index}`, byte }));
    });
    elementSegments.forEach(({ slot }, index) => {
      add(slot, POINTER_BYTES, (byte) => ({ kind: "length", limit: `element ${index}`, byte }));
    });
  }

  /** The field that begins in these bytes of the code. */
  fieldWithin(start: number, end: number): FieldRecord | undefined {
    for (let at = start; at < end; at++) {
      const field = this.fields.get(at);
      if (field !== undefined) return field;
    }
    return undefined;
  }

  get fieldOffsets(): Int32Array {
    return this.sortedFields;
  }

  contextAt(byte: number): ContextPart | undefined {
    return this.context.get(byte);
  }

  nameOf(index: number): string {
    const name = this.module.names[index];
    if (index === this.module.initializer.index) return "initializer";
    return name === undefined ? `function ${index}` : `function ${index} ${name}`;
  }

  typeOf({ type }: CompiledFunction): FunctionType {
    return this.module.types[type] ?? NOTHING;
  }

  /** The type index of a function of the module's index space. */
  typeIndexOf(functionIndex: number): number | undefined {
    return this.functionTypes[functionIndex];
  }

  places(type: number): CallPlaces {
    let places = this.placesByType.get(type);
    if (places === undefined) {
      places = placesOf(this.module.types[type] ?? NOTHING);
      this.placesByType.set(type, places);
    }
    return places;
  }

  /** Offsets in the code, by entry; undefined if there is no table. */
  jumpTable(offset: number): readonly number[] | undefined {
    return this.jumpTables.get(offset);
  }

  /** The one type of all elements, if the table is constant, full, and they have one. */
  uniformType(table: number): number | undefined {
    const { place, constantElements } = this.module.tables[table]!;
    if (place !== "constant" || constantElements === undefined || constantElements.length === 0)
      return undefined;
    let only: number | undefined;
    for (const element of constantElements) {
      const type = element < 0 ? undefined : this.functionTypes[element];
      if (type === undefined) return undefined;
      if (only !== undefined && !this.sameType(only, type)) return undefined;
      only ??= type;
    }
    return only;
  }

  sameType(a: number, b: number): boolean {
    return a === b || JSON.stringify(this.module.types[a]) === JSON.stringify(this.module.types[b]);
  }

  constantLength(table: number): number | undefined {
    return this.module.tables[table]!.constantElements?.length;
  }

  segmentBytes(segment: string): number {
    const index = Number(segment.split(" ")[1]);
    return segment.startsWith("data")
      ? this.module.dataSegments[index]!.bytes.length
      : this.module.elementSegments[index]!.elements.length * REFERENCE_BYTES;
  }
}
