/** Product of two 48 by 48 matrices of doubles, the inner loop along rows. */

const SIZE: i32 = 48;

const left = new StaticArray<f64>(SIZE * SIZE);
const right = new StaticArray<f64>(SIZE * SIZE);
const product = new StaticArray<f64>(SIZE * SIZE);
fill();

function fill(): void {
  for (let index = 0; index < SIZE * SIZE; index++) {
    unchecked((left[index] = <f64>(index % 17) / 16.0));
    unchecked((right[index] = <f64>(index % 23) / 32.0 - 0.25));
  }
}

function multiply(): void {
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum: f64 = 0;
      for (let k = 0; k < SIZE; k++) sum += unchecked(left[row * SIZE + k] * right[k * SIZE + column]);
      unchecked((product[row * SIZE + column] = sum));
    }
  }
}

export function run(n: i32): f64 {
  let total: f64 = 0;
  for (let round = 0; round < n; round++) {
    unchecked((left[round % (SIZE * SIZE)] += 0.125));
    multiply();
    total += unchecked(product[(round * 7) % (SIZE * SIZE)]);
  }
  return total;
}
