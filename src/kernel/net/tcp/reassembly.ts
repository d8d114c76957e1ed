/**
 * Bytes that came before those in front of them: pieces in chunks, sorted by sequence, never overlapping.
 *
 *   chunk: | next 4 | sequence 4 | length 4 | 4 | bytes ... |
 *
 * What came first is kept: a later copy of the same sequence numbers only fills gaps. A piece that continues the
 * one before it goes into the same chunk. Pieces and chunks are bounded, for a connection and for all, and when
 * chunks are scarce nothing is kept: the peer sends it again. A byte with a gap before it costs a whole chunk, and
 * its sender nothing, so all pieces together have half of the chunks at most.
 *
 * Tests: reassembly.test.ts
 */
import { availableChunks, CHUNK_SIZE, chunkLimit, giveChunk, takeChunk } from "../../memory/chunk";
import { Connection } from "./connection";
import { REASSEMBLY_LIMIT, REASSEMBLY_RESERVE } from "./limits";
import { after, atOrBefore, before } from "./sequence";

@final
@unmanaged
export class Piece {
  next: usize;
  sequence: u32;
  length: u32;
  unused: u32;

  get bytes(): usize {
    return changetype<usize>(this) + PIECE_HEADER;
  }

  get end(): u32 {
    return this.sequence + this.length;
  }
}

const PIECE_HEADER: usize = offsetof<Piece>();
const PIECE_LIMIT: u32 = CHUNK_SIZE - <u32>PIECE_HEADER;
const NO_PIECE: Piece = changetype<Piece>(0);

/** Of all connections. */
let pieces: u32 = 0;

/** Keeps what is new of `length` bytes at `pointer` that begin at `sequence`, as far as the limits allow. */
export function keep(connection: Connection, sequence: u32, pointer: usize, length: u32): void {
  const end = sequence + length;
  let previous = NO_PIECE;
  let at = changetype<Piece>(connection.reassemblyHead);
  // Data mostly comes in the order it was sent, so the usual place is the tail.
  const tail = changetype<Piece>(connection.reassemblyTail);
  if (tail != null && atOrBefore(tail.end, sequence)) {
    previous = tail;
    at = NO_PIECE;
  }
  // Bounded: each step passes a piece, of which there are at most `REASSEMBLY_LIMIT`, or ends.
  while (before(sequence, end)) {
    while (at != null && atOrBefore(at.end, sequence)) {
      previous = at;
      at = changetype<Piece>(at.next);
    }
    const gapEnd = at != null && before(at.sequence, end) ? at.sequence : end;
    if (after(gapEnd, sequence)) {
      const count = gapEnd - sequence;
      previous = insert(connection, previous, sequence, pointer, count);
      if (previous == null) return;
      pointer += count;
      sequence = gapEnd;
    }
    if (at == null || !before(sequence, end)) return;
    const skipped = at.end - sequence;
    pointer += skipped;
    sequence = at.end;
  }
}

/** The first piece when it holds bytes at or before `receiveNext`, else none. Wholly old pieces are dropped. */
export function readyPiece(connection: Connection): Piece {
  let piece = changetype<Piece>(connection.reassemblyHead);
  while (piece != null && atOrBefore(piece.sequence, connection.receiveNext)) {
    if (after(piece.end, connection.receiveNext)) return piece;
    dropFirstPiece(connection);
    piece = changetype<Piece>(connection.reassemblyHead);
  }
  return NO_PIECE;
}

export function dropFirstPiece(connection: Connection): void {
  const head = connection.reassemblyHead;
  const following = changetype<Piece>(head).next;
  connection.reassemblyHead = following;
  if (following == 0) connection.reassemblyTail = 0;
  connection.reassemblyCount--;
  pieces--;
  giveChunk(head);
}

export function dropPieces(connection: Connection): void {
  while (connection.reassemblyHead != 0) dropFirstPiece(connection);
}

/** Puts bytes that overlap nothing after `previous`: the last piece written to, or none at a limit. */
function insert(connection: Connection, previous: Piece, sequence: u32, pointer: usize, count: u32): Piece {
  if (previous != null && previous.end == sequence) {
    const part = min<u32>(count, PIECE_LIMIT - previous.length);
    memory.copy(previous.bytes + previous.length, pointer, part);
    previous.length += part;
    pointer += part;
    sequence += part;
    count -= part;
  }
  while (count > 0) {
    if (connection.reassemblyCount == REASSEMBLY_LIMIT) return NO_PIECE;
    if (pieces >= chunkLimit() / 2 || availableChunks() <= REASSEMBLY_RESERVE) return NO_PIECE;
    const piece = changetype<Piece>(takeChunk());
    const part = min<u32>(count, PIECE_LIMIT);
    piece.sequence = sequence;
    piece.length = part;
    memory.copy(piece.bytes, pointer, part);
    link(connection, previous, piece);
    previous = piece;
    pointer += part;
    sequence += part;
    count -= part;
  }
  return previous;
}

function link(connection: Connection, previous: Piece, piece: Piece): void {
  const address = changetype<usize>(piece);
  if (previous == null) {
    piece.next = connection.reassemblyHead;
    connection.reassemblyHead = address;
  } else {
    piece.next = previous.next;
    previous.next = address;
  }
  if (piece.next == 0) connection.reassemblyTail = address;
  connection.reassemblyCount++;
  pieces++;
}
