/** Events by time; those of one time in the order they were added. A binary heap. */
export interface Event {
  readonly time: bigint;
  readonly order: number;
  readonly work: () => void;
}

export class EventQueue {
  #heap: Event[] = [];
  #added = 0;

  add(time: bigint, work: () => void): void {
    this.#heap.push({ time, order: this.#added++, work });
    this.#rise(this.#heap.length - 1);
  }

  /** The earliest event, if it is not after `end`. */
  take(end: bigint): Event | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.time > end) return undefined;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(index: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(index: number): void {
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child =
        right < this.#heap.length && isBefore(this.#heap[right]!, this.#heap[left]!) ? right : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #swapIfBefore(a: number, b: number): boolean {
    const one = this.#heap[a]!;
    const two = this.#heap[b]!;
    if (!isBefore(one, two)) return false;
    this.#heap[a] = two;
    this.#heap[b] = one;
    return true;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
