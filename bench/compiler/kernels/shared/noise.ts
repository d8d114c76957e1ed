/** Input for the kernels: bytes and numbers that look random and are the same in every run (xorshift32). */

let state: u32 = 1;

export function seedNoise(seed: u32): void {
  state = seed | 1;
}

export function nextNoise(): u32 {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state;
}

export function fillNoise(pointer: usize, length: usize, seed: u32): void {
  seedNoise(seed);
  for (let offset: usize = 0; offset < length; offset++)
    store<u8>(pointer + offset, <u8>(nextNoise() >>> 11));
}
