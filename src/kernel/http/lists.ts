/**
 * Lists of field values (RFC 9110 section 5.6.1): one element after the other, in place.
 */
import { COMMA, skipBlanks, trimBlanks } from "./characters";

export let element: usize = 0;
/** Up to the comma or the end. */
export let elementLength: usize = 0;
export let trimmedLength: usize = 0;

/** Finds the element that starts at `at`, without the blanks around it; empty ones are elements too. */
export function findElement(at: usize, stop: usize): usize {
  element = skipBlanks(at, stop);
  let end = element;
  while (end < stop && load<u8>(end) != COMMA) end++;
  elementLength = end - element;
  trimmedLength = trimBlanks(element, end) - element;
  return at;
}
