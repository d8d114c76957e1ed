/**
 * The connection's state machine (RFC 9293 3.3.2, figure 5) as one table.
 *
 * `next` is pure: what a transition makes the connection do stands where the event is found. Two events of one
 * segment are two steps: an acknowledgment of our FIN first, then the peer's FIN. A pair without a meaning is
 * `State.Illegal`, never "stay": whoever raises an event has checked that the state allows it.
 *
 * Tests: state.test.ts
 */
export const enum State {
  Closed = 0,
  Listen = 1,
  SynSent = 2,
  SynReceived = 3,
  Established = 4,
  FinWait1 = 5,
  FinWait2 = 6,
  CloseWait = 7,
  Closing = 8,
  LastAck = 9,
  TimeWait = 10,
  Illegal = 15,
}

export const enum Event {
  PassiveOpen = 0,
  ActiveOpen = 1,
  /** The peer's SYN, alone: a request, or the second half of a simultaneous open. */
  Syn = 2,
  /** The peer's SYN together with the acknowledgment of ours. */
  SynAck = 3,
  AckOfSyn = 4,
  /** The peer's FIN, with everything before it. */
  Fin = 5,
  /** Our FIN has been acknowledged. */
  AckOfFin = 6,
  /** This side will send no more. */
  Close = 7,
  Reset = 8,
  Abort = 9,
  /** Two segment lifetimes passed, or the peer stayed silent for too long. */
  Timeout = 10,
}

const EVENTS: u32 = 11;
const X: u8 = 15; // Illegal

// prettier-ignore
const TABLE = memory.data<u8>([
// Passive Active Syn Syn+Ack AckOfSyn Fin AckOfFin Close Reset Abort Timeout
   1,      2,     X,  X,      X,       X,  X,       X,    X,    X,    X, // Closed
   X,      2,     3,  X,      X,       X,  X,       0,    X,    0,    X, // Listen
   X,      X,     3,  4,      X,       X,  X,       0,    0,    0,    0, // SynSent
   X,      X,     X,  X,      4,       7,  X,       5,    0,    0,    0, // SynReceived
   X,      X,     X,  X,      X,       7,  X,       5,    0,    0,    0, // Established
   X,      X,     X,  X,      X,       8,  6,       X,    0,    0,    0, // FinWait1
   X,      X,     X,  X,      X,      10,  X,       X,    0,    0,    0, // FinWait2
   X,      X,     X,  X,      X,       X,  X,       9,    0,    0,    0, // CloseWait
   X,      X,     X,  X,      X,       X, 10,       X,    0,    0,    0, // Closing
   X,      X,     X,  X,      X,       X,  0,       X,    0,    0,    0, // LastAck
   X,      X,     X,  X,      X,       X,  X,       X,    0,    0,    0, // TimeWait
]);

/** The state after `event`, or `State.Illegal` where the event has no meaning. */
export function next(state: State, event: Event): State {
  return load<u8>(TABLE + <usize>(<u32>state * EVENTS + <u32>event));
}

/** The peer may still send bytes that this side has not seen. */
export function receives(state: State): bool {
  return state == State.Established || state == State.FinWait1 || state == State.FinWait2;
}

/** Bytes that this side has written may still leave. */
export function sends(state: State): bool {
  return (
    state == State.Established ||
    state == State.CloseWait ||
    state == State.FinWait1 ||
    state == State.Closing ||
    state == State.LastAck
  );
}

/** This side has not said that it will send no more. */
export function writes(state: State): bool {
  return (
    state == State.Established ||
    state == State.CloseWait ||
    state == State.SynSent ||
    state == State.SynReceived
  );
}
