/**
 * The border between what carries bytes (TCP, later TLS) and what speaks over them (HTTP, the app's sockets).
 *
 * A provider names a stream by a handle that is an address or an id of its own; an owner names its side by a
 * `user` word that it chose. Neither looks inside the other's. Calls go both ways within one turn, so each side
 * must be consistent before it calls the other.
 *
 *   provider ── opened received writable finished closed ──► owner
 *   provider ◄── space write place outstanding resume shutdown abort ── owner
 */
import { CloseReason } from "../../abi/status";

export abstract class StreamOwner {
  /**
   * A peer opened a stream. Answers the `user` word for all later calls, or 0 to refuse the stream.
   */
  abstract opened(provider: StreamProvider, handle: usize): usize;

  /** A stream this side asked for is open. */
  abstract connected(user: usize): void;

  /**
   * Bytes have come, in order. Answers how many it has done with. The provider keeps the others and offers them
   * again, with what follows them, at the next arrival or `resume`. The bytes live only during the call.
   */
  abstract received(user: usize, pointer: usize, length: u32): u32;

  /** There is room to write again after `write` took less than it was given. */
  abstract writable(user: usize): void;

  /** The peer will send no more, and all its bytes have been taken. */
  abstract finished(user: usize): void;

  /** Whether nothing is under way on the stream, so that it may go first where places are short. */
  rests(_user: usize): bool {
    return false;
  }

  /** How many streams divide what one of them may hold, where bytes are scarce. */
  sharers(_user: usize): u32 {
    return 1;
  }

  /** The stream is gone: the handle must not be used again. The last call for this `user`. */
  abstract closed(user: usize, reason: CloseReason): void;
}

export abstract class StreamProvider {
  /** How many bytes `write` would take now. */
  abstract space(handle: usize): u32;

  /** Takes a copy of at most `length` bytes to send; how many. They leave at the end of the turn. */
  abstract write(handle: usize, pointer: usize, length: u32): u32;

  /** As `write`, of the app's bytes that the running service call lent. */
  abstract writeFromApp(handle: usize, appPointer: usize, length: u32): u32;

  /**
   * Where `length` bytes to send may be made, all in one piece, instead of being written; 0: nowhere now. The place is
   * good until the next call.
   */
  abstract place(handle: usize, length: u32): usize;

  /** The first `length` bytes where `place` said are to be sent. */
  abstract placed(handle: usize, length: u32): void;

  /** How many of the bytes written the peer has not acknowledged yet. */
  abstract outstanding(handle: usize): u32;

  /** Offers again, before this turn ends, what `received` left. */
  abstract resume(handle: usize): void;

  /** No more will be written: the peer learns so after what is queued. Reading goes on. */
  abstract shutdown(handle: usize): void;

  /** The stream is another owner's from now on, which is told of all that follows as `user`. */
  abstract hand(handle: usize, owner: StreamOwner, user: usize): void;

  /** Ends the stream at once; the peer sees a reset. `closed` follows with `Aborted`. */
  abstract abort(handle: usize): void;

  /** Writes the peer's address, 16 bytes IPv4-mapped, and port, 2 bytes big-endian, at `pointer`. */
  abstract remote(handle: usize, pointer: usize): void;
}
