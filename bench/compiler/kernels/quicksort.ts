/** Quicksort of 2,048 numbers: median of three, the smaller part by recursion, short parts by insertion. */
import { mix } from "./shared/checksum";
import { nextNoise, seedNoise } from "./shared/noise";

const COUNT: i32 = 2048;
const INSERTION_LIMIT: i32 = 12;

const values = new StaticArray<i32>(COUNT);

function swap(a: i32, b: i32): void {
  const value = unchecked(values[a]);
  unchecked((values[a] = values[b]));
  unchecked((values[b] = value));
}

function insertionSort(low: i32, high: i32): void {
  for (let index = low + 1; index <= high; index++) {
    const value = unchecked(values[index]);
    let hole = index;
    while (hole > low && unchecked(values[hole - 1]) > value) {
      unchecked((values[hole] = values[hole - 1]));
      hole--;
    }
    unchecked((values[hole] = value));
  }
}

function partition(low: i32, high: i32): i32 {
  const middle = (low + high) >>> 1;
  if (unchecked(values[middle] < values[low])) swap(middle, low);
  if (unchecked(values[high] < values[low])) swap(high, low);
  if (unchecked(values[high] < values[middle])) swap(high, middle);
  const pivot = unchecked(values[middle]);
  let left = low;
  let right = high;
  while (true) {
    while (unchecked(values[left]) < pivot) left++;
    while (unchecked(values[right]) > pivot) right--;
    if (left >= right) return right;
    swap(left, right);
    left++;
    right--;
  }
}

function sort(low: i32, high: i32): void {
  while (high - low > INSERTION_LIMIT) {
    const border = partition(low, high);
    if (border - low < high - border) {
      sort(low, border);
      low = border + 1;
    } else {
      sort(border + 1, high);
      high = border;
    }
  }
  insertionSort(low, high);
}

export function run(n: i32): i32 {
  let total: i32 = 0;
  for (let round = 0; round < n; round++) {
    seedNoise(<u32>round + 7);
    for (let index = 0; index < COUNT; index++) unchecked((values[index] = <i32>nextNoise()));
    sort(0, COUNT - 1);
    for (let index = 0; index < COUNT; index++) total = mix(total, unchecked(values[index]));
  }
  return total;
}
