/** The connections' timers come due. */
import { now } from "../../time/clock";
import { Timer, TimerOwner } from "../../time/wheel";
import { LONG_TIMER, setAlarm } from "./alarm";
import { Alarm, Connection } from "./connection";
import { acknowledgeSoon } from "./delayed-ack";
import { tellWritable } from "./input";
import { keepAliveExpired } from "./keep-alive";
import { close } from "./lifetime";
import { reorderingExpired } from "./recovery";
import { persistExpired, retransmissionExpired } from "./retransmission";
import { Event } from "./state";
import { probeExpired } from "./tail-probe";

export class ConnectionTimers extends TimerOwner {
  expired(timer: Timer): void {
    const connection = changetype<Connection>(timer.user);
    if (timer.kind == LONG_TIMER) return longExpired(connection);
    if (connection.acknowledgmentOwed) acknowledgeSoon(connection);
    if (connection.wantsWritable) tellWritable(connection);
  }
}

function longExpired(connection: Connection): void {
  const alarm = connection.alarm;
  connection.armedFor = 0;
  if (alarm == Alarm.None) return;
  if (connection.alarmAt > now()) return setAlarm(connection, alarm, connection.alarmAt);
  connection.alarm = Alarm.None;
  if (alarm == Alarm.Retransmission) retransmissionExpired(connection);
  else if (alarm == Alarm.Persist) persistExpired(connection);
  else if (alarm == Alarm.Reordering) reorderingExpired(connection);
  else if (alarm == Alarm.TailProbe) probeExpired(connection);
  else if (alarm == Alarm.KeepAlive) keepAliveExpired(connection);
  else close(connection, Event.Timeout);
}
