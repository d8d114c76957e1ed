/** Folds the results of a kernel's rounds into one word, so that none of them can cancel another. */
export function mix(total: i32, value: i32): i32 {
  return (rotl(total, 5) ^ value) * 0x3779b1d5;
}
