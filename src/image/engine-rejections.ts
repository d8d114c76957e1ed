/**
 * Teaches the engine to tell of rejected promises.
 *
 * The engine calls a tracker for each promise that is rejected while nobody listens, and again when somebody does. Its
 * package exports nothing that sets one, but the runtime's record has the pointer's place
 * (`src/faces/js/runtime-record.ts`). A pointer is an entry of the engine's own table: this file appends a function to
 * the module, and the entry. The function passes what it is told to the face, as a call of host function 0, which the
 * engine itself never makes:
 *
 *   tracker(context, promise, reason, isHandled, slots):  slots[0] = promise; slots[1] = reason
 *                                                         face.callFunction(context, 0, isHandled, slots, 0)
 *   rejectionTracker() -> its index in the table          exported; the face asks it where the tracker is
 *
 * Nothing else of the module moves: both functions stand behind all others.
 *
 * Tests:  engine.test.ts; src/faces/js/rejections.test.ts
 */
import { encodeExport, readTypes } from "./wasm-names.ts";
import { encodeList, encodeU32, extended, open, rewrite, SECTION } from "./wasm-sections.ts";

const TRACKER_SIGNATURE = "i32 i64 i64 i32 i32 ->";
const INDEX_SIGNATURE = "-> i32";
const EXPORT_NAME = "rejectionTracker";
const FUNCTION_KIND = 0;

const NO_LOCALS = 0;
const END = 0x0b;
const CALL = 0x10;
const DROP = 0x1a;
const LOCAL_GET = 0x20;
const I64_STORE = 0x37;
const I64_ALIGNMENT = 3;
const I32_CONST = 0x41;

/** `host`: the index of the imported `callFunction`; `imported`: how many functions the module imports. */
export function addRejectionTracker(wasm: Uint8Array, host: number, imported: number): Uint8Array {
  const types = readTypes(wasm);
  const typeOf = (signature: string) => {
    const index = types.indexOf(signature);
    if (index < 0) throw new Error(`the engine has no type ${signature}`);
    return encodeU32(index);
  };
  const first = imported + open(wasm, SECTION.function)!.u32();
  const table = tableSize(wasm);
  return rewrite(
    wasm,
    new Map([
      [
        SECTION.function,
        extended(wasm, SECTION.function, [typeOf(TRACKER_SIGNATURE), typeOf(INDEX_SIGNATURE)]),
      ],
      [SECTION.table, withTableSize(wasm, table + 1)],
      [
        SECTION.export,
        extended(wasm, SECTION.export, [
          encodeExport({ name: EXPORT_NAME, kind: FUNCTION_KIND, index: first + 1 }),
        ]),
      ],
      [SECTION.element, withElement(wasm, table, first)],
      [SECTION.code, extended(wasm, SECTION.code, [trackerCode(host), indexCode(table)])],
    ]),
  );
}

function trackerCode(host: number): number[] {
  const [context, promise, reason, isHandled, slots] = [0, 1, 2, 3, 4];
  return body([
    ...[LOCAL_GET, slots, LOCAL_GET, promise, I64_STORE, I64_ALIGNMENT, 0],
    ...[LOCAL_GET, slots, LOCAL_GET, reason, I64_STORE, I64_ALIGNMENT, 8],
    ...[LOCAL_GET, context, I32_CONST, 0, LOCAL_GET, isHandled, LOCAL_GET, slots, I32_CONST, 0],
    ...[CALL, ...encodeU32(host), DROP],
  ]);
}

function indexCode(index: number): number[] {
  return body([I32_CONST, ...encodeS32(index)]);
}

function body(code: readonly number[]): number[] {
  const whole = [NO_LOCALS, ...code, END];
  return [...encodeU32(whole.length), ...whole];
}

/** LEB128, signed, of a number that is not negative. */
function encodeS32(value: number): number[] {
  const bytes = encodeU32(value);
  const last = bytes.at(-1)!;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
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

/** The one segment, which fills the table from 1 on, with one more function. */
function withElement(wasm: Uint8Array, table: number, added: number): Uint8Array {
  const reader = open(wasm, SECTION.element)!;
  const isKnown = [1, 0, I32_CONST, 1, END].every((byte) => reader.byte() === byte);
  const count = reader.u32();
  if (!isKnown || count !== table - 1)
    throw new Error("the engine's table is filled in a way that is not known");
  const functions = reader.bytes.subarray(reader.position);
  const segment = [0, I32_CONST, 1, END, ...encodeU32(count + 1), ...functions, ...encodeU32(added)];
  return encodeList([segment]);
}
