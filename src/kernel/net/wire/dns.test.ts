import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, u16, u32 } from "../../../../tools/frames.ts";

const HARNESS = `
import { copyName, emitName, equalNames, skipName } from "./dns-name";
import { DnsRecord, DnsType, emitQuery, matchQuestion, parseRecord } from "./dns";
const message: usize = memory.data(2048, 8);
const scratch: usize = memory.data(1024, 8);
const record = changetype<DnsRecord>(memory.data(32, 8));
export function at(): usize { return message; }
export function out(): usize { return scratch; }
export function emit(length: u32): u32 { return emitName(scratch, message, length); }
export function skip(length: u32, offset: u32): u32 { return skipName(message, length, offset); }
export function copy(length: u32, offset: u32): u32 { return copyName(message, length, offset, scratch); }
export function query(id: u32, nameLength: u32): u32 {
  return emitQuery(message, <u16>id, scratch, nameLength, DnsType.A);
}
export function match(length: u32, nameLength: u32): u32 {
  return matchQuestion(message, length, scratch, nameLength, DnsType.A);
}
export function parse(length: u32, offset: u32): bool { return parseRecord(message, length, offset, record); }
export function field(index: u32): u32 {
  const fields: StaticArray<u32> = [record.name, record.data, record.next, record.dataLength, record.type, record.isInternet];
  return fields[index];
}
export function equal(a: u32, b: u32): bool { return equalNames(message, a, scratch, b); }
`;

const name = (text: string) =>
  bytes(...text.split(".").map((label) => bytes(label.length, new TextEncoder().encode(label))), 0);

async function wire() {
  const kernel = await assemble("net/wire/dns.harness.ts", HARNESS);
  const put = (data: Uint8Array, at = kernel.at()) =>
    new Uint8Array(kernel.memory.buffer).set(data, at as number);
  const get = (at: number, length: number) => new Uint8Array(kernel.memory.buffer, at, length).slice();
  const emit = (text: string) => {
    put(new TextEncoder().encode(text));
    return get(kernel.out(), kernel.emit(new TextEncoder().encode(text).length));
  };
  return { kernel, put, get, emit };
}

test("a name in writing becomes labels, up to the limits and no further", async () => {
  const { emit } = await wire();
  assert.deepEqual(emit("www.Example.com"), name("www.Example.com"));
  assert.deepEqual(emit("_dns.a-b.c."), name("_dns.a-b.c"));
  const label = "a".repeat(63);
  const longest = `${label}.${label}.${label}.${"a".repeat(61)}`;
  assert.equal(emit(longest).length, 255);
  for (const bad of [`${longest}a`, `${label}a`, "", ".", "a..b", "..", "a.b..", "a b", "a/b"]) {
    assert.equal(emit(bad).length, 0, bad);
  }
});

test("pointers are followed backwards only, within the limit of a name", async () => {
  const { kernel, put, get } = await wire();
  const message = bytes(name("example.com"), 3, 0x77, 0x77, 0x77, 0xc0, 0);
  put(message);
  const length = kernel.copy(message.length, 13);
  assert.deepEqual(get(kernel.out(), length), name("www.example.com"));
  assert.equal(kernel.skip(message.length, 13), message.length);
  assert.equal(kernel.skip(message.length, 0), 13);
  assert.equal(kernel.copy(message.length - 1, 13), 0);
  for (const forged of [
    [0xc0, 0],
    [1, 0x61, 0xc0, 0],
    [0xc0, 2, 0xc0, 0],
    [0x40, 1],
    [0x80, 0, 0],
    [63, 1, 2],
  ]) {
    put(bytes(forged));
    assert.equal(kernel.copy(forged.length, 0), 0, forged.join());
  }
  // A chain of labels, each pointing to the one before, that adds up to more than a name may have.
  const chain = [...new Array<number>(130).keys()].flatMap((index) =>
    index === 0 ? [1, 0x61, 0, 0] : [1, 0x61, ...u16(0xc000 | ((index - 1) * 4))],
  );
  put(bytes(chain));
  assert.equal(kernel.copy(chain.length, 126 * 4), 255);
  assert.equal(kernel.copy(chain.length, 127 * 4), 0);
});

test("a query matches its own question, in any case of letters, and no other", async () => {
  const { kernel, put, get, emit } = await wire();
  const { length } = emit("www.example.com");
  const whole = kernel.query(0xbeef, length);
  const message = get(kernel.at(), whole);
  assert.deepEqual(
    message,
    bytes(u16(0xbeef), u16(0x0100), u16(1), u16(0), u32(0), name("www.example.com"), u16(1), u16(1)),
  );
  assert.equal(kernel.match(whole, length), whole);
  for (let cut = 12; cut < whole; cut++) assert.equal(kernel.match(cut, length), 0);
  const change = (at: number, value: number) => (
    put(bytes(message, 0)),
    put(bytes(value), kernel.at() + at),
    kernel.match(whole, length)
  );
  assert.equal(change(13, 0x57), whole, "upper case");
  for (const [at, value] of [
    [13, 0x78],
    [12, 2],
    [16, 8],
    [whole - 1, 3],
    [whole - 3, 28],
  ] as const) {
    assert.equal(change(at, value), 0, `${value} at ${at}`);
  }
});

test("records are read within the message and no further", async () => {
  const { kernel, put } = await wire();
  const record = bytes(name("a.b"), u16(1), u16(1), u32(60), u16(4), 1, 2, 3, 4);
  put(record);
  assert.ok(kernel.parse(record.length, 0));
  assert.deepEqual(
    [...new Array(6).keys()].map((index) => kernel.field(index)),
    [0, 15, 19, 4, 1, 1],
  );
  for (let cut = 0; cut < record.length; cut++) assert.ok(!kernel.parse(cut, 0), `${cut}`);
});
