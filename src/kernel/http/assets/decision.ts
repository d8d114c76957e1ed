/**
 * From what was asked to what is answered: a status, fields, and a range of a content. The order of conditions is that
 * of RFC 9110 section 13.2.2.
 *
 * Tests: assets.test.ts
 */
import { AssetVariant, Coding, TAG_BYTES_LIMIT, TAG_OFFSET } from "../../../abi/assets";
import { Method } from "../../../abi/status";
import { storeText } from "../characters";
import { emitDecimal } from "../numbers";
import { AskedField, askedLength, askedValue, isAsked, method, target, targetLength } from "./asked";
import { chooseCoding } from "./coding";
import { entryStatus, findNotFound, findPath, hasCoding, locationBytes, readPack, variant } from "./pack";
import { path, pathLength, PathResult, query, queryLength, readPath } from "./path";
import { RangeResult, rangeLength, rangeStart, readRange } from "./range";
import { Comparison, hasTag, isTag } from "./tags";

/** Of the answer. */
export let status: u32 = 0;
export let contentAt: u32 = 0;
export let contentLength: u32 = 0;

let coding: Coding = Coding.Identity;
/** Of the whole content. */
let wholeLength: u32 = 0;
const tag: usize = memory.data(32, 8);
let tagBytes: u32 = 0;

/** Whether a file, or an address that leads to one, is at the target; `isWhole`: then what is not there is answered too. */
export function decide(isWhole: bool): bool {
  const isRead = method == Method.Get || method == Method.Head;
  if (!isRead && !isWhole) return false;
  const result = readPath(target, targetLength);
  const isThere = result == PathResult.Good && findPath(path, pathLength);
  if (!isThere) {
    if (!isWhole) return false;
    if (result == PathResult.Malformed) return answerBare(400);
    if (isRead) findNotFound(path, result == PathResult.Good ? pathLength : 1);
  }
  if (!isRead) return answerBare(405);
  coding = chooseCoding();
  if (!hasCoding(coding)) coding = Coding.Identity;
  contentAt = variant(coding, AssetVariant.ContentAt);
  wholeLength = variant(coding, AssetVariant.ContentBytes);
  contentLength = wholeLength;
  status = entryStatus();
  readTag();
  if (status == 200 && tagBytes != 0) applyConditions();
  return true;
}

function answerBare(what: u32): bool {
  status = what;
  contentLength = 0;
  return true;
}

function readTag(): void {
  tagBytes = variant(coding, AssetVariant.TagBytes);
  assert(tagBytes <= <u32>TAG_BYTES_LIMIT, "assets: a tag fits its place");
  readPack(variant(coding, AssetVariant.FieldsAt) + TAG_OFFSET, tag, tagBytes);
}

function applyConditions(): void {
  if (isAsked(AskedField.IfMatch) && !isListed(AskedField.IfMatch, Comparison.Strong)) {
    answerBare(412);
  } else if (isAsked(AskedField.IfNoneMatch) && isListed(AskedField.IfNoneMatch, Comparison.Weak)) {
    answerBare(304);
  } else if (method == Method.Get && isAsked(AskedField.Range) && mayBePart()) {
    applyRange();
  }
}

function isListed(field: AskedField, comparison: Comparison): bool {
  return hasTag(askedValue(field), askedLength(field), tag, tagBytes, comparison);
}

/** Whether the part that is asked for is of the content that the client knows. */
function mayBePart(): bool {
  if (!isAsked(AskedField.IfRange)) return true;
  return isTag(askedValue(AskedField.IfRange), askedLength(AskedField.IfRange), tag, tagBytes);
}

function applyRange(): void {
  const result = readRange(askedValue(AskedField.Range), askedLength(AskedField.Range), wholeLength);
  if (result == RangeResult.Unsatisfiable) answerBare(416);
  if (result != RangeResult.Satisfiable) return;
  status = 206;
  contentAt += rangeStart;
  contentLength = rangeLength;
}

/** Room that `emitFields` needs: the pack's fields, a query, and a field of its own. */
export const FIELDS_ROOM: u32 = 8192 + 8192 + 64;

/** Writes the answer's fields: the address after them. */
export function emitFields(at: usize): usize {
  if (status == 400) return at;
  if (status == 405) return storeText(at, "Allow: GET, HEAD\r\n");
  const fields = variant(coding, AssetVariant.FieldsAt);
  const length = variant(coding, AssetVariant.FieldsBytes);
  if (status == 307) return emitRedirect(at, fields, length);
  if (status == 416) return emitRangeOf(at, false);
  if (status == 412) return at;
  if (status == 304) return at + readPack(fields, at, variant(coding, AssetVariant.SharedBytes));
  at += readPack(fields, at, length);
  return status == 206 ? emitRangeOf(at, true) : at;
}

/** The query goes where the path does. */
function emitRedirect(at: usize, fields: u32, length: u32): usize {
  const location = locationBytes();
  at += readPack(fields, at, location);
  memory.copy(at, query, queryLength);
  at += queryLength;
  return at + readPack(fields + location, at, length - location);
}

/** Content-Range (14.4), of a part or of none. */
function emitRangeOf(at: usize, isPart: bool): usize {
  at = storeText(at, "Content-Range: bytes ");
  if (isPart) {
    at = storeText(emitDecimal(at, rangeStart), "-");
    at = emitDecimal(at, rangeStart + rangeLength - 1);
  } else {
    at = storeText(at, "*");
  }
  return storeText(emitDecimal(storeText(at, "/"), wholeLength), "\r\n");
}
