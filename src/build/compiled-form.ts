/**
 * A compiled module as bytes, for the cache; and anything else that is made of plain objects and such arrays.
 *
 *    0          32          36          40
 *   ┌──────────┬───────────┬───────────┬──────┬─────┬────────────────────────────────┐
 *   │ SHA-256  │ u32: all  │ u32: JSON │ JSON │ pad │ typed arrays, each at 4-byte   │
 *   │ of rest  │ bytes     │ bytes     │      │ to 4│ steps, as they are in memory   │
 *   └──────────┴───────────┴───────────┴──────┴─────┴────────────────────────────────┘
 *
 * In the JSON stands `{"$": kind, "at": byte, "length": elements}` for each typed array, and `{"$": "undefined"}`.
 *
 * Tests: compiled-form.test.ts
 */
import { createHash } from "node:crypto";
import type { CompiledModule } from "../abi/object.ts";

const HASH_BYTES = 32;
const SIZE_AT = HASH_BYTES;
const JSON_SIZE_AT = SIZE_AT + 4;
const HEADER_BYTES = JSON_SIZE_AT + 4;
const ALIGNMENT = 4;

/** What JSON does not know. No key of a compiled module is a `$`. */
type Mark =
  { readonly $: "u8" | "i32"; readonly at: number; readonly length: number } | { readonly $: "undefined" };

export function encodeCompiled(module: CompiledModule): Uint8Array {
  return encodePlain(module);
}

/** No key of `content` is a `$`. */
export function encodePlain(content: object): Uint8Array {
  const arrays: Uint8Array[] = [];
  let arrayBytes = 0;
  const keep = ($: "u8" | "i32", array: Uint8Array | Int32Array): Mark => {
    const at = arrayBytes;
    arrays.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    arrayBytes = aligned(at + array.byteLength);
    return { $, at, length: array.length };
  };
  const plain = (value: unknown): unknown => {
    if (value === undefined) return { $: "undefined" } satisfies Mark;
    if (value instanceof Uint8Array) return keep("u8", value);
    if (value instanceof Int32Array) return keep("i32", value);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  };
  const json = Buffer.from(JSON.stringify(plain(content)));
  const arraysAt = aligned(HEADER_BYTES + json.length);
  const bytes = Buffer.alloc(arraysAt + arrayBytes);
  bytes.writeUInt32LE(bytes.length, SIZE_AT);
  bytes.writeUInt32LE(json.length, JSON_SIZE_AT);
  bytes.set(json, HEADER_BYTES);
  let at = arraysAt;
  for (const array of arrays) {
    bytes.set(array, at);
    at = aligned(at + array.length);
  }
  bytes.set(hashOf(bytes));
  return bytes;
}

/** Are these the bytes that `encodeCompiled` gave, all of them and unharmed? */
export function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES || viewOf(bytes).getUint32(SIZE_AT, true) !== bytes.length) return false;
  return hashOf(bytes).equals(bytes.subarray(0, HASH_BYTES));
}

/** Of whole bytes. The module's arrays are views of them, which must begin at a multiple of 4 in their buffer. */
export function decodeCompiled(bytes: Uint8Array): CompiledModule {
  return decodePlain(bytes) as CompiledModule;
}

export function decodePlain(bytes: Uint8Array): unknown {
  const jsonSize = viewOf(bytes).getUint32(JSON_SIZE_AT, true);
  const json = Buffer.from(bytes.buffer, bytes.byteOffset + HEADER_BYTES, jsonSize).toString();
  const arraysAt = bytes.byteOffset + aligned(HEADER_BYTES + jsonSize);
  const restore = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(restore);
    if (typeof value !== "object" || value === null) return value;
    if (isMark(value)) return marked(value);
    const object = value as Record<string, unknown>;
    for (const [key, each] of Object.entries(object)) object[key] = restore(each);
    return object;
  };
  const marked = (mark: Mark): unknown => {
    if (mark.$ === "undefined") return undefined;
    const Kind = mark.$ === "u8" ? Uint8Array : Int32Array;
    return new Kind(bytes.buffer as ArrayBuffer, arraysAt + mark.at, mark.length);
  };
  return restore(JSON.parse(json));
}

function isMark(value: object): value is Mark {
  return "$" in value;
}

function aligned(size: number): number {
  return (size + ALIGNMENT - 1) & -ALIGNMENT;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes.subarray(HASH_BYTES)).digest();
}
