/**
 * Big-endian access to wire bytes and small byte-range work. The only place that swaps bytes.
 *
 * The order of four and eight bytes is turned in a vector: one shuffle, where Wasm has no instruction for a number.
 *
 * Never checks bounds: callers have checked the length of what they read.
 */
export function load16be(pointer: usize, offset: usize = 0): u16 {
  return bswap<u16>(load<u16>(pointer + offset));
}

export function load32be(pointer: usize, offset: usize = 0): u32 {
  return i32x4.extract_lane(turned32(v128.load_zero<u32>(pointer + offset)), 0);
}

export function load64be(pointer: usize, offset: usize = 0): u64 {
  return i64x2.extract_lane(turned64(v128.load_zero<u64>(pointer + offset)), 0);
}

export function store16be(pointer: usize, value: u16, offset: usize = 0): void {
  store<u16>(pointer + offset, bswap<u16>(value));
}

export function store32be(pointer: usize, value: u32, offset: usize = 0): void {
  v128.store_lane<u32>(pointer + offset, turned32(i32x4.splat(value)), 0);
}

export function store64be(pointer: usize, value: u64, offset: usize = 0): void {
  v128.store_lane<u64>(pointer + offset, turned64(i64x2.splat(value)), 0);
}

/** Sixteen bytes, of which `high` is the first half. */
export function store128be(pointer: usize, high: u64, low: u64): void {
  v128.store(pointer, turned128(i64x2.replace_lane(i64x2.splat(low), 1, high)));
}

/** Lane 1 is the first half of the sixteen bytes. */
export function load128be(pointer: usize): v128 {
  return turned128(v128.load(pointer));
}

function turned32(lanes: v128): v128 {
  return v128.shuffle<u8>(lanes, lanes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

function turned64(lanes: v128): v128 {
  return v128.shuffle<u8>(lanes, lanes, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

function turned128(lanes: v128): v128 {
  return v128.shuffle<u8>(lanes, lanes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}
