/**
 * Keep-alive (RFC 1122 4.2.3.6): whether a peer that has long been silent is still there. Off unless
 * `tcp.keepalive` says after how many seconds of silence to ask; then every `KEEP_ALIVE_INTERVAL`, until it answers
 * or `KEEP_ALIVE_LIMIT` questions are without answer.
 *
 * Tests: keep-alive.test.ts
 */
import { CloseReason } from "../../../abi/status";
import { now } from "../../time/clock";
import { clearAlarm, setAlarm } from "./alarm";
import { Alarm, Connection } from "./connection";
import { emitProbe, emitReset } from "./emission";
import { end } from "./lifetime";
import { KEEP_ALIVE_INTERVAL, KEEP_ALIVE_LIMIT } from "./limits";
import { Event, State } from "./state";

/** How long a peer may be silent, in ns; 0: for ever. */
let silence: i64 = 0;

export function startKeepAlive(silenceNs: i64): void {
  silence = silenceNs;
}

/** Nothing is in flight: no timer has anything to do but this one. */
export function rest(connection: Connection): void {
  if (silence == 0 || connection.state < State.Established) clearAlarm(connection);
  else setAlarm(connection, Alarm.KeepAlive, now() + silence);
}

export function keepAliveExpired(connection: Connection): void {
  const heard = connection.heardAt;
  if (now() - heard < silence) {
    connection.retries = 0;
    return setAlarm(connection, Alarm.KeepAlive, heard + silence);
  }
  connection.retries++;
  if (connection.retries > KEEP_ALIVE_LIMIT) {
    emitReset(connection);
    return end(connection, Event.Timeout, CloseReason.TimedOut);
  }
  emitProbe(connection);
  setAlarm(connection, Alarm.KeepAlive, now() + KEEP_ALIVE_INTERVAL);
}
