/** Randomness of node:crypto: the kernel's, as `crypto.getRandomValues` is. */
import { Buffer } from "../buffer.ts";
import { invalidType, outOfRange, requireFunction } from "../errors.ts";
import { machine } from "../machine.ts";

type Done<T> = (error: Error | null, value?: T) => void;

const RANGE_LIMIT = 2 ** 48 - 1;

/** Gives the value at once, or to a callback. */
function give<T>(value: T, done: Done<T> | undefined): T | undefined {
  if (done === undefined) return value;
  requireFunction(done, "callback");
  queueMicrotask(() => done(null, value));
  return undefined;
}

export function randomBytes(size: number, done?: Done<Buffer>): Buffer | undefined {
  if (typeof size !== "number") throw invalidType("size", "number", size);
  if (!(size >= 0 && size <= 2 ** 31 - 1)) throw outOfRange("size", ">= 0 && <= 2147483647", size);
  const bytes = Buffer.alloc(size);
  machine.fillRandom(bytes);
  return give(bytes, done);
}
export const pseudoRandomBytes = randomBytes;

export function randomFillSync<T extends ArrayBufferView | ArrayBuffer>(
  target: T,
  offset = 0,
  size?: number,
): T {
  const isView = ArrayBuffer.isView(target);
  if (!isView && !((target as unknown) instanceof ArrayBuffer))
    throw invalidType("buf", ["ArrayBuffer", "ArrayBufferView"], target);
  const unit = (target as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const whole = isView
    ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    : new Uint8Array(target as ArrayBuffer);
  const from = offset * unit;
  const count = size === undefined ? whole.length - from : size * unit;
  if (!(from >= 0 && from <= whole.length)) throw outOfRange("offset", `>= 0 && <= ${whole.length}`, from);
  if (!(count >= 0 && from + count <= whole.length))
    throw outOfRange("size + offset", `<= ${whole.length}`, from + count);
  machine.fillRandom(whole.subarray(from, from + count));
  return target;
}

export function randomFill<T extends ArrayBufferView | ArrayBuffer>(target: T, ...rest: unknown[]): void {
  const done = rest.pop() as Done<T>;
  requireFunction(done, "callback");
  give(randomFillSync(target, ...(rest as number[])), done);
}

/** Every number as likely as any other: what lies beyond the last whole range is drawn again. */
function draw(range: number): number {
  const bytes = new Uint8Array(6);
  const limit = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    machine.fillRandom(bytes);
    const drawn = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (drawn < limit) return drawn % range;
  }
}

export function randomInt(first: number, ...rest: unknown[]): number | undefined {
  const done = typeof rest.at(-1) === "function" ? (rest.pop() as Done<number>) : undefined;
  const [least, beyond] =
    rest.length === 0 || rest[0] === undefined ? [0, first] : [first, rest[0] as number];
  if (!Number.isSafeInteger(least)) throw invalidType("min", "a safe integer", least);
  if (!Number.isSafeInteger(beyond)) throw invalidType("max", "a safe integer", beyond);
  if (beyond <= least) throw outOfRange("max", `greater than the value of "min" (${least})`, beyond);
  if (beyond - least > RANGE_LIMIT) throw outOfRange("max - min", `<= ${RANGE_LIMIT}`, beyond - least);
  return give(least + draw(beyond - least), done);
}

export function randomUUID(): string {
  return crypto.randomUUID();
}
