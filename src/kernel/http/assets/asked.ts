/**
 * What a request says that matters to assets: its method, its target, and five of its fields.
 *
 * Lines of one name are one list (RFC 9110 section 5.2): they are joined here, up to a limit; a field that is longer is
 * as if it were not there, which is always a good answer's way.
 */
import { Method } from "../../../abi/status";
import { reserve } from "../../memory/arena";
import {
  COLON,
  CRLF,
  matches,
  skipBlanks,
  SPACE,
  skipToken,
  skipValue,
  toLower,
  trimBlanks,
} from "../characters";
import { Connection } from "../connection";
import { nameAt, nameLength, valueAt, valueLength } from "../request";

export const enum AskedField {
  AcceptEncoding = 0,
  IfMatch = 1,
  IfNoneMatch = 2,
  IfRange = 3,
  Range = 4,
  Count = 5,
}

/** Of each field's value. */
const VALUE_LIMIT: u32 = 2048;
// prettier-ignore
const NAMES: StaticArray<string> = ["accept-encoding", "if-match", "if-none-match", "if-range", "range"];

let values: usize = 0;
const lengths: usize = memory.data(20, 4); // AskedField.Count words
/** A bit for each field that was there. */
let present: u32 = 0;

export let method: Method = Method.Other;
export let target: usize = 0;
export let targetLength: u32 = 0;

export function startAsked(): void {
  values = reserve(<usize>AskedField.Count * VALUE_LIMIT);
}

export function isAsked(field: AskedField): bool {
  return ((present >> field) & 1) != 0;
}

export function askedValue(field: AskedField): usize {
  return values + <usize>field * VALUE_LIMIT;
}

export function askedLength(field: AskedField): u32 {
  return load<u32>(lengths + ((<usize>field) << 2));
}

/** Reads the request whose head stands in `connection`. */
export function askConnection(connection: Connection): void {
  method = connection.method;
  target = connection.head + connection.targetOffset;
  targetLength = connection.targetLength;
  present = 0;
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    note(nameAt(connection, field), nameLength(field), valueAt(connection, field), valueLength(field));
  }
}

/** Reads `GET /path` and fields, each line ended by CR LF: whether that is what stands there. */
export function askText(text: usize, length: u32): bool {
  const stop = text + length;
  const methodEnd = skipToken(text, stop);
  const lineEnd = skipValue(text, stop);
  if (lineEnd + 2 > stop || load<u16>(lineEnd) != CRLF) return false;
  if (methodEnd == text || methodEnd >= lineEnd || load<u8>(methodEnd) != SPACE) return false;
  const size = <u32>(methodEnd - text);
  method = matches(text, size, "get") ? Method.Get : matches(text, size, "head") ? Method.Head : Method.Other;
  target = methodEnd + 1;
  targetLength = <u32>(lineEnd - target);
  present = 0;
  let at = lineEnd + 2;
  while (at < stop) {
    const colon = skipToken(at, stop);
    if (colon == at || colon == stop || load<u8>(colon) != COLON) return false;
    const end = skipValue(colon + 1, stop);
    if (end + 2 > stop || load<u16>(end) != CRLF) return false;
    const value = skipBlanks(colon + 1, end);
    note(at, <u32>(colon - at), value, <u32>(trimBlanks(value, end) - value));
    at = end + 2;
  }
  return true;
}

function note(name: usize, length: u32, value: usize, size: u32): void {
  // The shortest name is "range", the longest "accept-encoding".
  if (length < 5 || length > 15) return;
  const first = toLower(load<u8>(name));
  if (first != 0x61 && first != 0x69 && first != 0x72) return;
  for (let field: u32 = 0; field < <u32>AskedField.Count; field++) {
    if (matches(name, length, unchecked(NAMES[field]))) return keep(field, value, size);
  }
}

function keep(field: AskedField, value: usize, size: u32): void {
  const before = isAsked(field) ? askedLength(field) + 2 : 0;
  if (before + size > VALUE_LIMIT) {
    present &= ~((<u32>1) << field);
    return;
  }
  if (before != 0) store<u16>(askedValue(field) + before - 2, 0x202c); // ", "
  memory.copy(askedValue(field) + before, value, size);
  store<u32>(lengths + ((<usize>field) << 2), before + size);
  present |= (<u32>1) << field;
}
