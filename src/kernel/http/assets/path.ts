/**
 * A request's target as a path: without scheme and query, percent-decoded (RFC 3986 section 2.1), its dot segments
 * taken out (5.2.4). What a decoded slash would name is no path of the table's.
 */
import { TARGET_LIMIT } from "../limits";
import { hexDigit } from "../numbers";

export const enum PathResult {
  Good = 0,
  /** It can name nothing. */
  Nothing = 1,
  /** Broken percent-encoding, a zero, or a step above the root. */
  Malformed = 2,
}

const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;
const PERCENT: u8 = 0x25;
const QUESTION: u8 = 0x3f;

/** Room for TARGET_LIMIT and a slash. */
const PATH_SIZE: u32 = 8200;
if (PATH_SIZE < TARGET_LIMIT + 8) ERROR("every target fits");
export const path: usize = memory.data(8200, 8);
export let pathLength: u32 = 0;

/** Of the target that was read last: from the question mark on. */
export let query: usize = 0;
export let queryLength: u32 = 0;

/** The caller has seen that `length` is at most `TARGET_LIMIT`. */
export function readPath(target: usize, length: u32): PathResult {
  const stop = endOfPath(target, target + length);
  query = stop;
  queryLength = <u32>(target + length - stop);
  let at = startOfPath(target, stop);
  store<u8>(path, SLASH);
  let end = path + 1;
  let result: PathResult = PathResult.Good;
  while (at < stop) {
    const start = end;
    for (; at < stop && load<u8>(at) != SLASH; at++) {
      let character = load<u8>(at);
      if (character == PERCENT) {
        const value = decoded(at, stop);
        if (value < 0) return PathResult.Malformed;
        at += 2;
        character = <u8>value;
        if (character == 0) return PathResult.Malformed;
        if (character == SLASH) {
          result = PathResult.Nothing;
          character = 0; // no end of a segment
        }
      }
      store<u8>(end++, character);
    }
    const length = end - start;
    if (length == 1 && load<u8>(start) == DOT) end = start;
    else if (length == 2 && load<u8>(start) == DOT && load<u8>(start, 1) == DOT) {
      if (start == path + 1) return PathResult.Malformed;
      for (end = start - 1; load<u8>(end - 1) != SLASH;) end--;
    } else if (at < stop) store<u8>(end++, SLASH);
    at++; // the slash
  }
  pathLength = <u32>(end - path);
  return result;
}

function endOfPath(at: usize, stop: usize): usize {
  while (at < stop && load<u8>(at) != QUESTION) at++;
  return at;
}

/** Behind the first slash of the path; of an absolute target, behind scheme and host (RFC 9112 section 3.2.2). */
function startOfPath(target: usize, stop: usize): usize {
  if (target < stop && load<u8>(target) == SLASH) return target + 1;
  let at = target;
  let slashes = 0;
  while (at < stop && slashes < 3) if (load<u8>(at++) == SLASH) slashes++;
  return at;
}

/** The byte that three characters stand for, or -1. */
function decoded(at: usize, stop: usize): i32 {
  if (at + 3 > stop) return -1;
  const high = hexDigit(load<u8>(at, 1));
  const low = hexDigit(load<u8>(at, 2));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}
