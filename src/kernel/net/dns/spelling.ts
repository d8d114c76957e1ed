/**
 * How a name is spelt in a question: each letter in one of its two cases, by chance. A server repeats the question as it
 * came, so a forger who does not see it has a bit more to guess for each letter, beside port and id
 * (draft-vixie-dnsext-dns0x20).
 *
 * The few servers that spell names their own way are asked again, all in small letters: that too is a question with a port
 * and an id of its own, so whoever forges his way there has won nothing yet.
 *
 * Tests: dns.attack.test.ts
 */
import { randomU32 } from "../../entropy/random";

const CASE: u8 = 0x20;
const BITS: u32 = 32;

/** Spells a name in wire form by chance. A label's length is at most 63, below the letters, and stays what it is. */
export function spellByChance(name: usize, length: u32): void {
  let bits: u32 = 0;
  for (let index: u32 = 0; index < length; index++) {
    if (index % BITS == 0) bits = randomU32();
    const byte = load<u8>(name + index);
    if (isLetter(byte)) store<u8>(name + index, (byte & ~CASE) | ((bits & 1) != 0 ? CASE : 0));
    bits >>= 1;
  }
}

export function spellSmall(name: usize, length: u32): void {
  for (let index: u32 = 0; index < length; index++) {
    const byte = load<u8>(name + index);
    if (isLetter(byte)) store<u8>(name + index, byte | CASE);
  }
}

function isLetter(byte: u8): bool {
  const small = byte | CASE;
  return small >= 0x61 && small <= 0x7a;
}
