/**
 * The linker: compiled modules and a platform in, the sections of an image out.
 *
 * A pure function of its input. Addresses are known once the platform's code is: the pieces are placed first, then
 * the platform writes its code, then every field is filled.
 *
 * Tests: link.test.ts, and whatever runs in a process image.
 */
import { Relocation, Routine } from "../abi/object.ts";
import type { FunctionType } from "../abi/wasm.ts";
import { Contexts } from "./contexts.ts";
import { initialState } from "./initial.ts";
import { LinkError } from "./link-error.ts";
import type { LinkedInstance, LinkedParts, LinkedProgram, Section } from "./linked.ts";
import { aligned, Placement, type ModuleCopy } from "./placement.ts";
import { partsOf } from "./parts.ts";
import { Place, type Platform, type PlatformCode } from "./platform.ts";
import type { Program } from "./program.ts";
import { relocate, type Targets } from "./relocate.ts";
import { Resolver } from "./resolve.ts";
import { Signatures } from "./signatures.ts";

/** Sections begin at multiples of a page; page 0 of the image is left to the file's headers. */
export const PAGE_BYTES = 4096;
const REFERENCE_BYTES = 8;
const ADDRESS_BYTES = 8;
const NOTHING: FunctionType = { parameters: [], results: [] };

/** Throws a `LinkError` where an import is not satisfied. */
export function link(program: Program, platform: Platform): LinkedProgram {
  const resolver = new Resolver(program);
  program.instances.forEach((_, number) => resolver.checkImports(number));
  const signatures = new Signatures();
  const contexts = new Contexts(program, resolver);
  const placement = new Placement(program, resolver, contexts, signatures);
  for (const { module } of program.instances) signatures.ofModule(module);
  const parts: LinkedParts = {
    instances: program.instances.map((_, number) => {
      return linkedInstance(program, number, contexts, placement, signatures.numberOf(NOTHING));
    }),
    ...initialState(program, contexts),
    tables: contexts.tables,
    signatures: signatures.types,
    regions: placement.regions(),
  };
  const code = platform.emit(parts);
  placement.settle(code.functions);
  const { sections } = new ImageWriter(program, placement, signatures, parts, code, platform.stateBytes);
  const entry = sections.code.address + placement.codeEnd + code.entry;
  const entryStubs = code.entryStubs.map((offset) => placement.codeEnd + offset);
  const instances = parts.instances.map((instance, number) => {
    return { ...instance, functions: placement.functionsOf(number) };
  });
  const partsInImage = partsOf(program, placement, code, sections);
  return { ...parts, instances, sections, entry, entryStubs, parts: partsInImage };
}

/** What `link` would throw for this instance's imports. */
export function importError(program: Program, instance: number): LinkError | undefined {
  try {
    new Resolver(program).checkImports(instance);
    return undefined;
  } catch (error) {
    if (error instanceof LinkError) return error;
    throw error;
  }
}

function linkedInstance(
  program: Program,
  number: number,
  contexts: Contexts,
  placement: Placement,
  initializerSignature: number,
): LinkedInstance {
  const { name, module } = program.instances[number]!;
  const { code } = placement.copyOf[number]!;
  const memory = contexts.memoryOf(number);
  return {
    name: name ?? `instance ${number}`,
    module,
    memory,
    context: contexts.contextOf(number),
    code,
    functions: placement.functionsOf(number),
    initializer: { code: code + module.initializer.offset, memory, signature: initializerSignature },
    needsInitializer: module.initial?.complete !== true,
    globals: module.globals.map((_, index) => contexts.cellOf(number, index)),
  };
}

class ImageWriter {
  readonly sections: LinkedProgram["sections"];
  readonly #placement: Placement;
  readonly #signatures: Signatures;
  readonly #platform: PlatformCode;
  /** Code offset of the platform's code; offset of its read-only data in the constants. */
  readonly #platformCode: number;
  readonly #platformConstants: number;
  readonly #placeAddresses: readonly number[];

  constructor(
    program: Program,
    placement: Placement,
    signatures: Signatures,
    parts: LinkedParts,
    platform: PlatformCode,
    stateBytes: number,
  ) {
    this.#placement = placement;
    this.#signatures = signatures;
    this.#platform = platform;
    this.#platformCode = placement.codeEnd;
    this.#platformConstants = placement.constantsEnd;
    const constants = section(PAGE_BYTES, placement.constantsEnd + platform.readOnly.length);
    const code = section(endOf(constants), placement.codeEnd + platform.bytes.length);
    const tables = aligned(parts.memories.length * ADDRESS_BYTES);
    const state = aligned(tables + parts.tables.length * ADDRESS_BYTES, PAGE_BYTES);
    const data = {
      address: endOf(code),
      bytes: new Uint8Array(0),
      sizeBytes: state + stateBytes,
    };
    this.sections = { constants, code, data };
    this.#placeAddresses = [];
    const addresses: number[] = [];
    addresses[Place.MemoryBases] = data.address;
    addresses[Place.TableAddresses] = data.address + tables;
    addresses[Place.State] = data.address + state;
    addresses[Place.ReadOnly] = constants.address + this.#platformConstants;
    this.#placeAddresses = addresses;
    this.#writeShared(program);
    for (const copy of placement.copies) this.#writeCopy(copy);
  }

