/** Iteration counts over a 32 by 32 window of the Mandelbrot set. */

const SIZE: i32 = 32;
const ITERATION_LIMIT: i32 = 200;

function iterations(realPart: f64, imaginaryPart: f64): i32 {
  let x = 0.0;
  let y = 0.0;
  let count = 0;
  while (count < ITERATION_LIMIT) {
    const xx = x * x;
    const yy = y * y;
    if (xx + yy > 4.0) break;
    y = 2.0 * x * y + imaginaryPart;
    x = xx - yy + realPart;
    count++;
  }
  return count;
}

export function run(n: i32): i32 {
  let total = 0;
  for (let round = 0; round < n; round++) {
    const shift = <f64>(round & 15) / 512.0;
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        total += iterations((<f64>column / SIZE) * 2.5 - 2.0 + shift, (<f64>row / SIZE) * 2.0 - 1.0);
      }
    }
  }
  return total;
}
