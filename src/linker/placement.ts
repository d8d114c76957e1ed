/**
 * Gives code and read-only data their offsets, and every function index the code it leads to.
 *
 * Two instances share one copy of their module's code when everything the linker writes into it is the same: the
 * place of the context, and where imported functions lead. A function over another memory is reached by a thunk.
 * A reference leads to a thunk too once references can get to code over another memory: whoever calls it there has
 * its own memory in rbx.
 */
import { Relocation, type CompiledModule, type Routine } from "../abi/object.ts";
import { ValueType, type FunctionType } from "../abi/wasm.ts";
import type { Contexts } from "./contexts.ts";
import type { CodeRegion, FunctionPlace } from "./linked.ts";
import type { PlatformCode } from "./platform.ts";
import type { Program } from "./program.ts";
import { PROGRAM, type Entity, type Resolver } from "./resolve.ts";
import { emitRoutines, type EmittedRoutines } from "./routines.ts";
import type { Signatures } from "./signatures.ts";
import { emitThunks, type EmittedThunks, type Thunk } from "./thunks.ts";

export const ALIGNMENT = 16;
/** Stands for the code of program function n, which the platform has yet to write, at n above. No code is so large. */
const PROVISIONAL = 0x4000_0000;

/** A copy of a module's code and of the read-only data that goes with it. */
export interface ModuleCopy {
  readonly module: CompiledModule;
  readonly instances: number[];
  readonly memory: number;
  readonly context: number;
  /** Code offset. */
  readonly code: number;
  /** Offsets in the constants section: of all that is this copy's, and of the module's constants among it. */
  readonly constantsStart: number;
  readonly constantsEnd: number;
  readonly constants: number;
  readonly constantTables: readonly number[];
  readonly elementSegments: readonly number[];
  readonly dataSegments: readonly number[];
  /** By function index: what a call goes to, and what a reference holds. Code offsets; 0 where never needed. */
  readonly calls: Int32Array;
  readonly references: Int32Array;
}

export class Placement {
  readonly copies: ModuleCopy[] = [];
  readonly copyOf: ModuleCopy[] = [];
  readonly routines: EmittedRoutines = emitRoutines();
  readonly thunks: EmittedThunks;
  /** Code offset of the thunks. */
  readonly thunksStart: number;
  readonly codeEnd: number;
  readonly constantsEnd: number;
  /** Code offsets of the program's functions. */
  readonly programFunctions: readonly number[];
  readonly #program: Program;
  readonly #resolver: Resolver;
  readonly #contexts: Contexts;
  readonly #signatures: Signatures;
  readonly #dataSegments = new Map<CompiledModule, readonly number[]>();
  readonly #thunks: Thunk[] = [];
  readonly #thunkNumbers = new Map<string, number>();
  readonly #referencesCross: boolean;
  #code = 0;
  #constants = 0;
  #settled: PlatformCode["functions"];

