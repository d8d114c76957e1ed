/**
 * Selective acknowledgments, the receiver's side (RFC 2018 4): what is here beyond the first gap.
 *
 * The first block holds the data that came last, the others those before it, so that each is told several times.
 * Three places are remembered; blocks are looked up among the pieces when they are written, and what has been
 * delivered meanwhile is no longer found.
 *
 * Tests: tcp.selective.test.ts
 */
import { Connection } from "./connection";
import { emitBlock, emitBlockHeader, SACK_BLOCK, SACK_HEADER } from "./options";
import { Piece } from "./reassembly";
import { atOrAfter, before } from "./sequence";

const REMEMBERED: u32 = 3;
/** Starts of the blocks in the segment being written. */
const written: usize = memory.data(12, 4);

/** What `findBlock` found. */
let blockFirst: u32 = 0;
let blockLast: u32 = 0;

/** Data out of order came, `sequence` its first. */
export function noteArrival(connection: Connection, sequence: u32): void {
  if (!findBlock(connection, sequence)) return; // it was not kept
  if (!isInBlock(connection.latestPiece)) {
    if (!isInBlock(connection.laterPiece)) connection.latePiece = connection.laterPiece;
    connection.laterPiece = connection.latestPiece;
  }
  connection.latestPiece = sequence;
}

/** `length` bytes from `sequence` on came that were here already. */
export function noteDuplicate(connection: Connection, sequence: u32, length: u32): void {
  connection.duplicateFirst = sequence;
  connection.duplicateEnd = sequence + length;
}

/** Writes the option into at most `room` bytes: how many it takes. */
export function emitSelective(connection: Connection, pointer: usize, room: u32): u32 {
  if (room < SACK_HEADER + SACK_BLOCK) return 0;
  const limit = min((room - SACK_HEADER) / SACK_BLOCK, REMEMBERED);
  const blocks = pointer + SACK_HEADER;
  let count = addDuplicate(connection, blocks);
  if (count < limit) count = add(connection, blocks, count, connection.latestPiece);
  if (count < limit) count = add(connection, blocks, count, connection.laterPiece);
  if (count < limit) count = add(connection, blocks, count, connection.latePiece);
  if (count == 0) return 0;
  emitBlockHeader(pointer, count);
  return SACK_HEADER + count * SACK_BLOCK;
}

/** What came twice stands first, and so is known (RFC 2883 4). */
function addDuplicate(connection: Connection, blocks: usize): u32 {
  if (connection.duplicateFirst == connection.duplicateEnd) return 0;
  store<u32>(written, connection.duplicateFirst);
  emitBlock(blocks, 0, connection.duplicateFirst, connection.duplicateEnd);
  return 1;
}

/** Writes the block around `sequence` as the one after `count` others, unless it is one of them. */
function add(connection: Connection, blocks: usize, count: u32, sequence: u32): u32 {
  if (!findBlock(connection, sequence)) return count;
  for (let index: u32 = 0; index < count; index++) {
    if (load<u32>(written + index * sizeof<u32>()) == blockFirst) return count;
  }
  store<u32>(written + count * sizeof<u32>(), blockFirst);
  emitBlock(blocks, count, blockFirst, blockLast);
  return count + 1;
}

/** Finds the run of pieces that holds `sequence`. Bounded by the pieces, `REASSEMBLY_LIMIT` at most. */
function findBlock(connection: Connection, sequence: u32): bool {
  let piece = changetype<Piece>(connection.reassemblyHead);
  while (piece != null) {
    blockFirst = piece.sequence;
    blockLast = piece.end;
    piece = changetype<Piece>(piece.next);
    while (piece != null && piece.sequence == blockLast) {
      blockLast = piece.end;
      piece = changetype<Piece>(piece.next);
    }
    if (isInBlock(sequence)) return true;
  }
  return false;
}

function isInBlock(sequence: u32): bool {
  return atOrAfter(sequence, blockFirst) && before(sequence, blockLast);
}
