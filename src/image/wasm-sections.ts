/**
 * A Wasm module's sections: where they are, a cursor to read them with, and how lists in them are written anew.
 *
 * Modules come from pinned packages or our own compiler: a malformed one throws.
 *
 * Tests:  wasm-names.test.ts, engine.test.ts
 */
const HEADER_SIZE = 8;
export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  global: 6,
  export: 7,
  element: 9,
  code: 10,
} as const;

interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** A cursor over a module. */
export class Reader {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw new Error("the Wasm module ends in the middle of a section");
    return value;
  }

  /** LEB128, unsigned, at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("the Wasm module holds a number that is too long");
  }

  name(): string {
    const length = this.u32();
    const text = new TextDecoder().decode(this.bytes.subarray(this.position, this.position + length));
    this.position += length;
    return text;
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.u32() }, item);
  }

  limits(): { initial: number; maximum: number } {
    const bounded = this.byte() & 1;
    const initial = this.u32();
    return { initial, maximum: bounded ? this.u32() : 65536 };
  }
}

export function sections(wasm: Uint8Array): Section[] {
  const found: Section[] = [];
  const reader = new Reader(wasm, HEADER_SIZE);
  while (reader.position < wasm.length) {
    const id = reader.byte();
    const size = reader.u32();
    found.push({ id, start: reader.position, end: reader.position + size });
    reader.position += size;
  }
  return found;
}

/** A cursor at the section's content; undefined where there is no such section. */
export function open(wasm: Uint8Array, id: number): Reader | undefined {
  const section = sections(wasm).find((one) => one.id === id);
  return section === undefined ? undefined : new Reader(wasm.subarray(0, section.end), section.start);
}

/** The module with these contents in place of those sections. */
export function rewrite(wasm: Uint8Array, contents: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const chunks: Uint8Array[] = [wasm.subarray(0, HEADER_SIZE)];
  for (const { id, start, end } of sections(wasm)) {
    const body = contents.get(id) ?? wasm.subarray(start, end);
    chunks.push(Uint8Array.from([id, ...encodeU32(body.length)]), body);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A section of these entries. */
export function encodeList(entries: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...encodeU32(entries.length), ...entries.flat()]);
}

/** A section's content with more entries behind its own. */
export function extended(wasm: Uint8Array, id: number, entries: readonly (readonly number[])[]): Uint8Array {
  const reader = open(wasm, id);
  if (reader === undefined) return encodeList(entries);
  const count = reader.u32() + entries.length;
  return Uint8Array.from([...encodeU32(count), ...reader.bytes.subarray(reader.position), ...entries.flat()]);
}

export function encodeU32(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
}
