import test from "node:test";
import assert from "node:assert/strict";
import { ByteReader } from "./byte-reader.ts";

type Read = (reader: ByteReader) => unknown;

const u32: Read = (reader) => reader.u32();
const s32: Read = (reader) => reader.s32();
const s33: Read = (reader) => reader.s33();
const s64: Read = (reader) => reader.s64();
const name: Read = (reader) => reader.name();

const over = (bytes: readonly number[]) => new ByteReader(Uint8Array.from(bytes), 0, bytes.length);
const filled = (count: number, byte: number, ...rest: number[]) => [
  ...new Array<number>(count).fill(byte),
  ...rest,
];

const VALUES: readonly (readonly [read: Read, bytes: readonly number[], value: unknown])[] = [
  [u32, [0x00], 0],
  [u32, [0x7f], 127],
  [u32, [0x80, 0x01], 128],
  [u32, [0xe5, 0x8e, 0x26], 624485],
  [u32, [0x80, 0x80, 0x80, 0x80, 0x00], 0], // longer than needed, but not too long
  [u32, [0xff, 0xff, 0xff, 0xff, 0x0f], 0xffffffff],
  [s32, [0x3f], 63],
  [s32, [0x40], -64],
  [s32, [0x80, 0x7f], -128],
  [s32, [0xc0, 0xbb, 0x78], -123456],
  [s32, [0xff, 0xff, 0xff, 0xff, 0x07], 0x7fffffff],
  [s32, [0x80, 0x80, 0x80, 0x80, 0x78], -0x80000000],
  [s32, [0xff, 0xff, 0xff, 0xff, 0x7f], -1],
  [s33, [0x40], -64],
  [s33, [0xff, 0xff, 0xff, 0xff, 0x0f], 0xffffffff],
  [s33, [0x80, 0x80, 0x80, 0x80, 0x70], -0x100000000],
  [s64, [0x40], -64n],
  [s64, [0x80, 0x80, 0x80, 0x80, 0x40], -(1n << 34n)],
  [s64, filled(7, 0x80, 0x40), -(1n << 55n)],
  [s64, filled(8, 0x80, 0x40), -(1n << 62n)],
  [s64, filled(9, 0xff, 0x00), (1n << 63n) - 1n],
  [s64, filled(9, 0x80, 0x7f), -(1n << 63n)],
  [s64, filled(9, 0xff, 0x7f), -1n],
  [name, [0x03, 0xe2, 0x82, 0xac], "€"],
  [name, [0x03, 0xef, 0xbb, 0xbf], "\ufeff"], // a byte order mark is a character as others
];

for (const [read, bytes, value] of VALUES) {
  test(`reads ${Buffer.from(bytes).toString("hex")} as ${typeof value} ${value}`, () => {
    const reader = over(bytes);
    assert.equal(read(reader), value);
    assert.ok(reader.atEnd);
  });
}

const REFUSED: readonly (readonly [read: Read, bytes: readonly number[], message: RegExp])[] = [
  [u32, [], /^at 0x0: unexpected end/],
  [u32, [0x80], /^at 0x1: unexpected end/],
  [u32, [0x80, 0x80, 0x80, 0x80, 0x10], /^at 0x4: integer too large/],
  [u32, [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], /^at 0x5: integer representation too long/],
  [s32, [0xff, 0xff, 0xff, 0xff, 0x0f], /^at 0x4: integer too large/],
  [s32, [0x80, 0x80, 0x80, 0x80, 0x70], /integer too large/],
  [s33, [0xff, 0xff, 0xff, 0xff, 0x1f], /integer too large/],
  [s64, filled(9, 0x80, 0x7e), /^at 0x9: integer too large/],
  [s64, filled(9, 0x80, 0x01), /integer too large/],
  [s64, filled(10, 0x80, 0x00), /^at 0xa: integer representation too long/],
  [name, [0x02, 0x61], /length out of bounds: unexpected end/],
  [name, [0x02, 0xc0, 0x80], /^at 0x1: invalid UTF-8 encoding/], // longer than needed
  [name, [0x03, 0xed, 0xa0, 0x80], /invalid UTF-8 encoding/], // a surrogate
];

for (const [read, bytes, message] of REFUSED) {
  test(`refuses ${Buffer.from(bytes).toString("hex")}: ${message.source}`, () => {
    assert.throws(() => read(over(bytes)), { name: "WasmError", kind: "malformed", message });
  });
}

test("an integer may not reach past the end of its section; that it is too long counts first", () => {
  const bytes = Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x00]);
  assert.throws(() => new ByteReader(bytes, 0, 1).u32(), /integer representation too long/);
  assert.throws(() => new ByteReader(bytes.with(2, 0x00), 0, 1).u32(), /unexpected end/);
});