  constructor(program: Program, resolver: Resolver, contexts: Contexts, signatures: Signatures) {
    this.#program = program;
    this.#resolver = resolver;
    this.#contexts = contexts;
    this.#signatures = signatures;
    this.#referencesCross = this.#findReferencesCross();
    this.#takeCode(this.routines.assembled.code.length);
    this.programFunctions = (program.functions ?? []).map(({ code }, index) =>
      code === undefined ? PROVISIONAL + index : this.#takeCode(code.length),
    );
    this.#placeCopies();
    this.thunksStart = this.#code;
    for (const copy of this.copies) this.#fillTargets(copy);
    this.thunks = emitThunks(this.#thunks);
    for (const copy of this.copies) this.#nameThunks(copy);
    this.#takeCode(this.thunks.assembled.code.length);
    this.codeEnd = this.#code;
    this.constantsEnd = this.#constants;
  }

  /** The platform has written its code: every function has its place from here on. */
  settle(functions: PlatformCode["functions"]): void {
    this.#settled = functions ?? {};
    for (const { calls, references } of this.copies) {
      for (const targets of [calls, references]) {
        targets.forEach((target, index) => (targets[index] = this.settled(target)));
      }
    }
  }

  /** A code offset, in place of one that stood for code yet to be written. */
  settled(code: number): number {
    if (code < PROVISIONAL || this.#settled === undefined) return code;
    const index = code - PROVISIONAL;
    const offset = this.#settled[index];
    const name = this.#program.functions![index]!.name;
    if (offset === undefined) throw new Error(`the platform has no code for the function ${name}`);
    return this.codeEnd + offset;
  }

  /** What to call with which memory, for those who enter the program from outside. */
  functionsOf(instance: number): FunctionPlace[] {
    const { module } = this.#program.instances[instance]!;
    const count = this.#resolver.importedCount(module, "function") + module.functions.length;
    return Array.from({ length: count }, (_, index): FunctionPlace => {
      const entity = this.#resolver.resolve(instance, "function", index);
      const memory = this.#contexts.memoryOf(entity.owner === PROGRAM ? instance : entity.owner);
      const signature = this.#signatures.numberOf(this.#resolver.functionType(entity));
      return { code: this.settled(this.#codeOf(entity)), memory, signature };
    });
  }

  regions(): CodeRegion[] {
    const regions: CodeRegion[] = this.copies.map(({ module, instances, code }) => {
      return { start: code, end: code + module.code.length, instances, frameBytes: undefined };
    });
    this.thunks.offsets.forEach((offset, number) => {
      const start = this.thunksStart + offset;
      const end = this.thunksStart + (this.thunks.offsets[number + 1] ?? this.thunks.assembled.code.length);
      regions.push({ start, end, instances: [], frameBytes: this.thunks.frameBytes[number] });
    });
    return regions;
  }

  /** Of a routine that is the same everywhere. */
  routine(routine: Routine): number {
    return this.routines.offsets.get(routine)!;
  }

  #takeCode(sizeBytes: number): number {
    const offset = this.#code;
    this.#code = aligned(offset + sizeBytes);
    return offset;
  }

  #takeConstants(sizeBytes: number): number {
    const offset = this.#constants;
    this.#constants = aligned(offset + sizeBytes);
    return offset;
  }

  #placeCopies(): void {
    const moduleNumbers = new Map<CompiledModule, number>();
    const byKey = new Map<string, ModuleCopy>();
    this.#program.instances.forEach(({ module }, instance) => {
      if (!moduleNumbers.has(module)) moduleNumbers.set(module, moduleNumbers.size);
      const key = `${moduleNumbers.get(module)!} ${this.#copyKey(instance)}`;
      let copy = byKey.get(key);
      if (copy === undefined) {
        copy = this.#placeCopy(instance);
        byKey.set(key, copy);
        this.copies.push(copy);
      }
      copy.instances.push(instance);
      this.copyOf.push(copy);
    });
  }

  /** Equal for instances of one module into whose code the same would be written. */
  #copyKey(instance: number): string {
    const { module } = this.#program.instances[instance]!;
    const memory = this.#contexts.memoryOf(instance);
    const parts: (string | number)[] = [this.#contexts.contextOf(instance)];
    if (this.#referencesCross) parts.push(memory);
    const imported = this.#resolver.importedCount(module, "function");
    for (let index = 0; index < imported; index++) {
      const entity = this.#resolver.resolve(instance, "function", index);
      parts.push(entity.owner, entity.index, Number(this.#needsThunk(entity, memory)));
    }
    return parts.join(" ");
  }

  #placeCopy(instance: number): ModuleCopy {
    const { module } = this.#program.instances[instance]!;
    const constantsStart = this.#constants;
    const constantTables = module.tables.map(({ constantElements }) =>
      constantElements === undefined ? 0 : this.#takeConstants(constantElements.length * 8),
    );
    const functions = this.#resolver.importedCount(module, "function") + module.functions.length;
    const copy = {
      module,
      instances: [],
      memory: this.#contexts.memoryOf(instance),
      context: this.#contexts.contextOf(instance),
      code: this.#takeCode(module.code.length),
      constants: this.#takeConstants(module.constants.length),
      constantTables,
      elementSegments: module.elementSegments.map(({ elements }) => this.#takeConstants(elements.length * 8)),
      dataSegments: this.#placeDataSegments(module),
      calls: new Int32Array(functions),
      references: new Int32Array(functions),
      constantsStart,
    };
    return { ...copy, constantsEnd: this.#constants };
  }

  #placeDataSegments(module: CompiledModule): readonly number[] {
    let offsets = this.#dataSegments.get(module);
    if (offsets === undefined) {
      offsets = module.dataSegments.map(({ bytes }) => this.#takeConstants(bytes.length));
      this.#dataSegments.set(module, offsets);
    }
    return offsets;
  }

  /** Code offsets; a thunk's is its number, as -1 - number, until all thunks are written. */
  #fillTargets(copy: ModuleCopy): void {
    const instance = copy.instances[0]!;
    for (let index = 0; index < copy.calls.length; index++) {
      const entity = this.#resolver.resolve(instance, "function", index);
      copy.calls[index] = this.#needsThunk(entity, copy.memory)
        ? -1 - this.#thunkNumber(entity)
        : this.#codeOf(entity);
    }
    if (!this.#referencesCross) {
      copy.references.set(copy.calls);
      return;
    }
    for (const index of referencedFunctions(copy.module)) {
      const entity = this.#resolver.resolve(instance, "function", index);
      copy.references[index] =
        entity.owner === PROGRAM ? this.#codeOf(entity) : -1 - this.#thunkNumber(entity);
    }
  }

  #nameThunks(copy: ModuleCopy): void {
    for (const targets of [copy.calls, copy.references]) {
      targets.forEach((target, index) => {
        if (target < 0) targets[index] = this.thunksStart + this.thunks.offsets[-1 - target]!;
      });
    }
  }

  #needsThunk(entity: Entity, callersMemory: number): boolean {
    return entity.owner !== PROGRAM && this.#contexts.memoryOf(entity.owner) !== callersMemory;
  }

  #thunkNumber(entity: Entity): number {
    const key = `${entity.owner}.${entity.index}`;
    let number = this.#thunkNumbers.get(key);
    if (number === undefined) {
      const type = this.#resolver.functionType(entity);
      const memory = this.#contexts.memoryOf(entity.owner);
      number = this.#thunks.push({ target: this.#codeOf(entity), memory, type }) - 1;
      this.#thunkNumbers.set(key, number);
    }
    return number;
  }

  #codeOf(entity: Entity): number {
    if (entity.owner === PROGRAM) return this.programFunctions[entity.index]!;
    const { module, code } = this.copyOf[entity.owner]!;
    const imported = this.#resolver.importedCount(module, "function");
    return code + module.functions[entity.index - imported]!.offset;
  }

  /** Whether any function reference can get from the code over one memory to the code over another. */
  #findReferencesCross(): boolean {
    if (this.#contexts.memories.length < 2) return false;
    const { tables = [], globals = [], instances } = this.#program;
    if ([...tables, ...globals].some(({ type }) => type === ValueType.FuncRef)) return true;
    return instances.some(({ module }, instance) => {
      const counts = { function: 0, table: 0, memory: 0, global: 0 };
      return module.imports.some((item) => {
        const entity = this.#resolver.resolve(instance, item.kind, counts[item.kind]++);
        if (!this.#needsThunk(entity, this.#contexts.memoryOf(instance))) return false;
        if (item.kind === "function") return carriesReferences(this.#resolver.functionType(entity));
        if (item.kind === "table") return module.tables[item.index]!.type === ValueType.FuncRef;
        return item.kind === "global" && module.globals[item.index]!.type === ValueType.FuncRef;
      });
    });
  }
}

function carriesReferences({ parameters, results }: FunctionType): boolean {
  return parameters.includes(ValueType.FuncRef) || results.includes(ValueType.FuncRef);
}

function referencedFunctions(module: CompiledModule): Set<number> {
  const found = new Set<number>();
  for (const { elements } of module.elementSegments) elements.forEach((index) => found.add(index));
  for (const { constantElements } of module.tables) constantElements?.forEach((index) => found.add(index));
  const { relocations } = module;
  for (let at = 0; at < relocations.length; at += 4) {
    if (relocations[at] === Relocation.FunctionReference) found.add(relocations[at + 2]!);
  }
  found.delete(-1);
  return found;
}

export function aligned(offset: number, alignment = ALIGNMENT): number {
  return (offset + alignment - 1) & -alignment;
}
