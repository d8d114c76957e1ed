/** Decodes the sections (Wasm 2.0 core, 5.5), each into the draft of the module. */
import type { ByteReader } from "./byte-reader.ts";
import { readConstantExpression } from "./constant-expression.ts";
import type { ModuleDraft } from "./draft.ts";
import { malformed, tooLarge, unsupported } from "./error.ts";
import {
  BODY_BYTES_LIMIT,
  DATA_SEGMENTS_LIMIT,
  ELEMENT_SEGMENTS_LIMIT,
  EXPORTS_LIMIT,
  FUNCTION_LOCALS_LIMIT,
  FUNCTIONS_LIMIT,
  GLOBALS_LIMIT,
  IMPORTS_LIMIT,
  MODULE_LOCALS_LIMIT,
  TABLES_LIMIT,
  TYPES_LIMIT,
} from "./limits.ts";
import type { Body, Export, Global, Import, Memory, Table } from "./module.ts";
import type { ValueType } from "../../abi/wasm.ts";
import { readDataSegment, readElementSegment } from "./segments.ts";
import { CUSTOM_DESCRIPTORS, EXCEPTIONS, TYPED_REFERENCES } from "./tables/reserved.ts";
import { readFunctionType, readLimits, readReferenceType, readValueType } from "./types.ts";

export interface Section {
  readonly name: string;
  readonly read: (input: ByteReader, draft: ModuleDraft) => void;
}

/** By id, in the order in which they must come: the data count is 12, but precedes the code. */
export const SECTIONS: ReadonlyMap<number, Section> = new Map([
  [1, { name: "type", read: readTypes }],
  [2, { name: "import", read: readImports }],
  [3, { name: "function", read: readFunctions }],
  [4, { name: "table", read: readTables }],
  [5, { name: "memory", read: readMemories }],
  [13, { name: "tag", read: readTags }],
  [6, { name: "global", read: readGlobals }],
  [7, { name: "export", read: readExports }],
  [8, { name: "start", read: readStart }],
  [9, { name: "element", read: readElementSegments }],
  [12, { name: "data count", read: readDataCount }],
  [10, { name: "code", read: readCode }],
  [11, { name: "data", read: readDataSegments }],
]);

const enum ExternalKind {
  Function,
  Table,
  Memory,
  Global,
  Tag,
  ExactFunction = 0x20,
}

const EXPORT_KINDS: readonly Export["kind"][] = ["function", "table", "memory", "global"];

/** Reads a vector's entries, and notes where each begins. */
function readEntries<T>(
  input: ByteReader,
  what: string,
  limit: number,
  into: T[],
  positions: number[] | undefined,
  read: (input: ByteReader) => T,
): void {
  const start = input.position;
  const count = input.count();
  if (count > limit) throw tooLarge(start, `${count} ${what}`, limit);
  for (let index = 0; index < count; index++) {
    positions?.push(input.position);
    into.push(read(input));
  }
}

function readTypes(input: ByteReader, draft: ModuleDraft): void {
  readEntries(input, "types", TYPES_LIMIT, draft.types, undefined, readFunctionType);
}

function readImports(input: ByteReader, draft: ModuleDraft): void {
  readEntries(input, "imports", IMPORTS_LIMIT, draft.imports, draft.positions.imports, (): Import => {
    const module = input.name();
    const name = input.name();
    const offset = input.position;
    switch (input.byte()) {
      case ExternalKind.Function: {
        const type = input.u32();
        draft.functionTypes.push(type);
        draft.importedFunctionCount++;
        return { module, name, kind: "function", type };
      }
      case ExternalKind.Table:
        return { module, name, kind: "table", index: draft.tables.push(readTable(input, true)) - 1 };
      case ExternalKind.Memory:
        return { module, name, kind: "memory", index: draft.memories.push(readMemory(input, true)) - 1 };
      case ExternalKind.Global: {
        const global = { imported: true, ...readGlobalType(input), initial: undefined };
        return { module, name, kind: "global", index: draft.globals.push(global) - 1 };
      }
      case ExternalKind.Tag:
        throw unsupported(offset, "an imported tag", EXCEPTIONS);
      case ExternalKind.ExactFunction:
        throw unsupported(offset, "an import of exactly typed functions", CUSTOM_DESCRIPTORS);
      default:
        throw malformed(offset, "malformed import kind");
    }
  });
}

function readFunctions(input: ByteReader, draft: ModuleDraft): void {
  const { functionTypes, positions } = draft;
  readEntries(input, "functions", FUNCTIONS_LIMIT, functionTypes, positions.functions, () => input.u32());
}

