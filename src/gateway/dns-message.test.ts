import test from "node:test";
import assert from "node:assert/strict";
import { emitResponse, parseQuery, ResponseCode, TYPE_A } from "./dns-message.ts";

/** A query for `name`, with recursion desired. */
export function query(name: string, type = TYPE_A): Uint8Array {
  const labels = name === "" ? [] : name.split(".");
  const bytes = labels.flatMap((label) => [label.length, ...Buffer.from(label, "latin1")]);
  return Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...bytes, 0, 0, type, 0, 1);
}

const edited = (at: number, value: number) => {
  const bytes = query("a.example");
  bytes[at] = value;
  return bytes;
};

test("a query is read", () => {
  const parsed = parseQuery(query("Api.example.com"))!;
  assert.deepEqual(
    [parsed.id, parsed.code, parsed.name, parsed.type, parsed.recursionDesired],
    [0x1234, ResponseCode.Ok, "Api.example.com", TYPE_A, true],
  );
});

test("what cannot be answered says why, and what is no query is silent", () => {
  assert.equal(parseQuery(query("a").subarray(0, 11)), undefined);
  assert.equal(parseQuery(edited(2, 0x81)), undefined, "a response");
  assert.equal(parseQuery(edited(2, 0x28))!.code, ResponseCode.NotImplemented, "another operation");
  assert.equal(parseQuery(edited(5, 2))!.code, ResponseCode.FormatError, "two questions");
  assert.equal(parseQuery(edited(12, 0xc0))!.code, ResponseCode.FormatError, "a pointer");
  assert.equal(parseQuery(edited(13, 0x20))!.code, ResponseCode.FormatError, "a space in a name");
  assert.equal(parseQuery(query("a.example").subarray(0, -1))!.code, ResponseCode.FormatError, "cut short");
  const long = Array.from({ length: 5 }, () => "x".repeat(63)).join(".");
  assert.equal(parseQuery(query(long))!.code, ResponseCode.FormatError, "too long a name");
});

test("a response repeats the question and holds what fits", () => {
  const parsed = parseQuery(query("a.example"))!;
  const response = Buffer.from(emitResponse(parsed, ResponseCode.Ok, [0xc0000201, 0xc0000202], 60));
  assert.equal(response.readUInt16BE(0), 0x1234);
  assert.equal(response.readUInt16BE(2), 0x8180);
  assert.deepEqual([response.readUInt16BE(4), response.readUInt16BE(6)], [1, 2]);
  assert.equal(response.subarray(-4).toString("hex"), "c0000202");
  const many = Array.from({ length: 100 }, (_, index) => index);
  assert.ok(emitResponse(parsed, ResponseCode.Ok, many, 60).length <= 512);
});
