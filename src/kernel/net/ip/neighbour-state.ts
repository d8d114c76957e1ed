/**
 * What is believed about a neighbour's hardware address, as a table (in the spirit of RFC 4861 7.3.2, with ARP's
 * messages and RFC 1122 2.3.2.1's duty to forget).
 *
 *               Wanted        Heard         HeardOther        TimedOut        GaveUp
 *   Free        ask all       -             -                 -               -
 *   Incomplete  -             learn         learn             ask all         drop, Free
 *   Reachable   -             confirm       probe             -               -
 *   Aged        probe         confirm       probe             -               -
 *   Probing     -             confirm       -                 ask it          ask all, Incomplete
 *
 * `HeardOther` is an ARP packet that names another hardware address than the one known. A known neighbour is not
 * replaced on a stranger's word: it is asked first, and only its silence opens the place (compare RFC 5227 2.4).
 */
export const enum NeighbourState {
  Free = 0,
  Incomplete = 1,
  Reachable = 2,
  /** Was reachable, and has not confirmed it for a while. Still used. */
  Aged = 3,
  Probing = 4,
}

export const enum NeighbourEvent {
  /** There is a datagram for it. */
  Wanted = 0,
  Heard = 1,
  HeardOther = 2,
  TimedOut = 3,
  GaveUp = 4,
}

const EVENTS: i32 = 5;

/** Effects, beside the next state in the low 3 bits of a step. */
export const ASK_ALL: u8 = 0x08;
export const ASK_KNOWN: u8 = 0x10;
/** Take the hardware address, send what waits. */
export const LEARN: u8 = 0x20;
/** Give up what waits. */
export const DROP: u8 = 0x40;
/** The count of questions starts again. */
export const AFRESH: u8 = 0x80;

const STATE_BITS: u8 = 7;

const FREE: u8 = <u8>NeighbourState.Free;
const INCOMPLETE: u8 = <u8>NeighbourState.Incomplete;
const REACHABLE: u8 = <u8>NeighbourState.Reachable;
const AGED: u8 = <u8>NeighbourState.Aged;
const PROBING: u8 = <u8>NeighbourState.Probing;

// prettier-ignore
const STEPS: StaticArray<u8> = [
  // Wanted                       Heard              HeardOther                     TimedOut              GaveUp
  INCOMPLETE | ASK_ALL | AFRESH,  FREE,              FREE,                          FREE,                 FREE,
  INCOMPLETE,                     REACHABLE | LEARN, REACHABLE | LEARN,             INCOMPLETE | ASK_ALL, FREE | DROP,
  REACHABLE,                      REACHABLE | LEARN, PROBING | ASK_KNOWN | AFRESH,  REACHABLE,            REACHABLE,
  PROBING | ASK_KNOWN | AFRESH,   REACHABLE | LEARN, PROBING | ASK_KNOWN | AFRESH,  AGED,                 AGED,
  PROBING,                        REACHABLE | LEARN, PROBING,                       PROBING | ASK_KNOWN,  INCOMPLETE | ASK_ALL | AFRESH,
];

/** The next state and the effects, in one byte. */
export function stepNeighbour(state: NeighbourState, event: NeighbourEvent): u8 {
  return STEPS[<i32>state * EVENTS + <i32>event];
}

export function stateOf(step: u8): NeighbourState {
  return <NeighbourState>(step & STATE_BITS);
}
