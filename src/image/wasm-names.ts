/**
 * Gives a Wasm module's imports and exports other names, and leaves every other byte alone.
 *
 * Only the two sections that hold names are read and written again; code refers to functions by index, so the
 * rest of the module stays valid. Also answers what signature each imported and exported function has.
 *
 * Tests:  wasm-names.test.ts
 */
import { encodeList, encodeU32, extended, open, Reader, rewrite, SECTION } from "./wasm-sections.ts";

const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;
const FUNCTION_TYPE = 0x60;
const VALUE_TYPES: Readonly<Record<number, string>> = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64" };

export interface NamedImport {
  readonly module: string;
  readonly name: string;
}

export interface ModuleNames {
  /** Signature by import name, such as "i32 f64 -> i32"; functions only. */
  readonly imports: ReadonlyMap<string, string>;
  readonly exports: ReadonlyMap<string, string>;
  readonly memory: { readonly initial: number; readonly maximum: number } | undefined;
}

interface ImportEntry extends NamedImport {
  readonly kind: number;
  /** The descriptor behind the names, as it stands in the module. */
  readonly descriptor: Uint8Array;
}

interface ExportEntry {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

/** The signatures of the module's types, such as "i32 f64 -> i32". */
export function readTypes(wasm: Uint8Array): string[] {
  const reader = open(wasm, SECTION.type);
  const values = () => reader!.list(() => VALUE_TYPES[reader!.byte()] ?? "?").join(" ");
  const type = () => {
    if (reader!.byte() !== FUNCTION_TYPE) throw new Error("the Wasm module holds a type that is no function");
    return `${values()} -> ${values()}`.trim();
  };
  return reader?.list(type) ?? [];
}

function readImports(wasm: Uint8Array): ImportEntry[] {
  const reader = open(wasm, SECTION.import);
  if (reader === undefined) return [];
  return reader.list(() => {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    const start = reader.position;
    if (kind === KIND.function) reader.u32();
    else if (kind === KIND.memory) reader.limits();
    else throw new Error(`the Wasm import ${module}.${name} is neither function nor memory`);
    return { module, name, kind, descriptor: wasm.slice(start, reader.position) };
  });
}

function readExports(wasm: Uint8Array): ExportEntry[] {
  const reader = open(wasm, SECTION.export);
  return reader?.list(() => ({ name: reader.name(), kind: reader.byte(), index: reader.u32() })) ?? [];
}

/** The index of the function that is exported under this name. */
export function exportedFunction(wasm: Uint8Array, name: string): number {
  const found = readExports(wasm).find((one) => one.name === name && one.kind === KIND.function);
  if (found === undefined) throw new Error(`the Wasm module exports no function ${name}`);
  return found.index;
}

/** What a module imports and exports. */
export function moduleNames(wasm: Uint8Array): ModuleNames {
  const types = readTypes(wasm);
  const given = readImports(wasm);
  const functions = given.filter((one) => one.kind === KIND.function);
  const imported = functions.map((one) => new Reader(one.descriptor, 0).u32());
  const reader = open(wasm, SECTION.function);
  const typeOf = [...imported, ...(reader?.list(() => reader.u32()) ?? [])];
  const memory = given.find((one) => one.kind === KIND.memory);
  return {
    imports: new Map(functions.map((one, index) => [one.name, types[imported[index]!]!])),
    exports: new Map(
      readExports(wasm)
        .filter((one) => one.kind === KIND.function)
        .map((one) => [one.name, types[typeOf[one.index]!]!]),
    ),
    memory: memory === undefined ? undefined : new Reader(memory.descriptor, 0).limits(),
  };
}

/** The module with each of its own globals exported as `global INDEX`, for whoever has to see their values. */
export function exportGlobals(wasm: Uint8Array): Uint8Array {
  const count = open(wasm, SECTION.global)?.u32() ?? 0;
  const globals = Array.from({ length: count }, (_, index) => {
    return { name: `global ${index}`, kind: KIND.global, index };
  });
  return rewrite(
    wasm,
    new Map([[SECTION.export, extended(wasm, SECTION.export, globals.map(encodeExport))]]),
  );
}

/** The module with other names. Both maps are asked for every name and must know it. */
export function renameModule(
  wasm: Uint8Array,
  imports: (old: NamedImport) => NamedImport,
  exports: (old: string) => string,
): Uint8Array {
  const renamedImports = readImports(wasm).map((one) => {
    const renamed = imports(one);
    return [...encodeName(renamed.module), ...encodeName(renamed.name), one.kind, ...one.descriptor];
  });
  const renamedExports = readExports(wasm).map((one) => encodeExport({ ...one, name: exports(one.name) }));
  const contents = [
    [SECTION.import, encodeList(renamedImports)],
    [SECTION.export, encodeList(renamedExports)],
  ] as const;
  return rewrite(wasm, new Map<number, Uint8Array>(contents));
}

export function encodeExport({ name, kind, index }: ExportEntry): number[] {
  return [...encodeName(name), kind, ...encodeU32(index)];
}

function encodeName(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...encodeU32(bytes.length), ...bytes];
}
