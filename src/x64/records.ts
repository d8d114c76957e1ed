/** A growing list of 32-bit integers: flat records without an object each. */
export class Records {
  values: Int32Array = new Int32Array(64);
  count = 0;

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Int32Array(this.count * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }

  at(index: number): number {
    return this.values[index]!;
  }

  clear(): void {
    this.count = 0;
  }
}
