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
    const free = pending.find((move) => !isSource(move.to, pending));
    if (free !== undefined) {
      writer.transfer(free);
      pending = pending.filter((move) => move !== free);
    } else pending = breakCycle(pending, writer);
  }
}

function isSource(place: number, pending: readonly Transfer[]): boolean {
  return pending.some((move) => move.constant === undefined && move.from === place && move.to !== place);
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
