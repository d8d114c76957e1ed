/**
 * The tenants there are, by their keys, and who makes room for whom.
 *
 * A tenant is on trial until a request of its own was answered with a status below 400: by its app, which alone knows
 * whom it serves. Strangers name as many tenants as they like, so once no compartment is unused those on trial make room
 * first; and where all of these are busy, one that was answered makes room only while fewer than one in `TRIAL_SHARE` are
 * on trial.
 *
 *   a tenant   | links of its bucket and by use | key's length | bucket | key, KEY_LIMIT bytes |   by its compartment
 *
 * Tests: tests/security/image-tenants.test.ts
 */
import { compartments, stateOf } from "../app/compartments";
import { randomU32 } from "../entropy/random";
import { reserve } from "../memory/arena";

/** A longer key is refused. */
export const KEY_LIMIT: u32 = 128;
export const NOBODY: u32 = u32.MAX_VALUE;
/** One compartment in so many, and one at least. */
const TRIAL_SHARE: u32 = 8;

@final
@unmanaged
export class Tenant {
  /** First, so that a link is where the bucket's first word is. */
  nextInBucket: u32;
  /** Towards those that were heard of longer ago. */
  older: u32;
  newer: u32;
  keyLength: u32;
  bucket: usize;
  /** An answer has shown that its app serves it. */
  isKnown: bool;

  get key(): usize {
    return changetype<usize>(this) + offsetof<Tenant>();
  }
}

/** Tenants by when they were heard of. */
@final
@unmanaged
class Order {
  newest: u32;
  oldest: u32;
  count: u32;
}

const TENANT_SIZE: usize = offsetof<Tenant>() + <usize>KEY_LIMIT;

let tenants: usize = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let seed: u32 = 0;
/** The first that was never used. */
let unused: u32 = 0;

const known = changetype<Order>(memory.data(16, 8));
const onTrial = changetype<Order>(memory.data(16, 8));

/** The key that is looked for. */
export const key: usize = memory.data(128);
export let keyLength: u32 = 0;

/** `length`: of what stands at `key`. */
export function setKeyLength(length: u32): void {
  keyLength = length;
}

export function startTenants(): void {
  const count = compartments();
  tenants = reserve(<usize>count * TENANT_SIZE);
  bucketMask = (1 << (32 - clz(count))) - 1;
  buckets = reserve(<usize>(bucketMask + 1) * sizeof<u32>());
  memory.fill(buckets, 0xff, <usize>(bucketMask + 1) * sizeof<u32>());
  seed = randomU32();
  empty(known);
  empty(onTrial);
}

export function tenantAt(who: u32): Tenant {
  return changetype<Tenant>(tenants + <usize>who * TENANT_SIZE);
}

/** The tenant of `key`, heard of now, or `NOBODY`. */
export function findTenant(): u32 {
  let who = load<u32>(bucketOf());
  while (who != NOBODY) {
    const tenant = tenantAt(who);
    if (tenant.keyLength == keyLength && memory.compare(tenant.key, key, keyLength) == 0) {
      leave(who);
      enter(who);
      return who;
    }
    who = tenant.nextInBucket;
  }
  return NOBODY;
}

/** Whether another tenant had the compartment that `admitTenant` gave. */
export let wasTaken: bool = false;

/** A compartment for the tenant of `key`, which has none: `NOBODY` where no other can go. */
export function admitTenant(): u32 {
  const who = takePlace();
  if (who == NOBODY) return NOBODY;
  const tenant = tenantAt(who);
  memory.copy(tenant.key, key, keyLength);
  tenant.keyLength = keyLength;
  tenant.bucket = bucketOf();
  tenant.nextInBucket = load<u32>(tenant.bucket);
  tenant.isKnown = false;
  store<u32>(tenant.bucket, who);
  enter(who);
  return who;
}

/** Its app serves it. */
export function noteServed(who: u32): void {
  const tenant = tenantAt(who);
  if (tenant.isKnown) return;
  leave(who);
  tenant.isKnown = true;
  enter(who);
}

function takePlace(): u32 {
  wasTaken = unused == compartments();
  if (!wasTaken) return unused++;
  let who = idleOf(onTrial);
  if (who == NOBODY && onTrial.count < max<u32>(compartments() / TRIAL_SHARE, 1)) who = idleOf(known);
  if (who != NOBODY) forget(who);
  return who;
}

/** Who was heard of the longest time ago and has no request open. */
function idleOf(order: Order): u32 {
  let who = order.oldest;
  while (who != NOBODY && stateOf(who).open != 0) who = tenantAt(who).newer;
  return who;
}

function forget(who: u32): void {
  const tenant = tenantAt(who);
  leave(who);
  let link = tenant.bucket;
  while (load<u32>(link) != who) link = changetype<usize>(tenantAt(load<u32>(link)));
  store<u32>(link, tenant.nextInBucket);
}

/** FNV-1a, begun with a number that peers do not know. */
function bucketOf(): usize {
  let hash = seed;
  for (let index: u32 = 0; index < keyLength; index++) hash = (hash ^ load<u8>(key + index)) * 0x01000193;
  return buckets + <usize>((hash ^ (hash >> 15)) & bucketMask) * sizeof<u32>();
}

// By when they were heard of --------------------------------------------------------------------------------

function empty(order: Order): void {
  order.newest = NOBODY;
  order.oldest = NOBODY;
  order.count = 0;
}

function orderOf(tenant: Tenant): Order {
  return tenant.isKnown ? known : onTrial;
}

function enter(who: u32): void {
  const tenant = tenantAt(who);
  const order = orderOf(tenant);
  tenant.older = order.newest;
  tenant.newer = NOBODY;
  if (order.newest != NOBODY) tenantAt(order.newest).newer = who;
  order.newest = who;
  if (order.oldest == NOBODY) order.oldest = who;
  order.count++;
}

function leave(who: u32): void {
  const tenant = tenantAt(who);
  const order = orderOf(tenant);
  if (tenant.newer != NOBODY) tenantAt(tenant.newer).older = tenant.older;
  else order.newest = tenant.older;
  if (tenant.older != NOBODY) tenantAt(tenant.older).newer = tenant.newer;
  else order.oldest = tenant.newer;
  order.count--;
}
