/**
 * A compartment for every tenant: a key in the request says whose it is.
 *
 * The key is the host asked for, in lower case and without a port, or the value of a field, as it is. A tenant that has
 * no compartment gets one (`tenant-table.ts`); where there is none, 503. So is one with its share of all connections:
 * it may have as many requests and sockets open as places are free of any, and so half of all at most.
 *
 * Tests: tests/security/image-tenants.test.ts
 */
import { Keeper, isOverShare, renew, setKeeper } from "../app/renew";
import { isDown, stateOf } from "../app/compartments";
import { findNumber } from "../configuration";
import { writeConsole } from "../console/output";
import { report } from "../cpu/report";
import { hostLength } from "./authority";
import { toLower } from "./characters";
import { Connection } from "./connection";
import { Dispatcher, setDispatcher } from "./dispatch";
import { CONNECTION_LIMIT } from "./limits";
import {
  admitTenant,
  findTenant,
  key,
  KEY_LIMIT,
  keyLength,
  NOBODY,
  noteServed,
  setKeyLength,
  startTenants,
  tenantAt,
  wasTaken,
} from "./tenant-table";
import { Verdict } from "./verdict";

const ERRORS: i32 = 2;

/** Name of the field that holds the key, in lower case. */
let fieldName: string = "host";
let isHost: bool = true;
/** Connections that there may be, and those that a tenant's request or socket has. */
let places: u32 = 0;
let placesTaken: u32 = 0;

class ByTenant extends Dispatcher {
  isReady(): bool {
    return true;
  }

  choose(connection: Connection): i32 {
    if (!findKey(connection)) return -(<i32>Verdict.BadRequest);
    let who = findTenant();
    if (who == NOBODY) {
      who = admitTenant();
      if (who == NOBODY) return -(<i32>Verdict.Unavailable);
      // The first is begun at boot, and nobody had it.
      if ((who != 0 || wasTaken) && !renew(who)) return -(<i32>Verdict.InternalError);
    } else {
      // What it left is let go of at the top of the next turn.
      if (stateOf(who).listed) return -(<i32>Verdict.Unavailable);
      if (isDown(who) && !renew(who)) return -(<i32>Verdict.InternalError);
    }
    if (stateOf(who).open >= places - placesTaken) return -(<i32>Verdict.Unavailable);
    if (isOverShare(who)) return -(<i32>Verdict.Unavailable);
    placesTaken++;
    return <i32>who;
  }

  answered(who: u32): void {
    noteServed(who);
  }

  ended(_who: u32): void {
    placesTaken--;
  }
}

class TenantKeeper extends Keeper {
  describe(who: u32): void {
    report("tenant ");
    const tenant = tenantAt(who);
    // What peers send may hold anything: a report is one line of text.
    for (let index: u32 = 0; index < tenant.keyLength; index++) {
      const character = load<u8>(tenant.key + index);
      if (character < 0x21 || character > 0x7e) store<u8>(key + index, 0x3f);
      else store<u8>(key + index, character);
    }
    writeConsole(ERRORS, key, tenant.keyLength);
  }

  /** It begins when its tenant is heard of again. */
  lost(_who: u32): void {}

  tend(): bool {
    return false;
  }

  waits(): bool {
    return false;
  }
}

// The key ---------------------------------------------------------------------------------------------------

/** The one field that holds the key; two of them, or none, or an empty one, name nobody. */
function findKey(connection: Connection): bool {
  setKeyLength(0);
  let found = false;
  for (let index: u32 = 0; index < connection.fieldCount; index++) {
    const field = connection.field(index);
    if (!isField(connection.head + <usize>(field & 0xffff), (<u32>(field >> 16)) & 0xffff)) continue;
    if (found) return false;
    found = true;
    if (!keepKey(connection.head + <usize>((field >> 32) & 0xffff), <u32>(field >> 48))) return false;
  }
  return keyLength != 0;
}

function isField(name: usize, length: u32): bool {
  if (length != <u32>fieldName.length) return false;
  for (let index: u32 = 0; index < length; index++) {
    if (toLower(load<u8>(name + index)) != <u8>fieldName.charCodeAt(<i32>index)) return false;
  }
  return true;
}

function keepKey(value: usize, length: u32): bool {
  const size = isHost ? hostLength(value, length) : length;
  if (size > KEY_LIMIT) return false;
  setKeyLength(size);
  for (let index: u32 = 0; index < size; index++) {
    const character = load<u8>(value + index);
    store<u8>(key + index, isHost ? toLower(character) : character);
  }
  return true;
}

/** `name`: of the field that holds the key, in lower case. */
export function startByTenant(name: string): void {
  fieldName = name;
  isHost = name == "host";
  places = min(findNumber("tcp.connections", CONNECTION_LIMIT), CONNECTION_LIMIT);
  startTenants();
  setKeeper(new TenantKeeper());
  setDispatcher(new ByTenant());
}
