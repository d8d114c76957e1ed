/**
 * Compiled modules from machine code written by hand, so that linker and platforms are tested without a compiler.
 */
import type { CompiledModule, ModuleImport } from "../abi/object.ts";
import type { FunctionType } from "../abi/wasm.ts";
import { Padding } from "../x64/assembler.ts";
import { RSP } from "../x64/register.ts";
import { placesOf } from "../x64/convention.ts";
import { RET, RET_POP } from "../x64/tables/index.ts";
import { Shorthand } from "./shorthand.ts";

export interface TestFunction {
  /** Exported under this name. */
  readonly name?: string;
  readonly type: FunctionType;
  readonly emit: (a: Shorthand) => void;
}

export type TestModule = Partial<
  Omit<CompiledModule, "types" | "imports" | "code" | "functions" | "initializer">
> & {
  readonly imports?: readonly (
    | Exclude<ModuleImport, { kind: "function" }>
    | { readonly module: string; readonly name: string; readonly kind: "function"; readonly of: FunctionType }
  )[];
  readonly functions?: readonly TestFunction[];
  /** Between a prologue and an epilogue that align rsp. */
  readonly initialize?: (a: Shorthand) => void;
};

const NOTHING: FunctionType = { parameters: [], results: [] };
/** What `emitFrame` takes, and the return address. */
const FRAME_BYTES = 8;

/** Every function has a frame of 8 bytes, which aligns rsp, around what `emit` writes. */
export function compiledModule(parts: TestModule): CompiledModule {
  const a = new Shorthand();
  const types: FunctionType[] = [];
  const typeIndex = (type: FunctionType) => types.push(type) - 1;
  const imports = (parts.imports ?? []).map((item): ModuleImport => {
    if (item.kind !== "function") return item;
    return { module: item.module, name: item.name, kind: "function", type: typeIndex(item.of) };
  });
  const imported = imports.filter(({ kind }) => kind === "function").length;
  const definitions = parts.functions ?? [];
  const all = [...definitions, { type: NOTHING, emit: parts.initialize ?? (() => {}) }];
  const bounds = all.map(({ type, emit }, position) => {
    const [start, end] = [a.label(), a.label()];
    a.align(16, Padding.Trap);
    a.bind(start);
    a.place(0x100 * (imported + position + 1), imported + position);
    emitFrame(a, type, emit);
    a.bind(end);
    return { type: typeIndex(type), start, end };
  });
  const { code, relocations, constants, jumps, traps, places, labels } = a.finish();
  const compiled = bounds.map(({ type, start, end }, position) => ({
    index: imported + position,
    type,
    offset: labels[start]!,
    sizeBytes: labels[end]! - labels[start]!,
    frameBytes: FRAME_BYTES,
  }));
  const exports = definitions.flatMap(({ name }, position) =>
    name === undefined ? [] : [{ name, kind: "function" as const, index: imported + position }],
  );
  return {
    format: 1,
    names: Object.fromEntries(definitions.map(({ name }, at) => [imported + at, name ?? `function ${at}`])),
    memory: undefined,
    globals: [],
    tables: [],
    dataSegments: [],
    elementSegments: [],
    contextBytes: 0,
    initial: undefined,
    sourceMapUrl: undefined,
    ...parts,
    types,
    imports,
    exports: [...exports, ...(parts.exports ?? [])],
    ...{ code, relocations, constants, jumps, traps, places },
    functions: compiled.slice(0, -1),
    initializer: compiled.at(-1)!,
  };
}

function emitFrame(a: Shorthand, type: FunctionType, emit: (a: Shorthand) => void): void {
  a.addConstant(RSP, -8);
  emit(a);
  a.addConstant(RSP, 8);
  const { stackBytes } = placesOf(type).parameters;
  if (stackBytes > 0) a.i(RET_POP, stackBytes);
  else a.none(RET);
}
