/**
 * A compartment for every tenant: a key in the request says whose it is.
 *
 * The key is the host asked for, in lower case and without a port, or the value of a field, as it is. A tenant that has
 * no compartment gets one that was never used, or that of the tenant that was heard of the longest time ago and has no
 * request open; where there is none, 503.
 *
 *   a tenant   | links of its bucket and by use | key's length | bucket | key, KEY_LIMIT bytes |   by its compartment
 *
 * Tests: tests/security/image-tenants.test.ts
 */
import { Keeper, isOverShare, renew, setKeeper } from "../app/renew";
import { compartments, isDown, stateOf } from "../app/compartments";
import { writeConsole } from "../console/output";
import { report } from "../cpu/report";
import { randomU32 } from "../entropy/random";
import { reserve } from "../memory/arena";
import { hostLength } from "./authority";
import { toLower } from "./characters";
import { Connection } from "./connection";
import { Dispatcher, setDispatcher } from "./dispatch";
import { Verdict } from "./verdict";

/** A longer key is refused. */
const KEY_LIMIT: u32 = 128;
const NONE: u32 = u32.MAX_VALUE;
const ERRORS: i32 = 2;

@final
@unmanaged
class Tenant {
  /** First, so that a link is where the bucket's first word is. */
  nextInBucket: u32;
  /** Towards those that were heard of longer ago. */
  older: u32;
  newer: u32;
  keyLength: u32;
  bucket: usize;

  get key(): usize {
    return changetype<usize>(this) + offsetof<Tenant>();
  }
}

const TENANT_SIZE: usize = offsetof<Tenant>() + <usize>KEY_LIMIT;

let tenants: usize = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let seed: u32 = 0;
let newest: u32 = NONE;
let oldest: u32 = NONE;
/** The first that was never used. */
let unused: u32 = 0;

/** Name of the field that holds the key, in lower case. */
let fieldName: string = "host";
let isHost: bool = true;

/** The key of the request that is looked at. */
const key: usize = memory.data(128);
let keyLength: u32 = 0;

function tenantAt(who: u32): Tenant {
  return changetype<Tenant>(tenants + <usize>who * TENANT_SIZE);
}

class ByTenant extends Dispatcher {
  isReady(): bool {
    return true;
  }

  choose(connection: Connection): i32 {
    if (!findKey(connection)) return -(<i32>Verdict.BadRequest);
    const bucket = bucketOf();
    let who = findTenant(bucket);
    if (who == NONE) {
      who = takePlace();
      if (who == NONE) return -(<i32>Verdict.Unavailable);
      settle(who, bucket);
      // The first is begun at boot, and nobody had it.
      if ((who != 0 || unusedBefore) && !renew(who)) return -(<i32>Verdict.InternalError);
    } else {
      leaveUse(who);
      enterUse(who);
      // What it left is let go of at the top of the next turn.
      if (stateOf(who).listed) return -(<i32>Verdict.Unavailable);
      if (isDown(who) && !renew(who)) return -(<i32>Verdict.InternalError);
    }
    return isOverShare(who) ? -(<i32>Verdict.Unavailable) : <i32>who;
  }

  ended(_who: u32): void {}
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
  keyLength = 0;
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
  keyLength = size;
  for (let index: u32 = 0; index < size; index++) {
    const character = load<u8>(value + index);
    store<u8>(key + index, isHost ? toLower(character) : character);
  }
  return true;
}

// The table -------------------------------------------------------------------------------------------------

/** FNV-1a, begun with a number that peers do not know. */
function bucketOf(): usize {
  let hash = seed;
  for (let index: u32 = 0; index < keyLength; index++) hash = (hash ^ load<u8>(key + index)) * 0x01000193;
  return buckets + <usize>((hash ^ (hash >> 15)) & bucketMask) * sizeof<u32>();
}

function findTenant(bucket: usize): u32 {
  let who = load<u32>(bucket);
  while (who != NONE) {
    const tenant = tenantAt(who);
    if (tenant.keyLength == keyLength && memory.compare(tenant.key, key, keyLength) == 0) return who;
    who = tenant.nextInBucket;
  }
  return NONE;
}

/** The place that was just taken had another tenant before. */
let unusedBefore: bool = false;

/** A compartment that nobody has. */
function takePlace(): u32 {
  unusedBefore = false;
  if (unused < compartments()) return unused++;
  unusedBefore = true;
  for (let who = oldest; who != NONE; who = tenantAt(who).newer) {
    if (stateOf(who).open != 0) continue;
    forget(who);
    return who;
  }
  return NONE;
}

function settle(who: u32, bucket: usize): void {
  const tenant = tenantAt(who);
  memory.copy(tenant.key, key, keyLength);
  tenant.keyLength = keyLength;
  tenant.bucket = bucket;
  tenant.nextInBucket = load<u32>(bucket);
  store<u32>(bucket, who);
  enterUse(who);
}

function forget(who: u32): void {
  const tenant = tenantAt(who);
  leaveUse(who);
  let link = tenant.bucket;
  while (load<u32>(link) != who) link = changetype<usize>(tenantAt(load<u32>(link)));
  store<u32>(link, tenant.nextInBucket);
}

function enterUse(who: u32): void {
  const tenant = tenantAt(who);
  tenant.older = newest;
  tenant.newer = NONE;
  if (newest != NONE) tenantAt(newest).newer = who;
  newest = who;
  if (oldest == NONE) oldest = who;
}

function leaveUse(who: u32): void {
  const tenant = tenantAt(who);
  if (tenant.newer != NONE) tenantAt(tenant.newer).older = tenant.older;
  else newest = tenant.older;
  if (tenant.older != NONE) tenantAt(tenant.older).newer = tenant.newer;
  else oldest = tenant.newer;
}

/** `name`: of the field that holds the key, in lower case. */
export function startByTenant(name: string): void {
  fieldName = name;
  isHost = name == "host";
  const count = compartments();
  tenants = reserve(<usize>count * TENANT_SIZE);
  bucketMask = (1 << (32 - clz(count))) - 1;
  buckets = reserve(<usize>(bucketMask + 1) * sizeof<u32>());
  memory.fill(buckets, 0xff, <usize>(bucketMask + 1) * sizeof<u32>());
  seed = randomU32();
  setKeeper(new TenantKeeper());
  setDispatcher(new ByTenant());
}
