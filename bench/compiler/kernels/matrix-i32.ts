/** Product of two 48 by 48 matrices of integers, by rows of the right matrix (the cache-friendly order). */
import { mix } from "./shared/checksum";

const SIZE: i32 = 48;

const left = new StaticArray<i32>(SIZE * SIZE);
const right = new StaticArray<i32>(SIZE * SIZE);
const product = new StaticArray<i32>(SIZE * SIZE);
fill();

function fill(): void {
  for (let index = 0; index < SIZE * SIZE; index++) {
    unchecked((left[index] = (index * 7) % 101));
    unchecked((right[index] = ((index * 13) % 89) - 44));
  }
}

function multiply(): void {
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) unchecked((product[row * SIZE + column] = 0));
    for (let k = 0; k < SIZE; k++) {
      const factor = unchecked(left[row * SIZE + k]);
      for (let column = 0; column < SIZE; column++) {
        unchecked((product[row * SIZE + column] += factor * right[k * SIZE + column]));
      }
    }
  }
}

export function run(n: i32): i32 {
  let total = 0;
  for (let round = 0; round < n; round++) {
    unchecked((left[round % (SIZE * SIZE)] ^= round));
    multiply();
    total = mix(total, unchecked(product[(round * 7) % (SIZE * SIZE)]));
  }
  return total;
}
