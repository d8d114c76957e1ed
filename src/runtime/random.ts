/**
 * Math.random from the kernel's random source: the engine's own generator is seeded when its context is made, which for
 * most images is when they are built, and would give every machine the same numbers.
 */
import { random } from "./host.ts";

export function defineRandom(): void {
  Object.defineProperty(random, "name", { value: "random", configurable: true });
  Object.defineProperty(Math, "random", { value: random, writable: true, configurable: true });
}
