/** Calls through the function table: a pipeline of small operations chosen by data, as handlers and visitors are. */
import { nextNoise, seedNoise } from "./shared/noise";

type Operation = (value: i32, operand: i32) => i32;

const STEPS: i32 = 1024;

const operations: StaticArray<Operation> = [
  (value: i32, operand: i32): i32 => value + operand,
  (value: i32, operand: i32): i32 => value - operand,
  (value: i32, operand: i32): i32 => value ^ operand,
  (value: i32, operand: i32): i32 => value * (operand | 1),
  (value: i32, operand: i32): i32 => rotl(value, operand),
  (value: i32, operand: i32): i32 => (value > operand ? value : operand),
  (value: i32, operand: i32): i32 => (value & 1 ? value >>> 1 : value + operand),
  (value: i32, operand: i32): i32 => ~value + (operand >>> 3),
];
const choices = new StaticArray<u8>(STEPS);
seedNoise(8);
for (let step = 0; step < STEPS; step++) unchecked((choices[step] = <u8>((nextNoise() >>> 9) & 7)));

function runPipeline(value: i32): i32 {
  for (let step = 0; step < STEPS; step++) {
    value = unchecked(operations[choices[step]])(value, step);
  }
  return value;
}

export function run(n: i32): i32 {
  let value = n;
  for (let round = 0; round < n; round++) value = runPipeline(value);
  return value;
}
