/**
 * The linker's initial words: those of a memory's contexts that hold addresses, which are known at start only.
 *
 *   word, 24 bytes   0 i32 displacement   4 u32 `WordBase`   8 u32 index   16 u64 value
 */
import type { InitialWord } from "../../linker/linked.ts";
import { WordBase } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R8, R9, RAX, RCX, RDX, RSI } from "../../x64/register.ts";
import { ADD64, MOV64, MOVSX32TO64 } from "../../x64/tables/index.ts";
import { begin, type Code } from "./code.ts";

const enum Word {
  Displacement = 0,
  Base = 4,
  Index = 8,
  Value = 16,
  Size = 24,
}

/** Beside the linker's `WordBase`s. */
const OWN_MEMORY = 3;

/** Writes the initial words of a memory, whose base rsi holds. Changes what a call may. */
export function callWords(code: Code, memory: number): void {
  const { a, parts, readOnly, labels } = code;
  const words = parts.words.filter((word) => word.memory === memory);
  if (words.length === 0) return;
  a.placeAddress(R8, Place.ReadOnly, readOnly.add(encode(memory, words)));
  a.set(RCX, words.length);
  a.call(labels.words);
}

/** An address in the memory itself is one from rsi: there may be several such memories. */
function encode(memory: number, words: readonly InitialWord[]): Uint8Array {
  const bytes = new Uint8Array(words.length * Word.Size);
  const view = new DataView(bytes.buffer);
  words.forEach((word, number) => {
    const at = number * Word.Size;
    view.setInt32(at + Word.Displacement, word.displacement, true);
    const isOwn = word.base === WordBase.Memory && word.index === memory;
    view.setUint32(at + Word.Base, isOwn ? OWN_MEMORY : word.base, true);
    view.setUint32(at + Word.Index, word.index, true);
    view.setInt32(at + Word.Value, word.low, true);
    view.setInt32(at + Word.Value + 4, word.high, true);
  });
  return bytes;
}

/** rsi: a memory's base, r8: its words, rcx: how many, at least one. */
export function emitWords({ a, labels }: Code): void {
  const next = a.label();
  begin(a, labels.words);
  a.placeAddress(R10, Place.MemoryBases);
  a.placeAddress(R11, Place.TableAddresses);
  a.bind(next);
  a.load(RAX, R8, Word.Value);
  a.load32(RDX, R8, Word.Index);
  a.load32(R9, R8, Word.Base);
  const another = a.label();
  a.compareConstant(R9, OWN_MEMORY);
  a.branch(Condition.NotEqual, another);
  a.add(RAX, RSI);
  a.bind(another);
  emitRelocate(a, { value: RAX, base: R9, index: RDX, memories: R10, tables: R11 });
  a.rm(MOVSX32TO64, R9, R8, ABSENT, 1, Word.Displacement);
  a.rm(MOV64.rmReg, RAX, RSI, R9, 1, 0);
  a.addConstant(R8, Word.Size);
  a.addConstant(RCX, -1);
  a.branch(Condition.NotEqual, next);
  a.ret();
}

/** Registers: a word's fields, and where the addresses of all memories and tables stand. */
export interface WordRegisters {
  readonly value: number;
  readonly base: number;
  readonly index: number;
  readonly memories: number;
  readonly tables: number;
}

/** Adds to a word's value the address that it is relative to. */
export function emitRelocate(a: Shorthand, { value, base, index, memories, tables }: WordRegisters): void {
  for (const [kind, addresses] of [
    [WordBase.Memory, memories],
    [WordBase.Table, tables],
  ] as const) {
    const other = a.label();
    a.compareConstant(base, kind);
    a.branch(Condition.NotEqual, other);
    a.rm(ADD64.regRm, value, addresses, index, 8, 0);
    a.bind(other);
  }
}
