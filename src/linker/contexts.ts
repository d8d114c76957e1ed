/**
 * Gives every memory its number, and every context, cell and descriptor its place below a memory.
 *
 * Instances over one memory have their contexts one below the other; those without a memory share one of no pages,
 * so that calls between them stay direct. The program's own globals and table descriptors lie there too.
 *
 *   ┌──────────────────────────┬────────┬────────┬────────┐
 *   │ contexts, the last first │ second │ first  │ header │◄── base, rbx
 *   └──────────────────────────┴────────┴────────┴────────┘
 */
import { MemoryHeader, TableDescriptor, type ModuleTable } from "../abi/object.ts";
import { ValueType, type Limits } from "../abi/wasm.ts";
import { LinkError } from "./link-error.ts";
import { WordBase, type CellPlace, type InitialWord, type LinkedMemory, type LinkedTable } from "./linked.ts";
import type { Program } from "./program.ts";
import { PROGRAM, type Entity, type Resolver } from "./resolve.ts";

/** Elements a table may grow to, whatever its type says: address space is set aside for them. */
export const TABLE_ELEMENTS_LIMIT = 10_000_000;
const MEMORY_PAGES_LIMIT = 65536;
const CONTEXT_ALIGNMENT = 16;
/** A displacement from rbx has 31 bits; well below that, a program has gone wrong. */
const CONTEXTS_BYTES_LIMIT = 1 << 30;
const CELL_BYTES = 16;

interface Memory {
  readonly limits: Limits;
  readonly indexed: boolean;
  /** Bytes below the base in use. */
  used: number;
}

export class Contexts {
  readonly memories: LinkedMemory[];
  readonly tables: LinkedTable[] = [];
  readonly words: InitialWord[] = [];
  readonly #program: Program;
  readonly #resolver: Resolver;
  readonly #memories: Memory[] = [];
  readonly #memoryNumbers = new Map<string, number>();
  #bareMemory = -1;
  /** By instance. */
  readonly #memoryOf: number[];
  readonly #contextOf: number[];
  readonly #programCells: CellPlace[];
  readonly #programDescriptors: CellPlace[];

