/** The key that a client's frames are masked with (RFC 6455 section 5.3), sixteen bytes at once. */
const STEP: u32 = 16;

/** Masks or unmasks: the key, turned so that its first byte is the next one's. The two ranges may be one. */
export function applyMask(key: u32, source: usize, target: usize, length: u32): u32 {
  const wide = i32x4.splat(<i32>key);
  let at: u32 = 0;
  for (; at + STEP <= length; at += STEP) {
    v128.store(target + at, v128.xor(v128.load(source + at), wide));
  }
  for (; at < length; at++) {
    store<u8>(target + at, load<u8>(source + at) ^ (<u8>(key >> ((at & 3) << 3))));
  }
  return rotr<u32>(key, (length & 3) << 3);
}
