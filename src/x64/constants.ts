/**
 * Read-only data beside the code: numbers that instructions load, each stored once, and jump tables.
 *
 * Methods give the offset that `Relocation.Constant` counts in. Values are given as 32-bit patterns, low one first,
 * so that NaNs keep their bits.
 */
import { Records } from "./records.ts";

const FIRST_CAPACITY = 256;

export class Constants {
  private bytes = new Uint8Array(FIRST_CAPACITY);
  private sizeBytes = 0;
  private readonly known = new Map<string, number>();
  /** Pairs: offset of a table, its count of entries. */
  readonly tables = new Records();

  bits32(low: number): number {
    return this.pooled([low | 0]);
  }

  bits64(low: number, high: number): number {
    return this.pooled([low | 0, high | 0]);
  }

  /** Aligned to 16, so that it can be an instruction's memory operand. */
  bits128(word0: number, word1: number, word2: number, word3: number): number {
    return this.pooled([word0 | 0, word1 | 0, word2 | 0, word3 | 0]);
  }

  /** Room for `count` entries of 4 bytes, which the linker writes. */
  table(count: number): number {
    const offset = this.take(count * 4, 4);
    this.tables.push(offset);
    this.tables.push(count);
    return offset;
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.sizeBytes);
  }

  clear(): void {
    this.bytes.fill(0, 0, this.sizeBytes);
    this.sizeBytes = 0;
    this.known.clear();
    this.tables.clear();
  }

  private pooled(words: readonly number[]): number {
    const key = words.join();
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const offset = this.take(words.length * 4, words.length * 4);
    const view = new DataView(this.bytes.buffer);
    words.forEach((word, index) => view.setInt32(offset + index * 4, word, true));
    this.known.set(key, offset);
    return offset;
  }

  private take(sizeBytes: number, alignment: number): number {
    const offset = (this.sizeBytes + alignment - 1) & -alignment;
    this.sizeBytes = offset + sizeBytes;
    if (this.sizeBytes > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.sizeBytes, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return offset;
  }
}
