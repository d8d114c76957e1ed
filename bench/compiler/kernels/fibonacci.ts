/** Calls and returns: Fibonacci numbers by plain recursion, and the Ackermann function. */
import { mix } from "./shared/checksum";

function fibonacci(n: i32): i32 {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

function ackermann(m: i32, n: i32): i32 {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

export function run(n: i32): i32 {
  let total = 0;
  for (let round = 0; round < n; round++)
    total = mix(total, fibonacci(20 + (round & 1)) ^ ackermann(2, 20 + (round & 3)));
  return total;
}
