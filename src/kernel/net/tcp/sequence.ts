/**
 * Sequence numbers: u32 that wrap (RFC 9293 3.4). `a` is before `b` when less than half the circle lies ahead.
 *
 * Tests: sequence.test.ts
 */

export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

export function after(a: u32, b: u32): bool {
  return <i32>(a - b) > 0;
}

export function atOrBefore(a: u32, b: u32): bool {
  return <i32>(a - b) <= 0;
}

export function atOrAfter(a: u32, b: u32): bool {
  return <i32>(a - b) >= 0;
}

export function later(a: u32, b: u32): u32 {
  return <i32>(a - b) > 0 ? a : b;
}
