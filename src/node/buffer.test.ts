/** Buffer beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const SETUP = `import { Buffer, kMaxLength, isUtf8, isAscii, transcode } from "node:buffer"; import * as all from "buffer";`;
const TEXTS = [`""`, `"abc"`, `"ä€😀\\0z"`, `"\\ud800x"`, `"a".repeat(300) + "é"`];
const ENCODINGS = [
  "utf8",
  "UTF-8",
  "latin1",
  "binary",
  "ascii",
  "hex",
  "base64",
  "base64url",
  "utf16le",
  "ucs2",
];

test("text becomes the same bytes in every encoding, and bytes the same text", () =>
  besideNode(
    SETUP,
    ENCODINGS.flatMap((encoding) => [
      ...TEXTS.map((text) => `[...Buffer.from(${text}, "${encoding}")]`),
      ...TEXTS.map((text) => `Buffer.byteLength(${text}, "${encoding}")`),
      `Buffer.from([0, 1, 127, 128, 200, 255, 0xe2, 0x82, 0xac, 0x61]).toString("${encoding}")`,
      `Buffer.from([0xd8, 0x3d, 0xde]).toString("${encoding}", 1)`,
      `Buffer.from("hello there").toString("${encoding}", -3, 5)`,
      `Buffer.alloc(5, "xy").write("€€é", 1, "${encoding}")`,
      `Buffer.alloc(7, "ab", "${encoding}")`,
    ]),
  ));

test("texts of hex and base64 that are not well formed end where Node's do", () =>
  besideNode(SETUP, [
    `[...Buffer.from("abxy12", "hex")]`,
    `[...Buffer.from("abc", "hex")]`,
    `[...Buffer.from(" aGVs bG8\\n=", "base64")]`,
    `[...Buffer.from("aGVsbG8", "base64")]`,
    `[...Buffer.from("-_-_", "base64")]`,
    `[...Buffer.from("a=bc", "base64")]`,
    `Buffer.from("x").toString("none")`,
    `Buffer.from("x", "none")`,
    `Buffer.isEncoding("Base64Url") && !Buffer.isEncoding("x")`,
    `Buffer.from("ff".repeat(5000), "hex").toString("base64")`,
  ]));

test("buffers are made of what Node makes them of", () =>
  besideNode(SETUP, [
    `Buffer.from([1, 256, -1, 3.7, "5"])`,
    `Buffer.from(new Uint16Array([1, 257]))`,
    `Buffer.from(Buffer.from("abc").toJSON())`,
    `Buffer.from(new ArrayBuffer(4), 1, 2).length`,
    `Buffer.from(new ArrayBuffer(4), 5)`,
    `Buffer.from(new ArrayBuffer(4), 1, 4)`,
    `Buffer.from(new String("boxed"))`,
    `Buffer.from({ length: 2, 0: 7, 1: 8 })`,
    `Buffer.from(5)`,
    `Buffer.from(null)`,
    `Buffer.from({})`,
    `Buffer.from(() => 1)`,
    `Buffer.alloc(3, 1)`,
    `Buffer.alloc("3")`,
    `Buffer.alloc(-1)`,
    `Buffer.alloc(5, "ab")`,
    `Buffer.alloc(2, "")`,
    `Buffer.concat([Buffer.from("a"), new Uint8Array([98])])`,
    `Buffer.concat([Buffer.from("abc")], 2)`,
    `Buffer.concat([Buffer.from("abc")], 5)`,
    `Buffer.concat("x")`,
    `Buffer.concat(["x"])`,
    `Buffer.of(1, 2)`,
    `Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)`,
    `Buffer.isBuffer(Buffer.alloc(1)) && !Buffer.isBuffer(new Uint8Array(1))`,
    `Buffer.alloc(1) instanceof Uint8Array && Buffer.alloc(1) instanceof Buffer`,
    `Buffer.alloc(1).constructor === Buffer && Buffer.name`,
    `Buffer.alloc(4).map((_, i) => i * 2) instanceof Buffer`,
    `kMaxLength > 0 && all.default.Buffer === Buffer`,
    `[isUtf8(Buffer.from([0xc3])), isAscii(Buffer.from("a")), transcode(Buffer.from("€"), "utf8", "utf16le")]`,
  ]));

test("slices share, and places may be negative or beyond the end", () =>
  besideNode(SETUP, [
    `(() => { const b = Buffer.from("hello"); const s = b.slice(1, 3); s[0] = 65; return [b.toString(), s.length]; })()`,
    ...["", "2", "-2", "1, -1", "3, 1", "0, 99", "'1', '3'", "undefined, 2", "NaN", "1.9"].map(
      (range) => `Buffer.from("hello").subarray(${range}).toString()`,
    ),
    `(() => { const t = Buffer.alloc(4); return [Buffer.from("abcdef").copy(t, 1, 2), t]; })()`,
    `Buffer.from("abc").copy(Buffer.alloc(1), 0, 9)`,
    `Buffer.from("abc").copy(Buffer.alloc(1), -1)`,
    `Buffer.from("abc").copy("x")`,
    `Buffer.alloc(6).fill("abc", 1, 5)`,
    `Buffer.alloc(6).fill("0g", "hex")`,
    `Buffer.alloc(6).fill(300)`,
    `Buffer.alloc(6).fill(1, 7)`,
    `Buffer.from([1, 2, 3, 4]).swap16()`,
    `Buffer.from([1, 2, 3]).swap16()`,
    `Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64()`,
    `Buffer.from("abc").write(1)`,
    `Buffer.from("abc").write("x", 4)`,
  ]));

test("searching and comparing", () =>
  besideNode(SETUP, [
    ...[
      `"l"`,
      `"lo"`,
      `"x"`,
      `""`,
      `108`,
      `108, -2`,
      `"l", 3`,
      `"l", -9`,
      `Buffer.from("ll")`,
      `"6c6f", 0, "hex"`,
      `"", 9`,
      `null`,
      `"l", "latin1"`,
    ].flatMap((what) =>
      ["indexOf", "lastIndexOf", "includes"].map((method) => `Buffer.from("hello").${method}(${what})`),
    ),
    `Buffer.from("abab").lastIndexOf("ab", -3)`,
    `Buffer.from("\\u0100\\u0001\\u0100", "utf16le").indexOf("\\u0001\\u0100", 0, "utf16le")`,
    `Buffer.compare(Buffer.from("a"), Buffer.from("ab"))`,
    `Buffer.from("abc").compare(Buffer.from("xabc"), 1)`,
    `Buffer.from("abc").compare(Buffer.from("x"), 2, 9)`,
    `Buffer.from("abc").equals(new Uint8Array([97, 98, 99]))`,
    `Buffer.from("abc").equals("abc")`,
    `Buffer.from("abc").toString("utf8", 1, 2) + Buffer.from("abc")`,
  ]));

const NUMBERS = [
  "Int8",
  "UInt8",
  "Uint8",
  "Int16LE",
  "UInt16BE",
  "Uint16LE",
  "Int32BE",
  "UInt32LE",
  "FloatLE",
  "DoubleBE",
];

test("numbers are read, written and refused alike", () =>
  besideNode(SETUP, [
    ...NUMBERS.flatMap((name) => [
      `Buffer.from([0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88]).read${name}()`,
      `(() => { const b = Buffer.alloc(9); return [b.write${name}(100.5, 1), b]; })()`,
      `Buffer.alloc(9).write${name}(5e9)`,
      `Buffer.alloc(9).write${name}(-1)`,
      `Buffer.alloc(9).read${name}(9)`,
      `Buffer.alloc(9).read${name}(1.5)`,
      `Buffer.alloc(9).read${name}("1")`,
      `Buffer.alloc(0).read${name}()`,
    ]),
    `Buffer.from([1, 2, 3, 4, 5, 6, 7, 0xf8]).readBigInt64LE()`,
    `Buffer.alloc(8).writeBigUInt64BE(-1n)`,
    ...["LE", "BE"].flatMap((order) => [
      `Buffer.from([0xf1, 2, 3, 4, 5, 6]).readInt${order}(0, 6)`,
      `Buffer.from([0xf1, 2, 0xf3, 4, 5, 6]).readUInt${order}(1, 3)`,
      `(() => { const b = Buffer.alloc(6); b.writeInt${order}(-123456789, 0, 5); return b; })()`,
      `Buffer.alloc(6).writeUInt${order}(70000, 0, 2)`,
      `Buffer.alloc(6).readInt${order}(0, 7)`,
    ]),
  ]));
