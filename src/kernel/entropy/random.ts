/**
 * The kernel's random numbers: ChaCha20 with fast key erasure, seeded by the platform, by a device, or by both.
 *
 * Each refill turns the key into blocks of key stream: the first 32 bytes become the next key, the rest is handed
 * out once and erased. Whoever reads the state later learns nothing about what was handed out before.
 * Without a seed nothing is handed out: callers that cannot go on panic, the app's call answers `Refused`.
 *
 * Owns:   the key and the unread output.
 * Tests:  random.test.ts
 */
import { entropySeed } from "../cpu/platform";
import { panic } from "../cpu/panic";
import { block, BLOCK_SIZE, KEY_SIZE } from "./chacha20";

const BLOCKS: u32 = 8;
const OUTPUT_SIZE: u32 = BLOCKS * BLOCK_SIZE;

const key = memory.data(32, 16);
const nonce = memory.data(16, 16); // always zero: each key makes one stream
const output = memory.data(512, 16); // OUTPUT_SIZE
const added = memory.data(32, 16);
let unread: u32 = 0;
let seeded = false;

/** A source of seeds beside the platform's. */
export abstract class SeedSource {
  /** Fills the range with what nobody can guess: false, whatever is in it, when it cannot. */
  abstract fill(pointer: usize, length: u32): bool;
}

let source: SeedSource = changetype<SeedSource>(0);

/** Has `seed` ask `other` too; before the first random number. */
export function useSeedSource(other: SeedSource): void {
  source = other;
}

/** Takes seeds from all sources: false when none has any. Safe to call again; later calls do nothing. */
export function seed(): bool {
  if (seeded) return true;
  seeded = entropySeed(key, KEY_SIZE) == KEY_SIZE;
  if (changetype<usize>(source) != 0) addSeed();
  return seeded;
}

/** By exclusive or: whoever knows one seed, even chose it, still knows nothing of the key. */
function addSeed(): void {
  if (!source.fill(added, KEY_SIZE)) return;
  for (let index: u32 = 0; index < KEY_SIZE; index += 8) {
    const mixed = load<u64>(added + index) ^ (seeded ? load<u64>(key + index) : 0);
    store<u64>(key + index, mixed);
  }
  memory.fill(added, 0, KEY_SIZE);
  seeded = true;
}

/** Fills the range: false, and nothing is written, without a seed. */
export function fillRandom(pointer: usize, length: u32): bool {
  if (!seed()) return false;
  while (length > 0) {
    if (unread == 0) refill();
    const part = min(length, unread);
    const from = output + OUTPUT_SIZE - unread;
    memory.copy(pointer, from, part);
    memory.fill(from, 0, part);
    unread -= part;
    pointer += part;
    length -= part;
  }
  return true;
}

/** A random word. Panics without a seed: what needs it would be unsafe with anything else. */
export function randomU64(): u64 {
  const word = memory.data(8, 8);
  if (!fillRandom(word, 8))
    panic("entropy: the platform gives no random seed; add a random source to the machine");
  const value = load<u64>(word);
  store<u64>(word, 0);
  return value;
}

export function randomU32(): u32 {
  return <u32>randomU64();
}

function refill(): void {
  for (let index: u32 = 0; index < BLOCKS; index++) block(output + index * BLOCK_SIZE, key, index, nonce);
  memory.copy(key, output, KEY_SIZE);
  memory.fill(output, 0, KEY_SIZE);
  unread = OUTPUT_SIZE - KEY_SIZE;
}
