/**
 * The image's pack of assets, read where it lies: a slot, an entry and a path for each look.
 *
 * The entry that was found last stands here until the next one is looked for.
 */
import {
  ASSET_PATH_BYTES_LIMIT,
  AssetEntry,
  AssetFlag,
  AssetHeader,
  AssetKind,
  AssetVariant,
  Coding,
  HASH_PRIME,
  HASH_START,
} from "../../../abi/assets";
import { assetBytes } from "../../cpu/platform";
import { reserve } from "../../memory/arena";

const SLASH: u8 = 0x2f;
const entry: usize = memory.data(96, 8);
const word: usize = memory.data(8, 8);
let known: usize = 0;

let packBytes: u32 = 0;
let slots: u32 = 0;
let flags: u32 = 0;
let entryAt: u32 = 0;

if (<i32>AssetEntry.Size > 96) ERROR("an entry fits its place");

export function startPack(): void {
  known = reserve(ASSET_PATH_BYTES_LIMIT);
  const header = reserve(AssetHeader.Size);
  assetBytes(0, header, AssetHeader.Size);
  packBytes = load<u32>(header, AssetHeader.Bytes);
  slots = load<u32>(header, AssetHeader.Slots);
  flags = load<u32>(header, AssetHeader.Flags);
}

export function isHandlerFirst(): bool {
  return (flags & AssetFlag.HandlerFirst) != 0;
}

/** Copies what of `length` bytes from `from` on is in the pack: how many. */
export function readPack(from: u32, to: usize, length: u32): u32 {
  if (from >= packBytes) return 0;
  const count = min(length, packBytes - from);
  assetBytes(from, to, count);
  return count;
}

/** Finds what is served at a path. */
export function findPath(path: usize, length: u32): bool {
  let hash: u32 = HASH_START;
  for (let index: u32 = 0; index < length; index++)
    hash = (hash ^ (<u32>load<u8>(path + index))) * HASH_PRIME;
  return find(AssetKind.Path, path, length, hash);
}

/** Finds the answer to what is not there: that of the nearest folder above. There is always one, the root's. */
export function findNotFound(path: usize, length: u32): void {
  let hash: u32 = ~HASH_START;
  let nearest: u32 = 0;
  for (let index: u32 = 0; index < length; index++) {
    const character = load<u8>(path + index);
    hash = (hash ^ (<u32>character)) * HASH_PRIME;
    if (character == SLASH && find(AssetKind.NotFound, path, index + 1, hash)) nearest = entryAt;
  }
  assert(nearest != 0, "assets: the root has an answer to what is not found");
  readEntry(nearest);
}

function find(kind: AssetKind, path: usize, length: u32, hash: u32): bool {
  if (length > <u32>ASSET_PATH_BYTES_LIMIT) return false;
  // There are more slots than entries: one that is empty ends every look.
  let slot = hash & (slots - 1);
  while (true) {
    assetBytes(AssetHeader.Size + slot * 4, word, 4);
    slot = (slot + 1) & (slots - 1);
    const at = load<u32>(word);
    if (at == 0) return false;
    readEntry(at);
    if (load<u32>(entry, AssetEntry.Hash) != hash || load<u32>(entry, AssetEntry.Kind) != kind) continue;
    if (load<u32>(entry, AssetEntry.PathBytes) != length) continue;
    assetBytes(load<u32>(entry, AssetEntry.PathAt), known, length);
    if (memory.compare(known, path, length) == 0) return true;
  }
}

function readEntry(at: u32): void {
  entryAt = at;
  assetBytes(at, entry, AssetEntry.Size);
}

// What stands in the entry that was found. -----------------------------------------------------------------

export function entryStatus(): u32 {
  return load<u32>(entry, AssetEntry.Status);
}

export function locationBytes(): u32 {
  return load<u32>(entry, AssetEntry.LocationBytes);
}

export function hasCoding(coding: Coding): bool {
  return variant(coding, AssetVariant.FieldsAt) != 0;
}

export function variant(coding: Coding, field: AssetVariant): u32 {
  return load<u32>(entry + AssetEntry.Variants + <usize>coding * AssetVariant.Size + field);
}
