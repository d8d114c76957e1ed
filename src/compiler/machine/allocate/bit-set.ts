/** Sets of small numbers, as bits. */
export class BitSet {
  readonly words: Uint32Array;

  constructor(size: number) {
    this.words = new Uint32Array((size + 31) >>> 5);
  }

  has(member: number): boolean {
    return (this.words[member >>> 5]! & (1 << (member & 31))) !== 0;
  }

  add(member: number): void {
    this.words[member >>> 5]! |= 1 << (member & 31);
  }

  /** Adds all of `other` that are not in `except`; true if anything was new. */
  addAllBut(other: BitSet, except: BitSet): boolean {
    let changed = false;
    for (let i = 0; i < this.words.length; i++) {
      const before = this.words[i]!;
      const after = before | (other.words[i]! & ~except.words[i]!);
      if (after >>> 0 === before) continue;
      this.words[i] = after;
      changed = true;
    }
    return changed;
  }

  addAll(other: BitSet): boolean {
    let changed = false;
    for (let i = 0; i < this.words.length; i++) {
      const before = this.words[i]!;
      const after = (before | other.words[i]!) >>> 0;
      if (after === before) continue;
      this.words[i] = after;
      changed = true;
    }
    return changed;
  }

  forEach(visit: (member: number) => void): void {
    for (let i = 0; i < this.words.length; i++) {
      for (let word = this.words[i]!; word !== 0; word &= word - 1) {
        visit((i << 5) + 31 - Math.clz32(word & -word));
      }
    }
  }
}
