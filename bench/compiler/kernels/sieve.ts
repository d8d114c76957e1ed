/** The sieve of Eratosthenes over 16,384 odd numbers, one byte each. */
import { mix } from "./shared/checksum";

const COUNT: i32 = 16384;

const composite = new StaticArray<u8>(COUNT);

/** Index i stands for 2 * i + 3. */
function sieve(first: i32): i32 {
  memory.fill(changetype<usize>(composite), 0, COUNT);
  let primes = 1;
  for (let index = first; index < COUNT; index++) {
    if (unchecked(composite[index])) continue;
    primes++;
    const prime = index * 2 + 3;
    for (let multiple = index + prime; multiple < COUNT; multiple += prime) {
      unchecked((composite[multiple] = 1));
    }
  }
  return primes;
}

export function run(n: i32): i32 {
  let total = 0;
  for (let round = 0; round < n; round++) total = mix(total, sieve(round & 3));
  return total;
}
