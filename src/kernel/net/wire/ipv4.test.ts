import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, internetChecksum, ip, ipv4, readIpv4, u16 } from "../../../../tools/frames.ts";

const HARNESS = `
import { emitIpv4, Ipv4Repr, isUnicast, parseIpv4, parseQuotedIpv4 } from "./ipv4";
import { parseIpv4Network, parseIpv4Text } from "./ipv4-text";
const packet: usize = memory.data(2048, 8);
const repr = changetype<Ipv4Repr>(memory.data(32, 8));
export function at(): usize { return packet; }
export function parse(length: u32): i32 { return parseIpv4(packet, length, repr); }
export function parseQuoted(length: u32): i32 { return parseQuotedIpv4(packet, length, repr); }
export function field(index: u32): u32 {
  const fields: StaticArray<u32> = [repr.source, repr.destination, repr.headerLength, repr.payloadLength,
    repr.protocol, repr.timeToLive, repr.fragmented, repr.fragmentOffset];
  return fields[index];
}
export function emit(source: u32, destination: u32, protocol: u32, payload: u32, id: u32): void {
  emitIpv4(packet, source, destination, <u8>protocol, payload, <u16>id);
}
export function text(length: u32): i64 { return parseIpv4Text(packet, length); }
export function network(length: u32): i64 { return parseIpv4Network(packet, length); }
export { isUnicast };
`;
const enum Result {
  Ok,
  Short,
  Version,
  HeaderLength,
  TotalLength,
  Checksum,
}
const number = (text: string) => new DataView(bytes(ip(text)).buffer).getUint32(0);

async function wire() {
  const kernel = await assemble("net/wire/ipv4.harness.ts", HARNESS);
  const put = (packet: Uint8Array) => new Uint8Array(kernel.memory.buffer).set(packet, kernel.at());
  const parse = (packet: Uint8Array) => (put(packet), kernel.parse(packet.length) as number);
  const fields = () => [...new Array(8).keys()].map((index) => kernel.field(index) >>> 0);
  return { kernel, put, parse, fields };
}

const PACKET = ipv4({
  source: "1.2.3.4",
  destination: "250.6.7.8",
  protocol: 6,
  payload: bytes(1, 2, 3),
  timeToLive: 9,
});

test("a header's fields are read, padding and options not counted as payload", async () => {
  const { parse, fields } = await wire();
  const ends = [number("1.2.3.4"), number("250.6.7.8")];
  assert.equal(parse(PACKET), Result.Ok);
  assert.deepEqual(fields(), [...ends, 20, 3, 6, 9, 0, 0]);
  assert.equal(parse(bytes(PACKET, 0, 0, 0)), Result.Ok);
  assert.deepEqual(fields(), [...ends, 20, 3, 6, 9, 0, 0]);
  const long = {
    source: "1.2.3.4",
    destination: "250.6.7.8",
    protocol: 17,
    payload: bytes(),
    options: new Uint8Array(40),
  };
  assert.equal(parse(ipv4({ ...long, fragment: 0x2005 })), Result.Ok);
  assert.deepEqual(fields(), [...ends, 60, 0, 17, 64, 1, 5]);
});

test("each way to be malformed has its own result", async () => {
  const { parse } = await wire();
  const changed = (at: number, value: number) => {
    const packet = PACKET.slice();
    packet[at] = value;
    packet.set([0, 0], 10);
    packet.set(u16(internetChecksum(packet.subarray(0, 20))), 10);
    return packet;
  };
  for (let length = 0; length < 23; length++) assert.equal(parse(PACKET.slice(0, length)), Result.Short);
  assert.equal(parse(changed(0, 0x65)), Result.Version);
  assert.equal(parse(changed(0, 0x44)), Result.HeaderLength);
  assert.equal(parse(changed(0, 0x46)), Result.HeaderLength);
  assert.equal(parse(changed(3, 19)), Result.TotalLength);
  assert.equal(parse(changed(3, 24)), Result.Short);
  for (let bit = 8; bit < 160; bit++) {
    const packet = PACKET.slice();
    packet[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(parse(packet), Result.Ok, `bit ${bit}`);
  }
});

test("a quoted header may be cut short after it and have any checksum", async () => {
  const { kernel, put } = await wire();
  const packet = PACKET.slice();
  packet[10]! ^= 0xff;
  put(packet);
  assert.equal(kernel.parseQuoted(20), Result.Ok);
  assert.equal(kernel.parseQuoted(19), Result.Short);
});

test("what is emitted is read by the independent reader", async () => {
  const { kernel } = await wire();
  for (const length of [0, 1, 8, 1480]) {
    kernel.emit(number("10.0.2.15"), number("8.8.4.4"), 17, length, 0xbeef);
    const packet = new Uint8Array(kernel.memory.buffer, kernel.at(), 20 + length);
    const read = readIpv4(bytes(new Uint8Array(12), 8, 0, packet));
    assert.deepEqual(
      [read.source, read.destination, read.protocol, read.id],
      ["10.0.2.15", "8.8.4.4", 17, 0xbeef],
    );
    assert.deepEqual([...packet.slice(6, 8)], [0x40, 0]);
  }
});

test("an address that one machine can have is told from the others", async () => {
  const { kernel } = await wire();
  for (const good of ["1.0.0.0", "10.0.2.15", "126.255.255.255", "128.0.0.1", "223.255.255.255"]) {
    assert.ok(kernel.isUnicast(number(good)), good);
  }
  for (const bad of [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
  ]) {
    assert.ok(!kernel.isUnicast(number(bad)), bad);
  }
});

test("addresses in writing are four plain decimal numbers", async () => {
  const { kernel, put } = await wire();
  const text = (written: string) => (
    put(bytes(new TextEncoder().encode(written), 0x30)),
    kernel.text(written.length)
  );
  const network = (written: string) => (
    put(bytes(new TextEncoder().encode(written), 0x30)),
    kernel.network(written.length)
  );
  assert.equal(text("10.0.2.15"), BigInt(number("10.0.2.15")));
  assert.equal(text("255.255.255.255"), 0xffffffffn);
  assert.equal(text("0.0.0.0"), 0n);
  for (const bad of [
    "",
    "1",
    "1.2.3",
    "1.2.3.",
    "1.2.3.4.",
    "1.2.3.4.5",
    ".1.2.3",
    "1..2.3",
    "256.0.0.1",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.-4",
    "1.2.3.1000",
    "a.b.c.d",
    "0x1.2.3.4",
  ]) {
    assert.equal(text(bad), -1n, bad);
  }
  assert.equal(network("10.0.2.15/24"), (24n << 32n) | BigInt(number("10.0.2.15")));
  assert.equal(network("10.0.2.15/0"), BigInt(number("10.0.2.15")));
  for (const bad of [
    "10.0.2.15",
    "10.0.2.15/",
    "10.0.2.15/33",
    "10.0.2.15/024",
    "/24",
    "10.0.2/24",
    "10.0.2.15/24/1",
  ]) {
    assert.equal(network(bad), -1n, bad);
  }
});
