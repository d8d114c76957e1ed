/**
 * Finds what every import of a program is in the end, and holds its type against what the module expects.
 *
 * Tests: link.test.ts
 */
import type { CompiledModule, ModuleImport } from "../abi/object.ts";
import { showFunctionType, valueTypeName, type FunctionType, type Limits } from "../abi/wasm.ts";
import { LinkError } from "./link-error.ts";
import type { ImportSource, Program } from "./program.ts";

export type Kind = ModuleImport["kind"];

/** Owner of what belongs to the program itself. */
export const PROGRAM = -1;

/** Something that can be imported, by who defines it and its index there. */
export interface Entity {
  readonly owner: number;
  readonly index: number;
  /** Of a memory or table that has grown since. */
  readonly size?: number;
}

interface ModuleNames {
  /** Positions in `imports`, by index in the kind's index space. */
  readonly imported: Readonly<Record<Kind, readonly number[]>>;
  readonly exports: ReadonlyMap<string, { readonly kind: Kind; readonly index: number }>;
}

export class Resolver {
  readonly #program: Program;
  readonly #names = new Map<CompiledModule, ModuleNames>();

  constructor(program: Program) {
    this.#program = program;
  }

  importedCount(module: CompiledModule, kind: Kind): number {
    return this.#namesOf(module).imported[kind].length;
  }

  /** What index `index` of the instance's index space is. */
  resolve(instance: number, kind: Kind, index: number): Entity {
    return this.#follow({ owner: instance, index }, kind, undefined);
  }

  functionType(entity: Entity): FunctionType {
    if (entity.owner === PROGRAM) return this.#program.functions![entity.index]!.type;
    const { module } = this.#program.instances[entity.owner]!;
    const imported = this.importedCount(module, "function");
    return module.types[module.functions[entity.index - imported]!.type]!;
  }

  /** Throws a `LinkError` for the first import that nothing provides or whose type does not fit. */
  checkImports(instance: number): void {
    const counts = { function: 0, table: 0, memory: 0, global: 0 };
    for (const item of this.#program.instances[instance]!.module.imports) {
      this.#check(instance, item, this.resolve(instance, item.kind, counts[item.kind]++));
    }
  }

  #namesOf(module: CompiledModule): ModuleNames {
    let names = this.#names.get(module);
    if (names === undefined) {
      const imported = { function: [], table: [], memory: [], global: [] } as Record<Kind, number[]>;
      module.imports.forEach((item, position) => imported[item.kind].push(position));
      names = { imported, exports: new Map(module.exports.map((item) => [item.name, item])) };
      this.#names.set(module, names);
    }
    return names;
  }

  /** Goes from instance to instance while what was found is itself an import. */
  #follow(start: Entity, kind: Kind, firstSize: number | undefined): Entity {
    let entity = start;
    let size = firstSize;
    for (let steps = 0; steps <= this.#program.instances.length; steps++) {
      if (entity.owner === PROGRAM) break;
      const instance = this.#program.instances[entity.owner]!;
      const position = this.#namesOf(instance.module).imported[kind][entity.index];
      if (position === undefined) return size === undefined ? entity : { ...entity, size };
      const item = instance.module.imports[position]!;
      const source = instance.imports[position];
      if (source?.kind === "export") size ??= source.size;
      entity = this.#step(item, source);
    }
    if (entity.owner === PROGRAM) return size === undefined ? entity : { ...entity, size };
    throw new LinkError("unknown-import", "unknown import: imports lead in a circle to no definition");
  }

  #step(item: ModuleImport, source: ImportSource | undefined): Entity {
    if (source === undefined) throw unknownImport(item, `nothing provides this ${item.kind}`);
    if (source.kind !== "export") {
      if (source.kind !== item.kind) throw incompatible(item, `a ${item.kind}`, `a ${source.kind}`);
      if (source.index >= this.#countOf(item.kind)) throw unknownImport(item, `no ${item.kind} there`);
      return { owner: PROGRAM, index: source.index };
    }
    const provider = this.#program.instances[source.instance];
    const found = provider && this.#namesOf(provider.module).exports.get(source.name);
    if (found === undefined) throw unknownImport(item, `its provider exports no "${source.name}"`);
    if (found.kind !== item.kind) throw incompatible(item, `a ${item.kind}`, `a ${found.kind}`);
    return { owner: source.instance, index: found.index };
  }

  #countOf(kind: Kind): number {
    const { functions, tables, memories, globals } = this.#program;
    const lists = { function: functions, table: tables, memory: memories, global: globals };
    return lists[kind]?.length ?? 0;
  }

  #check(instance: number, item: ModuleImport, entity: Entity): void {
    const { module } = this.#program.instances[instance]!;
    switch (item.kind) {
      case "function": {
        const expected = showFunctionType(module.types[item.type]!);
        const found = showFunctionType(this.functionType(entity));
        if (expected !== found) throw incompatible(item, expected, found);
        return;
      }
      case "global": {
        const expected = showGlobal(module.globals[item.index]!);
        const found = showGlobal(this.#definition("globals", entity));
        if (expected !== found) throw incompatible(item, expected, found);
        return;
      }
      case "table": {
        const expected = module.tables[item.index]!;
        const found = this.#definition("tables", entity);
        if (expected.type !== found.type) {
          throw incompatible(item, valueTypeName(expected.type), valueTypeName(found.type));
        }
        checkLimits(item, expected.limits, found.limits, entity.size);
        return;
      }
      case "memory": {
        const owner = this.#program.instances[entity.owner]?.module.memory;
        const shared = owner?.shared ?? false;
        if (module.memory!.shared !== shared) {
          throw incompatible(item, showShared(module.memory!.shared), showShared(shared));
        }
        const limits = owner?.limits ?? this.#program.memories![entity.index]!;
        checkLimits(item, module.memory!.limits, limits, entity.size);
      }
    }
  }

  #definition<K extends "globals" | "tables">(
    kind: K,
    entity: Entity,
  ): NonNullable<Program[K]>[number] | CompiledModule[K][number] {
    if (entity.owner === PROGRAM) return this.#program[kind]![entity.index]!;
    return this.#program.instances[entity.owner]!.module[kind][entity.index]!;
  }
}

/** Import matching (Wasm 2.0 core, 4.5.2): the provider has at least the minimum, and may not grow further. */
function checkLimits(item: ModuleImport, expected: Limits, found: Limits, size = found.minimum): void {
  const smaller = size < expected.minimum;
  const mayGrow =
    expected.maximum !== undefined && (found.maximum === undefined || found.maximum > expected.maximum);
  if (smaller || mayGrow) {
    throw incompatible(item, showLimits(expected), showLimits({ ...found, minimum: size }));
  }
}

function showLimits({ minimum, maximum }: Limits): string {
  return maximum === undefined ? `a size of ${minimum} or more` : `a size of ${minimum} to ${maximum}`;
}

function showGlobal(global: { readonly type: number; readonly mutable: boolean }): string {
  return `${global.mutable ? "mutable" : "constant"} ${valueTypeName(global.type)}`;
}

function showShared(shared: boolean): string {
  return shared ? "a shared memory" : "an unshared memory";
}

function unknownImport(item: ModuleImport, why: string): LinkError {
  return new LinkError("unknown-import", `unknown import: ${item.module}.${item.name}: ${why}`);
}

function incompatible(item: ModuleImport, expected: string, found: string): LinkError {
  return new LinkError(
    "incompatible-import",
    `incompatible import type: ${item.module}.${item.name}: expected ${expected}, found ${found}`,
  );
}
