/**
 * What has become of the bytes in flight (RFC 6675 3, RFC 8985 5.2): ranges in order of sequence, without gaps, each
 * with when it was sent last and what is known of it.
 *
 *   sendUnacknowledged                                    sendMaximum
 *   | range 0           | range 1: sacked | range 2: lost | range 3 |
 *                       ^ end             ^ end           ^ end     ^ end
 *
 *   chunk: | count 4 | 12 | range 16 | range 16 | ... |
 *
 * All that one turn sends is one range, so that a flight is a few ranges, and one flight of one turn needs none: the
 * chunk is taken when a second turn sends, or when something was lost, and given back when nothing is in flight.
 * Without a chunk, or at the limit of ranges, less is known and the retransmission timer does the rest.
 *
 * Tests: tcp.recovery.test.ts
 */
import { now } from "../../time/clock";
import { availableChunks, CHUNK_SIZE, giveChunk, takeChunk } from "../../memory/chunk";
import { Connection } from "./connection";
import { REASSEMBLY_RESERVE } from "./limits";

/** What is known of a range. */
export const enum Mark {
  None = 0,
  /** The peer has it. */
  Sacked = 1,
  /** It is not in the network any more, and has to be sent again. */
  Lost = 2,
  /** Sent again, at `sentAt`. */
  Resent = 4,
}

@final
@unmanaged
export class Range {
  sentAt: i64;
  end: u32;
  mark: Mark;
}

const RANGE_SIZE: usize = 16;
if (offsetof<Range>() != RANGE_SIZE) ERROR("a range has 16 bytes");
const HEADER: usize = 16;
const RANGE_LIMIT: u32 = (CHUNK_SIZE - <u32>HEADER) / <u32>RANGE_SIZE;

const NO_RANGE: Range = changetype<Range>(0);

export function rangeCount(connection: Connection): u32 {
  return load<u32>(connection.scoreboard);
}

export function rangeAt(connection: Connection, index: u32): Range {
  return changetype<Range>(connection.scoreboard + HEADER + <usize>index * RANGE_SIZE);
}

/** Where a range begins: where the one before it ends. */
export function rangeStart(connection: Connection, index: u32): u32 {
  return index == 0 ? connection.sendUnacknowledged : rangeAt(connection, index - 1).end;
}

/** Sees to it that there is a scoreboard for what is in flight. False: there is no chunk, or nothing to know. */
export function openScoreboard(connection: Connection): bool {
  if (connection.scoreboard != 0) return true;
  const end = connection.sendMaximum;
  if (connection.sendNext != end || connection.sendUnacknowledged == end) return false;
  if (availableChunks() <= REASSEMBLY_RESERVE) return false;
  connection.scoreboard = takeChunk();
  store<u32>(connection.scoreboard, 0);
  append(connection, end, connection.lastSentAt);
  return true;
}

export function closeScoreboard(connection: Connection): void {
  if (connection.scoreboard == 0) return;
  giveChunk(connection.scoreboard);
  connection.scoreboard = 0;
  connection.sackedBytes = 0;
  connection.lostBytes = 0;
}

/** New data is about to leave, up to `end`, while older is in flight. */
export function noteSent(connection: Connection, end: u32): void {
  if (connection.scoreboard == 0 && connection.lastSentAt == now()) return;
  if (openScoreboard(connection)) append(connection, end, now());
}

/** Everything that the peer is not known to have counts as lost; what it took back, if so, too (RFC 2018 8). */
export function markAllLost(connection: Connection): void {
  const reneged = (rangeAt(connection, 0).mark & Mark.Sacked) != 0;
  for (let index: u32 = 0; index < rangeCount(connection); index++) {
    const range = rangeAt(connection, index);
    if (reneged || (range.mark & Mark.Sacked) == 0) rangeAt(connection, index).mark = Mark.Lost;
  }
  recount(connection);
}

/** The index of the first lost range, or the number of ranges. */
export function firstLost(connection: Connection): u32 {
  const count = rangeCount(connection);
  let index: u32 = 0;
  while (index < count && (rangeAt(connection, index).mark & Mark.Lost) == 0) index++;
  return index;
}

/** The lost range `index` was sent again, up to `end`. */
export function noteResent(connection: Connection, index: u32, end: u32): void {
  // Where there is no room to tell the parts apart, the rest waits for the timer.
  if (rangeAt(connection, index).end != end) split(connection, index, end);
  const range = rangeAt(connection, index);
  if ((range.mark & Mark.Lost) != 0) connection.lostBytes -= range.end - rangeStart(connection, index);
  range.mark = Mark.Resent;
  range.sentAt = now();
}

/** Joins neighbours that nothing tells apart any more, and counts bytes by what is known of them. */
export function recount(connection: Connection): void {
  let sacked: u32 = 0;
  let lost: u32 = 0;
  let kept: u32 = 0;
  let start = connection.sendUnacknowledged;
  const count = rangeCount(connection);
  for (let index: u32 = 0; index < count; index++) {
    const range = rangeAt(connection, index);
    const bytes = range.end - start;
    start = range.end;
    if ((range.mark & Mark.Sacked) != 0) sacked += bytes;
    else if ((range.mark & Mark.Lost) != 0) lost += bytes;
    const previous = kept > 0 ? rangeAt(connection, kept - 1) : NO_RANGE;
    if (previous != null && isSameKind(previous, range)) {
      previous.end = range.end;
      continue;
    }
    if (kept != index)
      memory.copy(changetype<usize>(rangeAt(connection, kept)), changetype<usize>(range), RANGE_SIZE);
    kept++;
  }
  store<u32>(connection.scoreboard, kept);
  connection.sackedBytes = sacked;
  connection.lostBytes = lost;
}

/** When a range was sent matters only while it is on its way. */
function isSameKind(a: Range, b: Range): bool {
  if (((a.mark | b.mark) & (Mark.Sacked | Mark.Lost)) == 0) return a.mark == b.mark && a.sentAt == b.sentAt;
  return (a.mark & (Mark.Sacked | Mark.Lost)) == (b.mark & (Mark.Sacked | Mark.Lost));
}

function append(connection: Connection, end: u32, sentAt: i64): void {
  const count = rangeCount(connection);
  if (count > 0) {
    const last = rangeAt(connection, count - 1);
    const same = last.sentAt == sentAt && last.mark == Mark.None;
    if (same || count == RANGE_LIMIT) {
      // At the limit as if sent later than it was: it counts as lost later.
      last.end = end;
      last.sentAt = sentAt;
      last.mark = Mark.None;
      return;
    }
  }
  const range = rangeAt(connection, count);
  range.end = end;
  range.sentAt = sentAt;
  range.mark = Mark.None;
  store<u32>(connection.scoreboard, count + 1);
}

/** Cuts a range in two at `at`, within it. False: there is no room. */
export function split(connection: Connection, index: u32, at: u32): bool {
  const count = rangeCount(connection);
  if (count == RANGE_LIMIT) return false;
  const from = changetype<usize>(rangeAt(connection, index));
  memory.copy(from + RANGE_SIZE, from, <usize>(count - index) * RANGE_SIZE);
  rangeAt(connection, index).end = at;
  store<u32>(connection.scoreboard, count + 1);
  return true;
}

/** Takes off the first range, which has been acknowledged. */
export function dropFirstRange(connection: Connection): void {
  const count = rangeCount(connection) - 1;
  const first = changetype<usize>(rangeAt(connection, 0));
  memory.copy(first, first + RANGE_SIZE, <usize>count * RANGE_SIZE);
  store<u32>(connection.scoreboard, count);
}
