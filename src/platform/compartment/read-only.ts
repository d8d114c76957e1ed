/** Read-only data of a platform's code, gathered while the code is written: `Place.ReadOnly`. */
import type { ReadOnlyPart } from "../../linker/platform.ts";

export class ReadOnlyData {
  /** What was added for others than the platform's code, in order. */
  readonly parts: ReadOnlyPart[] = [];
  #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #end = 0;

  /** The bytes' offset in `Place.ReadOnly`. */
  add(bytes: Uint8Array, alignment = 8): number {
    const offset = (this.#end + alignment - 1) & -alignment;
    this.#pieces.push({ offset, bytes });
    this.#end = offset + bytes.length;
    return offset;
  }

  /** As `add`, of what those who account for the image's bytes want to see by itself. */
  addPart({ owner, kind }: Pick<ReadOnlyPart, "owner" | "kind">, bytes: Uint8Array, alignment = 8): number {
    const offset = this.add(bytes, alignment);
    if (bytes.length > 0) this.parts.push({ owner, kind, offset, sizeBytes: bytes.length });
    return offset;
  }

  addText(text: string): number {
    return this.add(new TextEncoder().encode(text), 1);
  }

  /** u32 each. */
  addWords(words: readonly number[]): number {
    return this.add(new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer));
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#end);
    for (const piece of this.#pieces) bytes.set(piece.bytes, piece.offset);
    return bytes;
  }
}
