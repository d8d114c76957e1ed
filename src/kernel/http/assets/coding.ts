/**
 * Which coding to send (RFC 9110 section 12.5.3): of those that there are, the one with the highest weight; between
 * equals the one that is mostly smaller.
 */
import { Coding } from "../../../abi/assets";
import { matches, skipBlanks, trimBlanks } from "../characters";
import { element, elementLength, findElement } from "../lists";
import { AskedField, askedLength, askedValue, isAsked } from "./asked";
import { hasCoding } from "./pack";

/** In thousandths. */
const WHOLE: i32 = 1000;
const UNSAID: i32 = -1;
const SEMICOLON: u8 = 0x3b;

export function chooseCoding(): Coding {
  if (!isAsked(AskedField.AcceptEncoding)) return Coding.Identity;
  let brotli = UNSAID;
  let gzip = UNSAID;
  let identity = UNSAID;
  let any = UNSAID;
  const stop = askedValue(AskedField.AcceptEncoding) + askedLength(AskedField.AcceptEncoding);
  for (let at = askedValue(AskedField.AcceptEncoding); at < stop; at = element + elementLength + 1) {
    findElement(at, stop);
    const end = element + elementLength;
    let nameEnd = element;
    while (nameEnd < end && load<u8>(nameEnd) != SEMICOLON) nameEnd++;
    const length = <u32>(trimBlanks(element, nameEnd) - element);
    const weight = weightOf(nameEnd, end);
    if (weight < 0) continue;
    if (matches(element, length, "br")) brotli = weight;
    else if (matches(element, length, "gzip") || matches(element, length, "x-gzip")) gzip = weight;
    else if (matches(element, length, "identity")) identity = weight;
    else if (matches(element, length, "*")) any = weight;
  }
  brotli = brotli != UNSAID ? brotli : any;
  gzip = gzip != UNSAID ? gzip : any;
  // Whoever names codings prefers them; what is not named is not refused by that.
  let best = identity;
  let chosen: Coding = Coding.Identity;
  if (hasCoding(Coding.Gzip) && gzip > 0 && gzip >= best) {
    best = gzip;
    chosen = Coding.Gzip;
  }
  if (hasCoding(Coding.Brotli) && brotli > 0 && brotli >= best) chosen = Coding.Brotli;
  return chosen;
}

/** Of `;q=0.5` between `at` and `stop`, blanks allowed; without it 1; -1 for what is no weight. */
function weightOf(at: usize, stop: usize): i32 {
  if (at == stop) return WHOLE;
  at = skipBlanks(at + 1, stop);
  stop = trimBlanks(at, stop);
  if (at + 3 > stop || (load<u8>(at) | 0x20) != 0x71 || load<u8>(at, 1) != 0x3d) return UNSAID;
  const whole = <i32>load<u8>(at, 2) - 0x30;
  if (whole < 0 || whole > 1) return UNSAID;
  at += 3;
  let weight = whole * WHOLE;
  if (at == stop) return weight;
  if (load<u8>(at) != 0x2e || stop - at > 4) return UNSAID;
  let step: i32 = WHOLE / 10;
  for (at++; at < stop; at++) {
    const digit = <i32>load<u8>(at) - 0x30;
    if (digit < 0 || digit > 9) return UNSAID;
    weight += digit * step;
    step /= 10;
  }
  return weight > WHOLE ? UNSAID : weight;
}
