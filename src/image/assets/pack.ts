/**
 * Writes the pack of `src/abi/assets.ts`. Pure: the same contents give the same bytes.
 *
 * Tests: assets.test.ts
 */
import {
  ASSET_FIELDS_BYTES_LIMIT,
  AssetEntry,
  AssetHeader,
  AssetKind,
  AssetVariant,
  Coding,
  HASH_PRIME,
  HASH_START,
} from "../../abi/assets.ts";

export interface PackVariant {
  readonly content: Uint8Array;
  /** `name: value` each; the tag's first. */
  readonly shared: readonly string[];
  /** What a 304 has not. */
  readonly others: readonly string[];
  readonly tagBytes: number;
}

export interface PackEntry {
  readonly kind: AssetKind;
  readonly path: string;
  readonly status: number;
  /** Of a redirect. */
  readonly location?: string;
  /** By `Coding`. */
  readonly variants: readonly (PackVariant | undefined)[];
}

const SLOT_BYTES = 4;
const ALIGNMENT = 16;

export function writePack(entries: readonly PackEntry[], flags: number): Uint8Array {
  const slots = 2 ** Math.ceil(Math.log2(entries.length * 2 + 1));
  const firstEntry = AssetHeader.Size + slots * SLOT_BYTES;
  const layout = new Layout(firstEntry + entries.length * AssetEntry.Size);
  const table = new Uint8Array(layout.end);
  const view = new DataView(table.buffer);
  entries.forEach((entry, index) => {
    const at = firstEntry + index * AssetEntry.Size;
    writeEntry(view, at, entry, layout);
    let slot = view.getUint32(at + AssetEntry.Hash, true) & (slots - 1);
    while (view.getUint32(AssetHeader.Size + slot * SLOT_BYTES, true) !== 0) slot = (slot + 1) & (slots - 1);
    view.setUint32(AssetHeader.Size + slot * SLOT_BYTES, at, true);
  });
  view.setUint32(AssetHeader.Bytes, layout.end, true);
  view.setUint32(AssetHeader.Slots, slots, true);
  view.setUint32(AssetHeader.Flags, flags, true);
  const pack = new Uint8Array(layout.end);
  pack.set(table);
  for (const { at, bytes } of layout.pieces) pack.set(bytes, at);
  return pack;
}

/** Gives bytes their places behind the table; the same bytes have one. */
class Layout {
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #contents = new Map<Uint8Array, number>();
  end: number;

  constructor(end: number) {
    this.end = end;
  }

  add(bytes: Uint8Array): number {
    const known = this.#contents.get(bytes);
    if (known !== undefined) return known;
    const at = Math.ceil(this.end / ALIGNMENT) * ALIGNMENT;
    this.pieces.push({ at, bytes });
    this.end = at + bytes.length;
    this.#contents.set(bytes, at);
    return at;
  }
}

function writeEntry(view: DataView, at: number, entry: PackEntry, layout: Layout): void {
  const path = new TextEncoder().encode(entry.path);
  const set = (field: number, value: number): void => view.setUint32(at + field, value, true);
  set(AssetEntry.Hash, hashOf(path, entry.kind));
  set(AssetEntry.Kind, entry.kind);
  set(AssetEntry.PathAt, layout.add(path));
  set(AssetEntry.PathBytes, path.length);
  set(AssetEntry.Status, entry.status);
  const location = entry.location === undefined ? "" : `Location: ${entry.location}`;
  set(AssetEntry.LocationBytes, location.length);
  for (let coding = Coding.Identity; coding < Coding.Count; coding++) {
    const variant = entry.variants[coding];
    if (variant === undefined) continue;
    const field = AssetEntry.Variants + coding * AssetVariant.Size;
    const shared = linesOf(variant.shared);
    const fields = new TextEncoder().encode(
      linesOf(location === "" ? [] : [location]) + shared + linesOf(variant.others),
    );
    if (fields.length > ASSET_FIELDS_BYTES_LIMIT) throw new Error(`${entry.path} has too many fields`);
    set(field + AssetVariant.ContentAt, layout.add(variant.content));
    set(field + AssetVariant.ContentBytes, variant.content.length);
    set(field + AssetVariant.FieldsAt, layout.add(fields));
    set(field + AssetVariant.FieldsBytes, fields.length);
    set(field + AssetVariant.SharedBytes, shared.length);
    set(field + AssetVariant.TagBytes, variant.tagBytes);
  }
}

function linesOf(fields: readonly string[]): string {
  return fields.map((field) => `${field}\r\n`).join("");
}

export function hashOf(path: Uint8Array, kind: AssetKind): number {
  let hash = kind === AssetKind.Path ? HASH_START : ~HASH_START;
  for (const byte of path) hash = Math.imul(hash ^ byte, HASH_PRIME);
  return hash >>> 0;
}
