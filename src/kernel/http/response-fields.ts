/**
 * The fields an app gives to a response: checked, so that a value from outside cannot end its line, and without
 * the fields that say where the message ends, which are the server's (RFC 9112 section 6, RFC 9110 section 7.6.1).
 *
 * Tests: response.test.ts
 */
import { COLON, CRLF, matches, skipBlanks, skipToken, skipValue, trimBlanks } from "./characters";
import { ResponseField, responseField } from "./fields";
import { parseDecimal } from "./numbers";

/** What the last `checkFields` found. */
export let fieldsHaveDate: bool = false;
export let fieldsClose: bool = false;
/** The app's own Content-Length, -1 without one: it counts only where no body is sent. */
export let fieldsLength: i64 = -1;

/** Checks `length` bytes of fields in place and takes out the server's: their end, or 0 when they are refused. */
export function checkFields(at: usize, length: u32): usize {
  fieldsHaveDate = false;
  fieldsClose = false;
  fieldsLength = -1;
  let stop = at + length;
  while (at < stop) {
    const colon = skipToken(at, stop);
    if (colon == at || colon == stop || load<u8>(colon) != COLON) return 0;
    const lineEnd = skipValue(colon + 1, stop);
    if (lineEnd + 2 > stop || load<u16>(lineEnd) != CRLF) return 0;
    const next = lineEnd + 2;
    const known = responseField(at, <u32>(colon - at));
    if (known != 0 && noteField(known, skipBlanks(colon + 1, lineEnd), lineEnd)) {
      memory.copy(at, next, stop - next);
      stop -= next - at;
    } else {
      at = next;
    }
  }
  return stop;
}

/** Whether the field is the server's to send. */
function noteField(known: u32, value: usize, lineEnd: usize): bool {
  const stop = trimBlanks(value, lineEnd);
  if (known == ResponseField.Date) {
    fieldsHaveDate = true;
    return false;
  }
  if (known == ResponseField.Connection)
    fieldsClose = fieldsClose || matches(value, <u32>(stop - value), "close");
  if (known == ResponseField.ContentLength && stop != value && stop - value <= 18) {
    fieldsLength = parseDecimal(value, stop);
  }
  return true;
}
