/**
 * Moves that happen at once, put into an order: first those whose target nobody still reads; a cycle is broken by
 * an exchange, or by saving one value in the scratch register or on top of the stack.
 */
import { FIRST_VECTOR } from "../instruction.ts";
import { VECTOR_SCRATCH } from "../../../x64/register.ts";
import { isSlot, SAVED, type Transfer } from "./place.ts";

const SCRATCH = FIRST_VECTOR + VECTOR_SCRATCH;

export interface MoveWriter {
  transfer(transfer: Transfer): void;
  exchange(a: number, b: number): void;
  /** Saves what is at `place` on the stack; the transfer that reads `SAVED` takes it from there. */
  save(place: number, transfer: Transfer): void;
}

export function orderMoves(moves: Transfer[], writer: MoveWriter): void {
  let pending = moves.filter((move) => move.constant !== undefined || move.from !== move.to);
  while (pending.length > 0) {
    pending = writeFree(pending, writer);
    if (pending.length > 0) pending = breakCycle(pending, writer);
  }
}

/** Writes what can be written, each as soon as the last one that reads its target is; gives the rest: cycles. */
function writeFree(pending: readonly Transfer[], writer: MoveWriter): Transfer[] {
  const readers = new Map<number, number>();
  const writers = new Map<number, Transfer>();
  for (const move of pending) {
    writers.set(move.to, move);
    if (move.constant === undefined) readers.set(move.from, (readers.get(move.from) ?? 0) + 1);
  }
  const free = pending.filter((move) => !readers.has(move.to));
  const written = new Set<Transfer>();
  // It grows while it is read.
  for (const move of free) {
    writer.transfer(move);
    written.add(move);
    if (move.constant !== undefined) continue;
    const left = readers.get(move.from)! - 1;
    readers.set(move.from, left);
    const next = writers.get(move.from);
    if (left === 0 && next !== undefined) free.push(next);
  }
  return pending.filter((move) => !written.has(move));
}

function breakCycle(pending: Transfer[], writer: MoveWriter): Transfer[] {
  const first = pending[0]!;
  const cycle = cycleOf(first, pending);
  const readers = pending.filter((move) => move.constant === undefined && move.from === first.to);
  if (cycle.every((move) => !isSlot(move.to)) && !first.isVector) {
    writer.exchange(first.from, first.to);
    const source = first.from;
    // Both have changed places, for everyone who reads either.
    for (const move of pending) {
      if (move === first || move.constant !== undefined) continue;
      if (move.from === source) move.from = first.to;
      else if (move.from === first.to) move.from = source;
    }
    return pending.filter((move) => move !== first && move.from !== move.to);
  }
  if (cycle.every((move) => !isSlot(move.to))) {
    writer.transfer({ ...first, from: first.to, to: SCRATCH, fromBytes: 16, toBytes: 16 });
    for (const move of readers) move.from = SCRATCH;
    return pending;
  }
  // Only one may read what is saved: others get it from that one's target afterwards, so they wait for it.
  writer.save(first.to, readers[0]!);
  readers[0]!.from = SAVED;
  return pending;
}

function cycleOf(first: Transfer, pending: readonly Transfer[]): Transfer[] {
  const cycle = [first];
  for (let at = first; ;) {
    const next = pending.find((move) => move.constant === undefined && move.from === at.to);
    if (next === undefined || cycle.includes(next)) return cycle;
    cycle.push(next);
    at = next;
  }
}
