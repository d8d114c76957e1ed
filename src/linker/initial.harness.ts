/**
 * Runs a program twice as a session, its initial content once written by initializers and once as data, and gives
 * what both hold in the end. Sessions write words alone: images are given to them as words.
 */
import { WASM_PAGE_BYTES } from "../abi/wasm.ts";
import { compileModule } from "../compiler/compile.ts";
import { processPlatform } from "../platform/process/platform.ts";
import { ProcessSession } from "../targets/process/session.ts";
import { link } from "./link.ts";
import { WordBase, type InitialWord, type LinkedParts, type LinkedProgram } from "./linked.ts";
import type { Instance, Program } from "./program.ts";

export type Initial = "code" | "data";

/** A program whose modules are not compiled yet. */
export type WasmProgram = Omit<Program, "instances"> & {
  readonly instances: readonly (Omit<Instance, "module"> & { readonly wasm: Uint8Array })[];
};

export interface Held {
  readonly linked: LinkedProgram;
  /** Of each instance with a memory, all of it. */
  readonly memories: readonly Uint8Array[];
  /** Of each instance, each own global's bits that is a number. */
  readonly globals: readonly (readonly bigint[])[];
}

export async function heldAfterStart(program: WasmProgram, initial: Initial): Promise<Held> {
  const linked = linkInitial(program, initial);
  const session = await ProcessSession.start(linked);
  try {
    for (const [number, { needsInitializer, name }] of linked.instances.entries()) {
      if (!needsInitializer) continue;
      const { kind } = await session.initialize(number);
      if (kind !== "returned") throw new Error(`the initializer of ${name} ${kind}`);
    }
    const memories: Uint8Array[] = [];
    const globals: bigint[][] = [];
    for (const [number, { module }] of linked.instances.entries()) {
      if (module.memory !== undefined) {
        const pages = await session.memoryPages(number);
        memories.push(await session.readMemory(number, 0, pages * WASM_PAGE_BYTES));
      }
      const values: bigint[] = [];
      for (const [index, { imported }] of module.globals.entries()) {
        if (!imported) values.push((await session.readGlobal(number, index)).bits);
      }
      globals.push(values);
    }
    return { linked, memories, globals };
  } finally {
    await session.stop();
  }
}

export function linkInitial(program: WasmProgram, initial: Initial): LinkedProgram {
  const instances = program.instances.map(({ wasm, ...rest }): Instance => {
    return { ...rest, module: compileModule(wasm, { initial }) };
  });
  return linkImages({ ...program, instances });
}

/** For sessions, which ignore images. */
export function linkImages(program: Program): LinkedProgram {
  const platform = processPlatform({});
  const emit = (parts: LinkedParts) =>
    platform.emit({ ...parts, words: [...parts.memories.flatMap(imageWords), ...parts.words] });
  return link(program, { ...platform, emit });
}

function imageWords({ initial }: LinkedParts["memories"][number], memory: number): InitialWord[] {
  if (initial === undefined) return [];
  const padded = new Uint8Array((initial.bytes.length + 7) & -8);
  padded.set(initial.bytes);
  const view = new DataView(padded.buffer);
  const words: InitialWord[] = [];
  for (let at = 0; at < padded.length; at += 8) {
    const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (low === 0 && high === 0) continue;
    const displacement = initial.displacement + at;
    words.push({ memory, displacement, base: WordBase.None, index: 0, low, high });
  }
  return words;
}
