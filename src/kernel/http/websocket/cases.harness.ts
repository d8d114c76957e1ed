/**
 * What a client may send, and what an echo answers: the cases that Autobahn's suite has, written anew. `ends` is what the
 * app is told: a close code with the peer's reason, negative where the peer broke the protocol.
 *
 * Each is followed by a close frame of the client's where the socket still stands.
 */
import { close, FINAL, frame, text } from "../../../../tools/websocket-peer.ts";
import { join } from "../../../../tools/latin.ts";

export type Case = readonly [name: string, bytes: Uint8Array, answer: readonly string[], ends?: string];

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const all = (...frames: readonly Uint8Array[]): Uint8Array => join(frames);
const bad = (name: string, bytes: Uint8Array, code = 1002, before: readonly string[] = []): Case => [
  name,
  bytes,
  [...before, `close ${code}`],
  String(-code),
];
const utf8 = (...bytes: number[]): Uint8Array => frame(FINAL | TEXT, Uint8Array.from(bytes));
const long = (length: number): string => "x".repeat(length);
const ended = (code: number, reason = ""): Case => [
  `close ${code} ${reason.slice(0, 20)}`,
  close(code, reason),
  [`close ${code}`],
  `${code} ${reason}`.trimEnd(),
];

const SIZES = [0, 1, 15, 16, 17, 125, 126, 127, 128, 1000, 65535, 65536];

