/**
 * The DHCP client's states as a pure table (RFC 2131 4.4, figure 5; without INIT-REBOOT, as nothing is remembered
 * from an earlier boot).
 *
 * Messages that come in a state that does not wait for them are ignored; timer events that a state cannot have are
 * impossible, and `stepLease` says so.
 */
import { panic } from "../../cpu/panic";

export const enum LeaseState {
  Init = 0,
  Selecting = 1,
  Requesting = 2,
  Bound = 3,
  Renewing = 4,
  Rebinding = 5,
}

export const enum LeaseEvent {
  Begun = 0,
  Offered = 1,
  Acknowledged = 2,
  Refused = 3,
  /** No answer in time. */
  TimedOut = 4,
  /** No answer however often asked. */
  GaveUp = 5,
  /** T1, T2 and the end of the lease. */
  RenewalDue = 6,
  RebindingDue = 7,
  Expired = 8,
}

const EVENTS: i32 = 9;

/** Effects, above the next state in the low 3 bits. */
export const SEND_DISCOVER: u8 = 0x08;
/** A request whose form follows from the next state (RFC 2131 4.3.6). */
export const SEND_REQUEST: u8 = 0x10;
/** Take the address into use. */
export const CONFIGURE: u8 = 0x20;
/** Stop to use the address. */
export const WITHDRAW: u8 = 0x40;
/** A new transaction: another id, and the count of tries starts again. */
export const AFRESH: u8 = 0x80;

const STATE_BITS: u8 = 7;
const IGNORED: u8 = 0;
const IMPOSSIBLE: u8 = 0xff;

const DISCOVER: u8 = (<u8>LeaseState.Selecting) | SEND_DISCOVER;
const AGAIN: u8 = DISCOVER | AFRESH;
const LOST: u8 = AGAIN | WITHDRAW;
const REQUEST: u8 = (<u8>LeaseState.Requesting) | SEND_REQUEST;
const CHOOSE: u8 = REQUEST | AFRESH;
const BIND: u8 = (<u8>LeaseState.Bound) | CONFIGURE;
const RENEW: u8 = (<u8>LeaseState.Renewing) | SEND_REQUEST;
const REBIND: u8 = (<u8>LeaseState.Rebinding) | SEND_REQUEST;
const ______: u8 = IGNORED;
const _NEVER: u8 = IMPOSSIBLE;

// prettier-ignore
const STEPS: StaticArray<u8> = [
  // Begun  Offered Acknow. Refused TimedOut  GaveUp  Renewal         Rebinding        Expired
  AGAIN,    ______, ______, ______, _NEVER,   _NEVER, _NEVER,         _NEVER,          _NEVER,  // Init
  _NEVER,   CHOOSE, ______, ______, DISCOVER, _NEVER, _NEVER,         _NEVER,          _NEVER,  // Selecting
  _NEVER,   ______, BIND,   AGAIN,  REQUEST,  AGAIN,  _NEVER,         _NEVER,          _NEVER,  // Requesting
  _NEVER,   ______, ______, ______, _NEVER,   _NEVER, RENEW | AFRESH, _NEVER,          _NEVER,  // Bound
  _NEVER,   ______, BIND,   LOST,   RENEW,    _NEVER, _NEVER,         REBIND | AFRESH, _NEVER,  // Renewing
  _NEVER,   ______, BIND,   LOST,   REBIND,   _NEVER, _NEVER,         _NEVER,          LOST,    // Rebinding
];

/** The next state and the effects in one byte; an ignored event has no effect and keeps the state. */
export function stepLease(state: LeaseState, event: LeaseEvent): u8 {
  const step = STEPS[<i32>state * EVENTS + <i32>event];
  if (step == IMPOSSIBLE) panic("dhcp: an event that this state cannot have");
  return step == IGNORED ? <u8>state : step;
}

export function stateOf(step: u8): LeaseState {
  return <LeaseState>(step & STATE_BITS);
}
