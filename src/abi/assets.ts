/**
 * The pack of an image's assets: what is served without any app, found by a table that was made at build time. Read-only
 * bytes beside the code; the kernel copies out of them what it sends (`platform.assetBytes`). Offsets count from the
 * pack's first byte; all numbers are u32, little-endian.
 *
 *   ┌────────┬───────────────────────┬─────────┬───────────────┬──────────┐
 *   │ header │ slots: offsets, or 0  │ entries │ paths, fields │ contents │
 *   └────────┴───────────────────────┴─────────┴───────────────┴──────────┘
 *
 * A slot is looked for from `hash & (slots - 1)` on, one after the other. Valid TypeScript and valid AssemblyScript.
 */
export const enum AssetHeader {
  /** Of the whole pack. */
  Bytes = 0,
  /** A power of two, more than there are entries. */
  Slots = 4,
  /** `AssetFlag`s. */
  Flags = 8,
  Size = 16,
}

export const enum AssetFlag {
  /** Requests go to the app, which asks for assets itself; else it gets those that no asset answers. */
  HandlerFirst = 1,
}

/** What an entry's path is. */
export const enum AssetKind {
  /** A request's path, percent-decoded. */
  Path = 0,
  /** A folder, with the slash behind it: the answer to what is not found below it. */
  NotFound = 1,
}

export const enum AssetEntry {
  Hash = 0,
  Kind = 4,
  PathAt = 8,
  PathBytes = 12,
  /** 200, 307 or 404. */
  Status = 16,
  /** Of the fields, `Location: ...` without the end of its line, to which the query is added; of a 307. */
  LocationBytes = 20,
  /** By `Coding`. */
  Variants = 24,
  Size = 24 + 3 * 24,
}

export const enum Coding {
  Identity = 0,
  Gzip = 1,
  Brotli = 2,
  Count = 3,
}

/** One way in which a content is written. */
export const enum AssetVariant {
  ContentAt = 0,
  ContentBytes = 4,
  /** `name: value\r\n` each: `ETag: "..."` first, then all others of a 304, then the rest. 0: there is no such variant. */
  FieldsAt = 8,
  FieldsBytes = 12,
  /** Of the fields, what a 304 has. */
  SharedBytes = 16,
  /** Of the tag, quotes included. */
  TagBytes = 20,
  Size = 24,
}

/** Before a tag: `ETag: `. */
export const TAG_OFFSET = 6;
export const TAG_BYTES_LIMIT = 32;
/** Of an entry: 404's depth and everything else that is read into memory stays small. */
export const ASSET_PATH_BYTES_LIMIT = 2048;
export const ASSET_FIELDS_BYTES_LIMIT = 8192;

/** FNV-1a, 32 bits: over a path, from `HASH_START` for a path and its complement for a folder. */
export const HASH_START = 0x811c9dc5;
export const HASH_PRIME = 0x01000193;

/** What `assets.look` writes before the fields of its answer. */
export const enum AssetAnswer {
  Status = 0,
  ContentAt = 4,
  ContentBytes = 8,
  Fields = 12,
}
