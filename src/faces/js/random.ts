/**
 * Numbers for `Math.random`, from random bytes of the kernel's that are fetched by the hundred.
 *
 * A machine without a source of randomness gives what the time gives: `Math.random` promises no more.
 *
 * Owns:   the bytes not yet used, of which none may be left from the building of the image.
 */
import { Status } from "../../abi/status";
import { monotonic } from "skerry/native/clock";
import { fill } from "skerry/native/entropy";

const POOL_BYTES: u32 = 512;
const NUMBER_BYTES: u32 = 8;
/** Of 64 random bits, those that a double holds below 1. */
const DROPPED_BITS: u64 = 11;
const SCALE: f64 = 1.0 / 9007199254740992.0; // 2^-53

const pool = memory.data(512, 8);
let unread: u32 = 0;
let fallback: u64 = 0;

export function randomNumber(): f64 {
  if (unread == 0 && !refill()) return toNumber(stir());
  unread -= NUMBER_BYTES;
  return toNumber(load<u64>(pool + unread));
}

function refill(): bool {
  if (fill(pool, POOL_BYTES) != Status.Ok) return false;
  unread = POOL_BYTES;
  return true;
}

function toNumber(bits: u64): f64 {
  return <f64>(bits >> DROPPED_BITS) * SCALE;
}

/** splitmix64 over the time. */
function stir(): u64 {
  fallback += 0x9e3779b97f4a7c15 + <u64>monotonic();
  let bits = fallback;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}