export const CASES: readonly Case[] = [
  // Framing: every form of length, text and binary
  ...SIZES.map((size): Case => [`text of ${size}`, frame(FINAL | TEXT, long(size)), [`1:${long(size)}`]]),
  ...SIZES.map((size): Case => [`binary of ${size}`, frame(FINAL | BINARY, long(size)), [`2:${long(size)}`]]),
  ["two messages", all(text("a"), text("b")), ["1:a", "1:b"]],
  bad("a length of 126 that fits 7 bits", Uint8Array.of(FINAL | TEXT, 0xfe, 0, 125, 0, 0, 0, 0)),
  bad(
    "a length of 127 that fits 16 bits",
    Uint8Array.of(FINAL | TEXT, 0xff, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0),
  ),
  bad("a length of 64 bits", Uint8Array.of(FINAL | TEXT, 0xff, 128, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0)),
  bad("no mask", frame(FINAL | TEXT, "a", false)),
  // Pings and pongs
  ["a ping", frame(FINAL | PING, "hello"), ["10:hello"]],
  ["an empty ping", frame(FINAL | PING), ["10:"]],
  ["a ping of 125", frame(FINAL | PING, long(125)), [`10:${long(125)}`]],
  ["a ping of any bytes", frame(FINAL | PING, "\0\xff\xfe"), ["10:\0\xff\xfe"]],
  [
    "ten pings",
    all(...Array.from({ length: 10 }, (_, n) => frame(FINAL | PING, String(n)))),
    Array.from({ length: 10 }, (_, n) => `10:${n}`),
  ],
  ["a pong that nobody asked for", all(frame(FINAL | PONG, "x"), text("a")), ["1:a"]],
  bad("a ping of 126", frame(FINAL | PING, long(126))),
  bad("a ping in two frames", all(frame(PING, "a"), frame(FINAL, "b"))),
  bad("a pong in two frames", frame(PONG, "a")),
  // Reserved bits and opcodes
  ...[0x40, 0x20, 0x10, 0x70].map((bits) => bad(`reserved bits ${bits}`, frame(FINAL | TEXT | bits, "a"))),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => bad(`opcode ${opcode}`, frame(FINAL | opcode, "a"))),
  bad("a good message before a bad one", all(text("a"), frame(FINAL | 3), text("b")), 1002, ["1:a"]),
  // Messages in pieces
  ["two pieces", all(frame(TEXT, "ab"), frame(FINAL, "cd")), ["1:abcd"]],
  ["pieces of nothing", all(frame(TEXT), frame(0), frame(FINAL)), ["1:"]],
  ["an empty piece in the middle", all(frame(TEXT, "a"), frame(0), frame(FINAL, "b")), ["1:ab"]],
  [
    "a ping between pieces",
    all(frame(TEXT, "a"), frame(FINAL | PING, "p"), frame(FINAL, "b")),
    ["10:p", "1:ab"],
  ],
  [
    "many pieces",
    all(
      frame(BINARY, "0"),
      ...Array.from({ length: 50 }, (_, n) => frame(0, String(n % 10))),
      frame(FINAL, "!"),
    ),
    [`2:0${"0123456789".repeat(5)}!`],
  ],
  bad("a continuation of nothing", frame(FINAL, "a")),
  bad("a continuation of nothing that goes on", frame(0, "a")),
  bad("a new message in the middle of one", all(frame(TEXT, "a"), frame(FINAL | TEXT, "b"))),
  bad("another kind in the middle of a message", all(frame(TEXT, "a"), frame(FINAL | BINARY, "b"))),
  bad("a continuation after the end", all(frame(TEXT, "a"), frame(FINAL, "b"), frame(0, "c")), 1002, [
    "1:ab",
  ]),
  bad("endless pieces of nothing", all(frame(TEXT), ...Array.from({ length: 1100 }, () => frame(0)))),
  // UTF-8
  [
    "characters of all lengths",
    text("kosme κόσμε 日本 𝄞"),
    [`1:${Buffer.from("kosme κόσμε 日本 𝄞").toString("latin1")}`],
  ],
  ["a character in two pieces", all(frame(TEXT, "\xce"), frame(FINAL, "\xba")), ["1:\xce\xba"]],
  [
    "a character in four pieces",
    all(frame(TEXT, "\xf0"), frame(0, "\x9d"), frame(0, "\x84"), frame(FINAL, "\x9e")),
    ["1:\xf0\x9d\x84\x9e"],
  ],
  ["the last character", utf8(0xf4, 0x8f, 0xbf, 0xbf), ["1:\xf4\x8f\xbf\xbf"]],
  ["what is not UTF-8 is binary", frame(FINAL | BINARY, "\xff\xfe"), ["2:\xff\xfe"]],
  bad("half a character", utf8(0xce), 1007),
  bad("a continuation byte alone", utf8(0x80), 1007),
  bad("an overlong slash", utf8(0xc0, 0xaf), 1007),
  bad("an overlong character of three", utf8(0xe0, 0x80, 0xaf), 1007),
  bad("an overlong character of four", utf8(0xf0, 0x80, 0x80, 0xaf), 1007),
  bad("a surrogate", utf8(0xed, 0xa0, 0x80), 1007),
  bad("beyond the last character", utf8(0xf4, 0x90, 0x80, 0x80), 1007),
  bad("a byte that is never there", utf8(0xff), 1007),
  bad("a bad byte after much good text", frame(FINAL | TEXT, `${long(100)}\xff`), 1007),
  bad("bad text at once, not at its end", frame(TEXT, "\xff"), 1007),
  // Closing
  ["an empty close", frame(FINAL | CLOSE), ["close"], "1005"],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => ended(code),
  ),
  ended(1000, "good bye"),
  ended(1000, "κόσμε"),
  ended(1000, long(123)),
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) =>
    bad(`close ${code}`, close(code)),
  ),
  bad("a close of one byte", frame(FINAL | CLOSE, "\x03")),
  bad("a close of 126", frame(FINAL | CLOSE, `\x03\xe8${long(124)}`)),
  bad("a close whose reason is no UTF-8", frame(FINAL | CLOSE, "\x03\xe8\xff"), 1007),
  ["a message after the close", all(close(1000), text("a")), ["close 1000"], "1000"],
  ["a close in the middle of a message", all(frame(TEXT, "a"), close(1001)), ["close 1001"], "1001"],
];
