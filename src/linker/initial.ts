/**
 * The initial content of every memory, with what lies below its base, as bytes: what a platform maps and copies on
 * write. Left as words are those that hold an address, which nobody knows before start.
 *
 *         page boundary                       base                         last byte that is not zero
 *   ┌──────┴──┬──────────────────────┬────────┼────────────────────────────┤
 *   │ zero    │ contexts             │ header │ initial linear memory      │
 *   └─────────┴──────────────────────┴────────┴────────────────────────────┘
 *
 * All of a program or nothing of it: without a module compiled for this (`initial: "data"`) everything stays words,
 * and initializers do the rest.
 *
 * Tests: initial.test.ts
 */
import { INITIAL_ALIGNMENT, WordBase, type InitialImage, type InitialWord } from "./linked.ts";
import type { LinkedMemory, LinkedParts } from "./linked.ts";
import type { Contexts } from "./contexts.ts";
import type { Program } from "./program.ts";

export function initialState(program: Program, contexts: Contexts): Pick<LinkedParts, "memories" | "words"> {
  const { memories, words } = contexts;
  if (program.instances.every(({ module }) => module.initial === undefined)) return { memories, words };
  return {
    memories: memories.map((memory, number) => {
      return { ...memory, initial: imageOf(program, contexts, memory, number) };
    }),
    words: words.filter(({ base }) => base !== WordBase.None),
  };
}

function imageOf(program: Program, contexts: Contexts, memory: LinkedMemory, number: number): InitialImage {
  const below = Math.ceil(memory.contextBytes / INITIAL_ALIGNMENT) * INITIAL_ALIGNMENT;
  const instances = [...program.instances.keys()].filter((each) => contexts.memoryOf(each) === number);
  const stateOf = (instance: number) => program.instances[instance]!.module.initial;
  const ends = instances.flatMap((instance) =>
    (stateOf(instance)?.memory ?? []).map(({ offset, bytes }) => offset + bytes.length),
  );
  const bytes = new Uint8Array(below + ends.reduce((a, b) => Math.max(a, b), 0));
  for (const instance of instances) {
    const state = stateOf(instance);
    if (state === undefined) continue;
    bytes.set(state.context, below + contexts.contextOf(instance));
    for (const { offset, bytes: content } of state.memory) bytes.set(content, below + offset);
  }
  writeWords(bytes, below, number, contexts.words);
  let end = bytes.length;
  while (end > below && bytes[end - 1] === 0) end--;
  return { displacement: -below, bytes: bytes.slice(0, end) };
}

function writeWords(bytes: Uint8Array, below: number, memory: number, words: readonly InitialWord[]): void {
  const view = new DataView(bytes.buffer);
  for (const word of words) {
    if (word.memory !== memory || word.base !== WordBase.None) continue;
    view.setUint32(below + word.displacement, word.low >>> 0, true);
    view.setUint32(below + word.displacement + 4, word.high >>> 0, true);
  }
}
