// A program that computes, prints, and ends: its machine ends with it, with its exit status.
const primes: number[] = [];
for (let candidate = 2; primes.length < 20; candidate++) {
  if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
}
console.log(primes.join(" "));
