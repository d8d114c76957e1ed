/**
 * Appends functions to a Wasm module, behind all others, so that nothing of the module itself moves; and puts a body in the
 * place of another.
 *
 * Tests:  engine.test.ts, engine-heap.test.ts
 */
import { type Code, constant } from "./wasm-code.ts";
import { encodeExport, moduleNames, readTypes } from "./wasm-names.ts";
import { encodeList, encodeU32, extended, open, rewrite, SECTION } from "./wasm-sections.ts";

const FUNCTION_KIND = 0;
const I32_VARIABLE = [0x7f, 1];
const END = 0x0b;
/** An active segment of functions that fills the table from its entry 1 on: kind, offset. */
const SEGMENT_HEAD = [0, ...constant(1), END];

/** The indices that the next function, entry of the table and global will have. */
export interface Places {
  readonly function: number;
  readonly entry: number;
  readonly global: number;
}

export interface AddedFunction {
  /** Such as "i32 i64 -> i32", one of the types that the module has. */
  readonly signature: string;
  /** As `body` of wasm-code.ts makes it. */
  readonly body: readonly number[];
  readonly exportName?: string;
  /** The table gets an entry for it. */
  readonly isPointer?: boolean;
}

export function placesIn(wasm: Uint8Array): Places {
  const imported = moduleNames(wasm).imports.size;
  return {
    function: imported + open(wasm, SECTION.function)!.u32(),
    entry: tableSize(wasm),
    global: open(wasm, SECTION.global)!.u32(),
  };
}

/** The module with these functions, and with these globals, which are variables of 32 bits and begin with 0. */
export function addToModule(wasm: Uint8Array, functions: readonly AddedFunction[], globals = 0): Uint8Array {
  const places = placesIn(wasm);
  const indexed = functions.map((added, number) => ({ ...added, index: places.function + number }));
  const exports = indexed.flatMap(({ exportName, index }) =>
    exportName === undefined ? [] : [encodeExport({ name: exportName, kind: FUNCTION_KIND, index })],
  );
  const pointers = indexed.filter((one) => one.isPointer).map((one) => one.index);
  const variable = [...I32_VARIABLE, ...constant(0), END];
  const contents = [
    [
      SECTION.function,
      extended(
        wasm,
        SECTION.function,
        functions.map((one) => encodeU32(typeOf(wasm, one.signature))),
      ),
    ],
    [SECTION.table, withTableSize(wasm, places.entry + pointers.length)],
    [SECTION.global, extended(wasm, SECTION.global, Array<Code>(globals).fill(variable))],
    [SECTION.export, extended(wasm, SECTION.export, exports)],
    [SECTION.element, withEntries(wasm, places.entry, pointers)],
    [
      SECTION.code,
      extended(
        wasm,
        SECTION.code,
        functions.map((one) => one.body),
      ),
    ],
  ] as const;
  return rewrite(wasm, new Map(contents));
}

/** The module with `body` in the place of the only one that is `sought`, both as `body` of wasm-code.ts makes them. */
export function replaceBody(
  wasm: Uint8Array,
  sought: readonly number[],
  body: readonly number[],
): Uint8Array {
  const reader = open(wasm, SECTION.code)!;
  let replaced = 0;
  const bodies = reader.list(() => {
    const start = reader.position;
    const size = reader.u32();
    reader.position += size;
    const found = reader.bytes.subarray(start, reader.position);
    if (found.length !== sought.length || sought.some((byte, at) => found[at] !== byte)) return found;
    replaced++;
    return Uint8Array.from(body);
  });
  if (replaced !== 1) throw new Error(`the engine has ${replaced} functions of a body that one should have`);
  const content = Buffer.concat([Uint8Array.from(encodeU32(bodies.length)), ...bodies]);
  return rewrite(wasm, new Map([[SECTION.code, content]]));
}

/** The index of the type with this signature. */
export function typeOf(wasm: Uint8Array, signature: string): number {
  const index = readTypes(wasm).indexOf(signature);
  if (index < 0) throw new Error(`the engine has no type ${signature}`);
  return index;
}

/** The one table's size, which no other module may change. */
function tableSize(wasm: Uint8Array): number {
  const reader = open(wasm, SECTION.table)!;
  if (reader.u32() !== 1) throw new Error("the engine has several tables");
  reader.byte();
  return reader.limits().initial;
}

function withTableSize(wasm: Uint8Array, size: number): Uint8Array {
  const type = open(wasm, SECTION.table)!;
  type.u32();
  return encodeList([[type.byte(), 0, ...encodeU32(size)]]);
}

/** The one segment, which fills the whole table, with more functions. */
function withEntries(wasm: Uint8Array, size: number, added: readonly number[]): Uint8Array {
  const reader = open(wasm, SECTION.element)!;
  const isKnown = [1, ...SEGMENT_HEAD].every((byte) => reader.byte() === byte);
  const count = reader.u32();
  if (!isKnown || count !== size - 1) {
    throw new Error("the engine's table is filled in a way that is not known");
  }
  const functions = reader.bytes.subarray(reader.position);
  return encodeList([
    [...SEGMENT_HEAD, ...encodeU32(count + added.length), ...functions, ...added.flatMap(encodeU32)],
  ]);
}
