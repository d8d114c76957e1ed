/**
 * Bytes that stand in several places and go as one: the text of a long frame, in the chunks of the queue that holds it,
 * behind headers that stand elsewhere.
 *
 *   | count | bytes | end | 4 spare | head | piece | piece ...       each of them: | pointer | length |
 *
 * Those that follow each other in memory become one: the fewer they are, the faster is who copies them.
 *
 * The head's place is for who sends them: what goes before the pieces, so that head and pieces are one list.
 *
 * Never:  owns what it names; a list is good until any of it changes.
 * Tests:  byte-queue.test.ts
 */
import { PIECES_LIMIT } from "../../abi/net";

const PIECE_SIZE: usize = 8;
const HEAD_AT: usize = 16;
const PIECES_AT: usize = HEAD_AT + PIECE_SIZE;
export const PIECES_SIZE: usize = HEAD_AT + <usize>PIECES_LIMIT * PIECE_SIZE;

@final
@unmanaged
export class Pieces {
  /** Without the head. */
  count: u32;
  bytes: u32;
  /** Of the last piece; 0: there is none. */
  end: u32;

  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.end = 0;
  }

  /** Adds a piece behind those that are there, `PIECES_LIMIT` at most with the head. */
  add(pointer: usize, length: u32): void {
    let piece = changetype<usize>(this) + PIECES_AT + <usize>this.count * PIECE_SIZE;
    if (<u32>pointer == this.end) {
      piece -= PIECE_SIZE;
      store<u32>(piece, load<u32>(piece, 4) + length, 4);
    } else {
      assert(this.count + 1 < <u32>PIECES_LIMIT, "pieces: the list has room");
      store<u32>(piece, <u32>pointer);
      store<u32>(piece, length, 4);
      this.count++;
    }
    this.end = <u32>pointer + length;
    this.bytes += length;
  }

  /** The whole as a list of `count + 1` pairs, of which the first is this head. */
  behind(head: usize, length: u32): usize {
    const list = changetype<usize>(this) + HEAD_AT;
    store<u32>(list, <u32>head);
    store<u32>(list, length, 4);
    return list;
  }

  /** For who needs them in one place. */
  copyTo(target: usize): void {
    let piece = changetype<usize>(this) + PIECES_AT;
    for (let left = this.count; left != 0; left--) {
      const length = load<u32>(piece, 4);
      memory.copy(target, load<u32>(piece), length);
      target += length;
      piece += PIECE_SIZE;
    }
  }
}
