/** Joins separately compiled chunks of functions into one module: offsets are moved, records put one after the other. */
import type { CompiledFunction, CompiledModule, ModuleExport, ModuleImport } from "../abi/object.ts";
import { Relocation } from "../abi/object.ts";
import type { Assembled } from "../x64/assembler.ts";
import { isDroppedAtStart, moduleInitial } from "./initial.ts";
import { functionOf } from "./layout.ts";
import type { PreparedModule } from "./prepare.ts";

export interface ChunkFunction {
  readonly index: number;
  readonly type: number;
  /** Labels in the chunk. */
  readonly start: number;
  readonly end: number;
  readonly frameBytes: number;
}

export interface Chunk {
  readonly assembled: Assembled;
  readonly functions: readonly ChunkFunction[];
}

const ALIGNMENT = 16;

/** The last chunk holds the initializer. */
export function joinChunks(prepared: PreparedModule, chunks: readonly Chunk[]): CompiledModule {
  const bases = chunkBases(chunks);
  const functions: CompiledFunction[] = [];
  for (const [number, { assembled, functions: each }] of chunks.entries()) {
    for (const { index, type, start, end, frameBytes } of each) {
      const offset = assembled.labels[start]!;
      const sizeBytes = assembled.labels[end]! - offset;
      functions.push({ index, type, offset: bases[number]!.code + offset, sizeBytes, frameBytes });
    }
  }
  const initializer = functions.pop()!;
  return {
    format: 1,
    ...moduleParts(prepared),
    ...joinedRecords(chunks, bases),
    functions,
    initializer,
  };
}

interface Base {
  readonly code: number;
  readonly constants: number;
}

function chunkBases(chunks: readonly Chunk[]): Base[] {
  let code = 0;
  let constants = 0;
  return chunks.map(({ assembled }) => {
    const base = { code, constants };
    code = (code + assembled.code.length + ALIGNMENT - 1) & -ALIGNMENT;
    constants = (constants + assembled.constants.length + ALIGNMENT - 1) & -ALIGNMENT;
    return base;
  });
}

function joinedRecords(chunks: readonly Chunk[], bases: readonly Base[]) {
  const last = chunks.length - 1;
  const code = new Uint8Array(bases[last]!.code + chunks[last]!.assembled.code.length);
  const constants = new Uint8Array(bases[last]!.constants + chunks[last]!.assembled.constants.length);
  for (const [number, { assembled }] of chunks.entries()) {
    code.set(assembled.code, bases[number]!.code);
    constants.set(assembled.constants, bases[number]!.constants);
  }
  const records = (
    pick: (assembled: Assembled) => Int32Array,
    width: number,
    move: (record: Int32Array, base: Base) => void,
  ): Int32Array => {
    const parts = chunks.map(({ assembled }) => pick(assembled));
    const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const [number, part] of parts.entries()) {
      all.set(part, at);
      for (let i = 0; i < part.length; i += width) move(all.subarray(at + i, at + i + width), bases[number]!);
      at += part.length;
    }
    return all;
  };
  const moveFirst = (record: Int32Array, base: Base) => {
    record[0] = record[0]! + base.code;
  };
  return {
    code,
    constants,
    relocations: records(
      ({ relocations }) => relocations,
      4,
      (record, base) => {
        record[1] = record[1]! + base.code;
        if (record[0] === Relocation.Constant) record[2] = record[2]! + base.constants;
      },
    ),
    jumps: records(
      ({ jumps }) => jumps,
      3,
      (record, base) => {
        record[0] = record[0]! + base.constants;
        record[1] = record[1]! + base.constants;
        record[2] = record[2]! + base.code;
      },
    ),
    traps: records(({ traps }) => traps, 3, moveFirst),
    places: records(({ places }) => places, 3, moveFirst),
  };
}

function moduleParts({ module, layout, initial }: PreparedModule) {
  const memory = module.memories[0];
  const isData = (segment: number) => initial?.dataOffsets[segment] !== undefined;
  const isDropped = (segment: number) => initial !== undefined && isDroppedAtStart(module, layout, segment);
  return {
    types: module.types,
    imports: module.imports as readonly ModuleImport[],
    exports: module.exports as readonly ModuleExport[],
    names: Object.fromEntries(module.functionNames),
    memory,
    globals: module.globals.map(({ imported, type, mutable }, index) => ({
      imported,
      type,
      mutable,
      slot: layout.globalSlots[index]!,
    })),
    tables: module.tables.map(({ imported, type, limits }, index) => {
      const constantElements = layout.constantTables[index];
      const place = constantElements !== undefined ? "constant" : imported ? "imported" : "own";
      return { imported, type, limits, place, slot: layout.tableSlots[index]!, constantElements } as const;
    }),
    dataSegments: module.dataSegments.map(({ bytes }, index) => ({
      bytes: isData(index) ? new Uint8Array(0) : bytes,
      slot: layout.dataSlots[index]!,
    })),
    elementSegments: module.elementSegments.map(({ elements }, index) => ({
      elements: Int32Array.from(isDropped(index) ? [] : elements, (element) => functionOf(element) ?? -1),
      slot: layout.elementSlots[index]!,
    })),
    contextBytes: layout.contextBytes,
    initial: initial === undefined ? undefined : moduleInitial(module, layout, initial),
    sourceMapUrl: module.sourceMapUrl,
  };
}
