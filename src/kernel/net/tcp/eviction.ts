/**
 * Room in a full table: connections in TIME-WAIT go first, oldest first, then one on which nothing has moved for
 * `IDLE_BEFORE_EVICTION`, be it that nobody has anything to say or that the peer takes nothing. `REST_BEFORE_EVICTION` is
 * enough where its owner has nothing under way: else a request each half a minute would keep a place for ever.
 *
 * Only a few blocks are looked at each time, from where the last search ended: a flood must not buy long searches.
 *
 * Tests: tcp.flood.test.ts
 */
import { now } from "../../time/clock";
import { Connection, NO_CONNECTION } from "./connection";
import { EVICTION_SEARCH, IDLE_BEFORE_EVICTION, REST_BEFORE_EVICTION } from "./limits";
import { State } from "./state";
import { connectionAt } from "./table";

let cursor: u32 = 0;

/** The connection that has stood still for longest among the next few, or none. */
export function findIdle(): Connection {
  let found = NO_CONNECTION;
  const time = now();
  let since = time;
  for (let step: u32 = 0; step < EVICTION_SEARCH; step++) {
    const connection = connectionAt(cursor);
    if (connection == null) {
      cursor = 0;
      continue;
    }
    cursor++;
    if (connection.state < State.Established || connection.state == State.TimeWait) continue;
    if (connection.progressAt > since || connection.progressAt > time - patienceWith(connection)) continue;
    since = connection.progressAt;
    found = connection;
  }
  return found;
}

function patienceWith(connection: Connection): i64 {
  const rests = connection.attached && connection.owner.rests(connection.user);
  return rests ? REST_BEFORE_EVICTION : IDLE_BEFORE_EVICTION;
}
