/**
 * Big-endian access to wire bytes and small byte-range work. The only place that swaps bytes.
 *
 * Never checks bounds: callers have checked the length of what they read.
 */
export function load16be(pointer: usize, offset: usize = 0): u16 {
  return bswap<u16>(load<u16>(pointer + offset));
}

export function load32be(pointer: usize, offset: usize = 0): u32 {
  return bswap<u32>(load<u32>(pointer + offset));
}

export function load64be(pointer: usize, offset: usize = 0): u64 {
  return bswap<u64>(load<u64>(pointer + offset));
}

export function store16be(pointer: usize, value: u16, offset: usize = 0): void {
  store<u16>(pointer + offset, bswap<u16>(value));
}

export function store32be(pointer: usize, value: u32, offset: usize = 0): void {
  store<u32>(pointer + offset, bswap<u32>(value));
}

export function store64be(pointer: usize, value: u64, offset: usize = 0): void {
  store<u64>(pointer + offset, bswap<u64>(value));
}
