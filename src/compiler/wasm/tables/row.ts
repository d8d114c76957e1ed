/** The shape of the instruction tables. */

/** What follows the opcode in the code. Two words: two immediates, in the order of the bytes. */
export type Immediate =
  | "none"
  | "block"
  | "label"
  | "labels"
  | "function"
  | "typeTable"
  | "local"
  | "global"
  | "table"
  | "tableTable"
  | "element"
  | "elementTable"
  | "data"
  | "dataMemory"
  | "memoryIndex"
  | "memoryMemory"
  | "memory"
  | "memoryLane"
  | "lane"
  | "lanes"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "v128"
  | "heapType"
  | "noTypes"
  | "selectTypes"
  | "fence";

/** The types depend on more than the opcode: `pop` and `push` are empty. */
export const SPECIAL = undefined;

/** `memory` and `memoryLane` have the exponent of their natural alignment. */
export type Rows = readonly (readonly [
  opcode: number,
  name: string,
  immediate: Immediate,
  types: string | typeof SPECIAL,
  alignment?: number,
])[];