function readTable(input: ByteReader, imported: boolean): Table {
  return { imported, type: readReferenceType(input), limits: readLimits(input, "table").limits };
}

function readTables(input: ByteReader, draft: ModuleDraft): void {
  readEntries(input, "tables", TABLES_LIMIT, draft.tables, draft.positions.tables, () => {
    if (input.bytes[input.position] === 0x40 && !input.atEnd) {
      throw unsupported(input.position, "a table with an initial value", TYPED_REFERENCES);
    }
    return readTable(input, false);
  });
}

function readMemory(input: ByteReader, imported: boolean): Memory {
  return { imported, ...readLimits(input, "memory") };
}

function readMemories(input: ByteReader, draft: ModuleDraft): void {
  const { memories, positions } = draft;
  readEntries(input, "memories", TABLES_LIMIT, memories, positions.memories, () => readMemory(input, false));
}

function readTags(input: ByteReader): void {
  throw unsupported(input.position, "a tag section", EXCEPTIONS);
}

function readGlobalType(input: ByteReader): { type: ValueType; mutable: boolean } {
  const type = readValueType(input);
  const mutability = input.byte();
  if (mutability > 1) throw malformed(input.position - 1, "malformed mutability");
  return { type, mutable: mutability === 1 };
}

function readGlobals(input: ByteReader, draft: ModuleDraft): void {
  readEntries(input, "globals", GLOBALS_LIMIT, draft.globals, draft.positions.globals, (): Global => {
    const type = readGlobalType(input);
    return { imported: false, ...type, initial: readConstantExpression(input) };
  });
}

function readExports(input: ByteReader, draft: ModuleDraft): void {
  readEntries(input, "exports", EXPORTS_LIMIT, draft.exports, draft.positions.exports, (): Export => {
    const name = input.name();
    const code = input.byte();
    const kind = EXPORT_KINDS[code];
    if (code === ExternalKind.Tag) throw unsupported(input.position - 1, "an exported tag", EXCEPTIONS);
    if (kind === undefined) throw malformed(input.position - 1, "malformed export kind");
    return { name, kind, index: input.u32() };
  });
}

function readStart(input: ByteReader, draft: ModuleDraft): void {
  draft.positions.start = input.position;
  draft.startFunction = input.u32();
}

function readElementSegments(input: ByteReader, draft: ModuleDraft): void {
  const { elementSegments, positions } = draft;
  readEntries(input, "segments", ELEMENT_SEGMENTS_LIMIT, elementSegments, positions.elementSegments, () =>
    readElementSegment(input, draft),
  );
}

function readDataCount(input: ByteReader, draft: ModuleDraft): void {
  draft.dataCount = input.u32();
}

function readDataSegments(input: ByteReader, draft: ModuleDraft): void {
  const { dataSegments, positions } = draft;
  readEntries(input, "segments", DATA_SEGMENTS_LIMIT, dataSegments, positions.dataSegments, () =>
    readDataSegment(input, draft),
  );
}

function readCode(input: ByteReader, draft: ModuleDraft): void {
  readEntries(input, "functions", FUNCTIONS_LIMIT, draft.bodies, undefined, () => readBody(input, draft));
}

function readBody(input: ByteReader, draft: ModuleDraft): Body {
  const sectionEnd = input.end;
  const first = input.sized();
  const end = input.position;
  if (end - first > BODY_BYTES_LIMIT) throw tooLarge(first, `body of ${end - first} bytes`, BODY_BYTES_LIMIT);
  input.position = first;
  input.end = end;
  const locals = readLocals(input, draft);
  const start = input.position;
  input.position = end;
  input.end = sectionEnd;
  return { start, end, locals };
}

/** Runs of a count and a type. */
function readLocals(input: ByteReader, draft: ModuleDraft): ValueType[] {
  const locals: ValueType[] = [];
  let total = 0;
  for (let run = input.count(); run > 0; run--) {
    const offset = input.position;
    const count = input.u32();
    total += count;
    if (total > 0xffffffff) throw malformed(offset, "too many locals");
    const type = readValueType(input);
    if (total > FUNCTION_LOCALS_LIMIT) continue;
    for (let index = 0; index < count; index++) locals.push(type);
  }
  if (total > FUNCTION_LOCALS_LIMIT) {
    throw tooLarge(input.position, `too many locals: ${total}`, FUNCTION_LOCALS_LIMIT);
  }
  draft.localCount += total;
  if (draft.localCount > MODULE_LOCALS_LIMIT) {
    throw tooLarge(input.position, "too many locals in all functions", MODULE_LOCALS_LIMIT);
  }
  return locals;
}
