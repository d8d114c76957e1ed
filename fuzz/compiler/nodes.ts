/**
 * The parts of a generated module, numbered, so that a failing module can be made smaller: a part that is left out
 * is still generated, so that all choices after it stay the same, but its bytes are taken back.
 */

/** A statement or an expression; what is inside it has the numbers from `id` + 1 to `last`. */
export interface Span {
  readonly id: number;
  readonly last: number;
}

export class Nodes {
  #next = 0;
  #left: ReadonlySet<number>;
  #spans: Span[] = [];
  #depth = 0;

  /** @param left the numbers of the parts to leave out. */
  constructor(left: ReadonlySet<number> = new Set()) {
    this.#left = left;
  }

  /** Every part that is not inside one that is left out. */
  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Numbers the part that `generate` writes; whether it is to be left out. */
  enclose(generate: () => void): boolean {
    const id = this.#next++;
    const isLeft = this.#left.has(id);
    if (isLeft) this.#depth++;
    generate();
    if (isLeft) this.#depth--;
    else if (this.#depth === 0) this.#spans.push({ id, last: this.#next - 1 });
    return isLeft;
  }
}
