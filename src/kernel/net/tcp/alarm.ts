/**
 * Arming a connection's two timers.
 *
 * The long one serves retransmission, persist and TIME-WAIT, which exclude each other. It is armed lazily: a new,
 * later deadline is only written down, and the timer that fires too early is armed again then. So a request and its
 * response cost no work on the wheel.
 */
import { arm, disarm, isArmed } from "../../time/wheel";
import { Alarm, Connection } from "./connection";

export const LONG_TIMER: u32 = 0;
export const SHORT_TIMER: u32 = 1;

export function setAlarm(connection: Connection, alarm: Alarm, deadline: i64): void {
  connection.alarm = alarm;
  connection.alarmAt = deadline;
  if (connection.armedFor != 0 && connection.armedFor <= deadline) return;
  connection.armedFor = deadline;
  arm(connection.longTimer, deadline);
}

export function clearAlarm(connection: Connection): void {
  connection.alarm = Alarm.None;
}

/** Arms the short timer, unless it is: it may fire earlier than asked. */
export function setShortTimer(connection: Connection, deadline: i64): void {
  if (!isArmed(connection.shortTimer)) arm(connection.shortTimer, deadline);
}

export function disarmTimers(connection: Connection): void {
  disarm(connection.longTimer);
  disarm(connection.shortTimer);
  connection.armedFor = 0;
  connection.alarm = Alarm.None;
}