  /** Everything that is there once. */
  #writeShared(program: Program): void {
    const { constants } = this.sections;
    const { routines, thunks, thunksStart, programFunctions } = this.#placement;
    this.#writeCode(0, routines.assembled.code, routines.assembled.relocations, this.#ownTargets());
    (program.functions ?? []).forEach(({ code }, index) => {
      if (code !== undefined) this.sections.code.bytes.set(code, programFunctions[index]!);
    });
    this.#writeCode(thunksStart, thunks.assembled.code, thunks.assembled.relocations, this.#ownTargets());
    const { bytes, relocations, readOnly } = this.#platform;
    this.#writeCode(this.#platformCode, bytes, relocations, this.#ownTargets());
    constants.bytes.set(readOnly, this.#platformConstants);
  }

  #writeCopy(copy: ModuleCopy): void {
    const { module, instances } = copy;
    const { constants } = this.sections;
    this.#writeCode(copy.code, module.code, module.relocations, this.#moduleTargets(copy));
    constants.bytes.set(module.constants, copy.constants);
    const view = new DataView(constants.bytes.buffer);
    const codeFromConstants = this.sections.code.address - constants.address;
    for (let at = 0; at < module.jumps.length; at += 3) {
      const table = copy.constants + module.jumps[at + 1]!;
      const target = codeFromConstants + copy.code + module.jumps[at + 2]!;
      view.setInt32(copy.constants + module.jumps[at]!, target - table, true);
    }
    module.tables.forEach(({ constantElements }, index) => {
      if (constantElements !== undefined) {
        this.#writeReferences(copy, copy.constantTables[index]!, constantElements);
      }
    });
    module.elementSegments.forEach(({ elements }, index) => {
      this.#writeReferences(copy, copy.elementSegments[index]!, elements);
    });
    if (instances.length > 0) {
      module.dataSegments.forEach(({ bytes }, index) => {
        constants.bytes.set(bytes, copy.dataSegments[index]!);
      });
    }
  }

  #writeReferences(copy: ModuleCopy, offset: number, elements: Int32Array): void {
    const view = new DataView(this.sections.constants.bytes.buffer);
    elements.forEach((index, element) => {
      if (index < 0) return;
      const { signature, code } = this.#reference(copy, index);
      view.setUint32(offset + element * REFERENCE_BYTES, signature, true);
      view.setUint32(offset + element * REFERENCE_BYTES + 4, code, true);
    });
  }

  #writeCode(offset: number, code: Uint8Array, relocations: Int32Array, targets: Targets): void {
    const section = this.sections.code;
    const bytes = section.bytes.subarray(offset, offset + code.length);
    bytes.set(code);
    relocate(bytes, section.address + offset, relocations, targets);
  }

  #reference({ module, references }: ModuleCopy, index: number) {
    return { signature: this.#signatureOf(module, index), code: references[index]! };
  }

  #signatureOf(module: ModuleCopy["module"], index: number): number {
    let imported = 0;
    for (const item of module.imports) {
      if (item.kind !== "function") continue;
      if (imported++ === index) return this.#signatures.ofModule(module)[item.type]!;
    }
    return this.#signatures.ofModule(module)[module.functions[index - imported]!.type]!;
  }

  /** Of code that linker and platform wrote themselves. */
  #ownTargets(): Targets {
    const { code } = this.sections;
    return {
      address: (kind, index) => {
        if (kind === Relocation.DataSegment) return this.#placeAddresses[index]!;
        if (kind === Relocation.CodeBase) return code.address;
        if (kind === Relocation.Function) return code.address + this.#placement.settled(index);
        if (kind === Relocation.Routine) return code.address + this.#routine(index);
        throw new Error(`relocation ${kind} has no meaning in a platform's code`);
      },
      value: (kind) => {
        throw new Error(`relocation ${kind} has no meaning in a platform's code`);
      },
      reference: () => {
        throw new Error("a platform's code holds no function references");
      },
    };
  }

  #moduleTargets(copy: ModuleCopy): Targets {
    const { constants, code } = this.sections;
    const signatures = this.#signatures.ofModule(copy.module);
    return {
      address: (kind, index) => {
        switch (kind) {
          case Relocation.Function:
            return code.address + copy.calls[index]!;
          case Relocation.Routine:
            return code.address + this.#routine(index);
          case Relocation.Constant:
            return constants.address + copy.constants + index;
          case Relocation.ConstantTable:
            return constants.address + copy.constantTables[index]!;
          case Relocation.DataSegment:
            return constants.address + copy.dataSegments[index]!;
          case Relocation.ElementSegment:
            return constants.address + copy.elementSegments[index]!;
          case Relocation.CodeBase:
            return code.address;
          default:
            throw new Error(`relocation ${kind} is not relative`);
        }
      },
      value: (kind, index) => (kind === Relocation.Context ? copy.context + index : signatures[index]!),
      reference: (index) => this.#reference(copy, index),
    };
  }

  #routine(routine: Routine): number {
    if (routine === Routine.MemoryGrow) return this.#platformCode + this.#platform.memoryGrow;
    if (routine === Routine.TableGrow) return this.#platformCode + this.#platform.tableGrow;
    return this.#placement.routine(routine);
  }
}

function section(address: number, sizeBytes: number): Section {
  return { address, bytes: new Uint8Array(sizeBytes), sizeBytes };
}

function endOf({ address, sizeBytes }: Section): number {
  return aligned(address + sizeBytes, PAGE_BYTES);
}
