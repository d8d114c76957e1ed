/**
 * The engine's values in memory. Reading them in place saves a call, a box and a copy each time; because this
 * is the engine's inner business, `requireLayout` checks every assumption once at start, on values that the
 * engine made.
 *
 *   box, 8 bytes         payload: u32 | tag: i32          (other tags: a number, 64 bits, biased)
 *   string               count: u32 | length: 31, wide: 1 | hash: u32 | next: u32 | characters
 *   Uint8Array object    ... class: u16 at 6 ... | bytes: u32 at 36 | length: u32 at 40
 *
 * Characters are one byte (Latin-1) or, if wide, two each. A text that `QTS_GetString` returns is itself the
 * inside of such a string, so its length (it may hold NULs) stands 12 bytes before it.
 *
 * Tests:  every test that starts an app; a layout that does not hold stops the start
 */
import { Status } from "../../abi/status";
import {
  malloc,
  QTS_Call,
  QTS_Eval,
  QTS_FreeCString,
  QTS_FreeValuePointer,
  QTS_GetString,
  QTS_GetTrue,
  QTS_GetUndefined,
  QTS_NewArrayBuffer,
  QTS_NewString,
} from "./engine";
import { allocate } from "./heap";

export const BOX_SIZE: usize = 8;

export const enum Tag {
  String = -7,
  Object = -1,
  Integer = 0,
  Boolean = 1,
  Null = 2,
  Undefined = 3,
  Exception = 6,
}

const STRING_LENGTH: usize = 4;
const STRING_CHARACTERS: usize = 16;
const WIDE: u32 = 0x8000_0000;
const LENGTH_BEFORE_TEXT: usize = STRING_CHARACTERS - STRING_LENGTH;
const OBJECT_CLASS: usize = 6;
const ARRAY_BYTES: usize = 36;
const ARRAY_LENGTH: usize = 40;

/** The class number of Uint8Array objects, learnt at start. */
let bytesClass: u16 = 0;

export function tagOf(box: usize): i32 {
  return load<i32>(box, 4);
}

export function isInteger(box: usize): bool {
  return tagOf(box) == Tag.Integer;
}

/** The number of an `Integer` box. */
export function integerOf(box: usize): i32 {
  return load<i32>(box);
}

export function storeInteger(box: usize, value: i32): void {
  store<i32>(box, value);
  store<i32>(box, Tag.Integer, 4);
}

/** A new box that a host function returns. */
export function newInteger(value: i32): usize {
  const box = malloc(BOX_SIZE);
  if (box != 0) storeInteger(box, value);
  return box;
}

/** A new ArrayBuffer with a copy of these bytes; `Status.Full` when the engine has no room. */
export function newBuffer(context: usize, bytes: usize, length: u32): usize {
  const copy = allocate(max<u32>(length, 1));
  if (copy == 0) return newInteger(Status.Full);
  memory.copy(copy, bytes, length);
  return QTS_NewArrayBuffer(context, copy, length);
}

/** A string whose characters are one byte each. */
export function isNarrowString(box: usize): bool {
  return tagOf(box) == Tag.String && (load<u32>(load<u32>(box), STRING_LENGTH) & WIDE) == 0;
}

export function stringLength(box: usize): u32 {
  return load<u32>(load<u32>(box), STRING_LENGTH) & ~WIDE;
}

/** Where the characters of a string begin; valid as long as the string lives. */
export function stringCharacters(box: usize): usize {
  return <usize>load<u32>(box) + STRING_CHARACTERS;
}

/** The length in bytes of a text from `QTS_GetString`. */
export function textLength(text: usize): u32 {
  return load<u32>(text - LENGTH_BEFORE_TEXT) & ~WIDE;
}

export function isBytes(box: usize): bool {
  return tagOf(box) == Tag.Object && load<u16>(load<u32>(box), OBJECT_CLASS) == bytesClass;
}

/** Where the bytes of a Uint8Array are; valid until the engine runs again. */
export function bytesPointer(box: usize): usize {
  return load<u32>(load<u32>(box), ARRAY_BYTES);
}

export function bytesLength(box: usize): u32 {
  return load<u32>(load<u32>(box), ARRAY_LENGTH);
}

/** Stops the machine where the engine's values are not as this file says. */
export function requireLayout(context: usize): void {
  require(load<u64>(QTS_GetTrue()) == 0x0000_0001_0000_0001);
  require(tagOf(QTS_GetUndefined()) == Tag.Undefined);
  requireStrings(context);
  requireBytes(context);
}

function requireStrings(context: usize): void {
  const narrow = QTS_NewString(context, memory.data<u8>([0x61, 0xc3, 0xa9, 0])); // "aé"
  require(isNarrowString(narrow) && stringLength(narrow) == 2);
  require(load<u16>(stringCharacters(narrow)) == 0xe961);
  const text = QTS_GetString(context, narrow);
  require(textLength(text) == 3 && load<u32>(text) == 0x00a9_c361);
  QTS_FreeCString(context, text);
  QTS_FreeValuePointer(context, narrow);
  const wide = QTS_NewString(context, memory.data<u8>([0xe2, 0x82, 0xac, 0])); // "€"
  require(tagOf(wide) == Tag.String && !isNarrowString(wide) && stringLength(wide) == 1);
  require(load<u16>(stringCharacters(wide)) == 0x20ac);
  QTS_FreeValuePointer(context, wide);
}

/** Makes a Uint8Array of 3 bytes at a known address and looks for both in the object. */
function requireBytes(context: usize): void {
  const size: usize = 8;
  const buffer = malloc(size);
  const arrayBuffer = QTS_NewArrayBuffer(context, buffer, size);
  // prettier-ignore
  const source = memory.data<u8>([
    // b=>new Uint8Array(b,1,3)
    0x62, 0x3d, 0x3e, 0x6e, 0x65, 0x77, 0x20, 0x55, 0x69, 0x6e, 0x74, 0x38, 0x41, 0x72, 0x72, 0x61, 0x79, 0x28,
    0x62, 0x2c, 0x31, 0x2c, 0x33, 0x29, 0,
  ]);
  const construct = QTS_Eval(context, source, 24, source, 0, 0);
  const boxes = memory.data(4);
  store<u32>(boxes, <u32>arrayBuffer);
  const bytes = QTS_Call(context, construct, QTS_GetUndefined(), 1, boxes);
  require(tagOf(bytes) == Tag.Object);
  bytesClass = load<u16>(load<u32>(bytes), OBJECT_CLASS);
  require(bytesPointer(bytes) == buffer + 1 && bytesLength(bytes) == 3);
  require(load<u16>(load<u32>(construct), OBJECT_CLASS) != bytesClass);
  require(load<u16>(load<u32>(arrayBuffer), OBJECT_CLASS) != bytesClass);
  QTS_FreeValuePointer(context, bytes);
  QTS_FreeValuePointer(context, construct);
  QTS_FreeValuePointer(context, arrayBuffer);
}

function require(holds: bool): void {
  if (!holds) unreachable();
}