  constructor(program: Program, resolver: Resolver) {
    this.#program = program;
    this.#resolver = resolver;
    this.#numberMemories();
    this.#memoryOf = program.instances.map((instance, number) =>
      instance.module.memory === undefined ? this.#bare() : this.#memoryNumber(number),
    );
    this.#contextOf = program.instances.map((instance, number) =>
      this.#take(this.#memoryOf[number]!, instance.module.contextBytes),
    );
    const take = () => ({ memory: this.#bare(), displacement: this.#take(this.#bare(), CELL_BYTES) });
    this.#programCells = (program.globals ?? []).map(take);
    this.#programDescriptors = (program.tables ?? []).map(take);
    this.memories = this.#memories.map(linkedMemory);
    this.memories.forEach((memory, number) => this.#writeHeader(number, memory));
    this.#writeProgram();
    program.instances.forEach((_instance, number) => this.#writeContext(number));
  }

  memoryOf(instance: number): number {
    return this.#memoryOf[instance]!;
  }

  contextOf(instance: number): number {
    return this.#contextOf[instance]!;
  }

  /** Where the global's value lies, whoever owns it. */
  cellOf(instance: number, global: number): CellPlace {
    const entity = this.#resolver.resolve(instance, "global", global);
    if (entity.owner === PROGRAM) return this.#programCells[entity.index]!;
    const { slot } = this.#program.instances[entity.owner]!.module.globals[entity.index]!;
    return this.#slot(entity.owner, slot);
  }

  #numberMemories(): void {
    const { instances, memories = [] } = this.#program;
    memories.forEach((limits, index) => this.#addMemory({ owner: PROGRAM, index }, limits));
    instances.forEach(({ module: { memory } }, owner) => {
      if (memory !== undefined && !memory.imported) this.#addMemory({ owner, index: 0 }, memory.limits);
    });
  }

  #addMemory(entity: Entity, limits: Limits): void {
    this.#memoryNumbers.set(`${entity.owner}.${entity.index}`, this.#memories.length);
    this.#memories.push({ limits, indexed: true, used: -MemoryHeader.End });
  }

  #memoryNumber(instance: number): number {
    const { owner, index } = this.#resolver.resolve(instance, "memory", 0);
    return this.#memoryNumbers.get(`${owner}.${index}`)!;
  }

  /** The memory of those who have none. */
  #bare(): number {
    if (this.#bareMemory < 0) {
      this.#bareMemory = this.#memories.length;
      const limits = { minimum: 0, maximum: 0 };
      this.#memories.push({ limits, indexed: false, used: -MemoryHeader.End });
    }
    return this.#bareMemory;
  }

  #take(number: number, sizeBytes: number): number {
    const memory = this.#memories[number]!;
    memory.used += (sizeBytes + CONTEXT_ALIGNMENT - 1) & -CONTEXT_ALIGNMENT;
    if (memory.used > CONTEXTS_BYTES_LIMIT) {
      throw new LinkError(
        "limit",
        `the contexts over one memory need more than ${CONTEXTS_BYTES_LIMIT} bytes`,
      );
    }
    return -memory.used;
  }

  #slot(instance: number, slot: number): CellPlace {
    return { memory: this.#memoryOf[instance]!, displacement: this.#contextOf[instance]! + slot };
  }

  #writeHeader(number: number, { pages, maximumPages }: LinkedMemory): void {
    const bytes = pages * 65536;
    const place = (displacement: number) => ({ memory: number, displacement });
    this.#write(place(MemoryHeader.Bytes), bytes >>> 0, Math.floor(bytes / 2 ** 32));
    this.#write(place(MemoryHeader.Pages), pages, maximumPages);
  }

  #writeProgram(): void {
    (this.#program.tables ?? []).forEach(({ limits }, index) => {
      this.#addTable(this.#programDescriptors[index]!, limits);
    });
    (this.#program.globals ?? []).forEach(({ type, bits }, index) => {
      const place = this.#programCells[index]!;
      this.#writeBits(place, bits);
      if (type === ValueType.V128) {
        this.#writeBits({ ...place, displacement: place.displacement + 8 }, bits >> 64n);
      }
    });
  }

  /** Descriptors, addresses of cells, lengths of segments. Own globals are the initializer's, or initial content. */
  #writeContext(number: number): void {
    const { module } = this.#program.instances[number]!;
    module.tables.forEach((table, index) => this.#writeTable(number, table, index));
    module.globals.forEach((global, index) => {
      if (global.imported) this.#writeAddress(this.#slot(number, global.slot), this.cellOf(number, index));
    });
    for (const { slot, bytes } of module.dataSegments) this.#write(this.#slot(number, slot), bytes.length, 0);
    for (const { slot, elements } of module.elementSegments) {
      this.#write(this.#slot(number, slot), elements.length, 0);
    }
  }

  #writeTable(number: number, table: ModuleTable, index: number): void {
    const place = this.#slot(number, table.slot);
    if (table.place === "own") this.#addTable(place, table.limits);
    if (table.place !== "imported") return;
    const entity = this.#resolver.resolve(number, "table", index);
    if (entity.owner === PROGRAM) {
      this.#writeAddress(place, this.#programDescriptors[entity.index]!);
      return;
    }
    const owned = this.#program.instances[entity.owner]!.module.tables[entity.index]!;
    this.#writeAddress(place, this.#slot(entity.owner, owned.slot));
  }

  #addTable(descriptor: CellPlace, limits: Limits): void {
    if (limits.minimum > TABLE_ELEMENTS_LIMIT) {
      const found = `a table of ${limits.minimum} elements`;
      throw new LinkError("limit", `${found} is more than the ${TABLE_ELEMENTS_LIMIT} a table may have`);
    }
    const maximum = Math.min(limits.maximum ?? TABLE_ELEMENTS_LIMIT, TABLE_ELEMENTS_LIMIT);
    const index = this.tables.push({ length: limits.minimum, maximum }) - 1;
    const { memory, displacement } = descriptor;
    const elements = displacement + TableDescriptor.Elements;
    this.words.push({ memory, displacement: elements, base: WordBase.Table, index, low: 0, high: 0 });
    this.#write({ memory, displacement: displacement + TableDescriptor.Length }, limits.minimum, maximum);
  }

  #writeAddress({ memory, displacement }: CellPlace, of: CellPlace): void {
    const low = of.displacement;
    this.words.push({
      memory,
      displacement,
      base: WordBase.Memory,
      index: of.memory,
      low,
      high: low < 0 ? -1 : 0,
    });
  }

  #writeBits(place: CellPlace, bits: bigint): void {
    this.#write(place, Number(BigInt.asUintN(32, bits)), Number(BigInt.asUintN(32, bits >> 32n)));
  }

  #write({ memory, displacement }: CellPlace, low: number, high: number): void {
    if (low === 0 && high === 0) return;
    this.words.push({ memory, displacement, base: WordBase.None, index: 0, low, high });
  }
}

function linkedMemory({ limits, indexed, used }: Memory): LinkedMemory {
  const maximumPages = Math.min(limits.maximum ?? MEMORY_PAGES_LIMIT, MEMORY_PAGES_LIMIT);
  return { pages: limits.minimum, maximumPages, contextBytes: used, indexed, initial: undefined };
}
