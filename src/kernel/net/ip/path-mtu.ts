/**
 * What "too big" errors may say of a path (RFC 1191, RFC 8201): pure; who believes them is the transport's matter, which
 * alone knows what is in flight (RFC 5927 7.2).
 *
 * Tests: icmp.test.ts
 */

/** RFC 1191 7.1: MTUs that are in use, for routers that do not say theirs. */
// prettier-ignore
const PLATEAUS: StaticArray<u16> = [32000, 17914, 8166, 4352, 2002, 1492, 1006, 508];

/**
 * The MTU to use after `claimed` about a datagram of `sent` bytes; 0: not to be believed, as the datagram is no larger than
 * that. Never below `smallest`, however small the claim.
 */
export function believableMtu(claimed: u32, sent: u32, smallest: u32): u32 {
  const mtu = max(claimed == 0 ? plateauBelow(sent) : claimed, smallest);
  return mtu < sent ? mtu : 0;
}

function plateauBelow(size: u32): u32 {
  for (let index = 0; index < PLATEAUS.length; index++) {
    if (<u32>PLATEAUS[index] < size) return PLATEAUS[index];
  }
  return 0;
}
