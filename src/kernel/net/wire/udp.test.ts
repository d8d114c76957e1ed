import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, ip, read32, udp, type UdpFields } from "../../../../tools/frames.ts";

const HARNESS = `
import { checkUdp, emitUdp } from "./udp";
const datagram: usize = memory.data(2048, 8);
export function at(): usize { return datagram; }
export function check(length: u32, sum: u64): i32 { return checkUdp(datagram, length, sum); }
export function emit(source: u32, destination: u32, length: u32, sum: u64): void {
  emitUdp(datagram, <u16>source, <u16>destination, length, sum);
}
`;
const enum Result {
  Ok,
  Short,
  Length,
  Checksum,
}
const FIELDS = { source: "10.0.2.2", destination: "10.0.2.15", sourcePort: 53, destinationPort: 50000 };
const SUM = BigInt(read32(bytes(ip(FIELDS.source)), 0) + read32(bytes(ip(FIELDS.destination)), 0) + 17);

async function wire() {
  const kernel = await assemble("net/wire/udp.harness.ts", HARNESS);
  const put = (datagram: Uint8Array, at = 0) =>
    new Uint8Array(kernel.memory.buffer).set(datagram, kernel.at() + at);
  const get = (length: number) => new Uint8Array(kernel.memory.buffer, kernel.at(), length).slice();
  return { kernel, put, get };
}

const datagram = (payload: UdpFields["payload"]) => udp({ ...FIELDS, payload });

test("what is emitted agrees with an independent writer, for odd and even lengths", async () => {
  const { kernel, put, get } = await wire();
  for (const length of [0, 1, 2, 3, 100, 1471, 1472]) {
    const payload = new Uint8Array(length).fill(0xa7);
    put(payload, 8);
    kernel.emit(53, 50000, 8 + length, SUM);
    assert.deepEqual(get(8 + length), datagram(payload));
    assert.equal(kernel.check(8 + length, SUM), Result.Ok);
  }
});

test("a checksum that comes to zero is sent as all ones and taken back", async () => {
  const { kernel, put, get } = await wire();
  const two = (value: number) => bytes(value >> 8, value & 255);
  const plain = datagram(two(0));
  // Adding the checksum itself to the payload makes the new one zero.
  put(two((plain[6]! << 8) | plain[7]!), 8);
  kernel.emit(53, 50000, 10, SUM);
  assert.deepEqual([...get(8).slice(6)], [255, 255]);
  assert.equal(kernel.check(10, SUM), Result.Ok);
});

test("short, wrongly sized and damaged datagrams are told apart; no checksum is no damage", async () => {
  const { kernel, put } = await wire();
  const good = datagram(bytes(1, 2, 3));
  put(good);
  assert.equal(kernel.check(7, SUM), Result.Short);
  assert.equal(kernel.check(10, SUM), Result.Length);
  assert.equal(kernel.check(11, SUM), Result.Ok);
  assert.equal(kernel.check(40, SUM), Result.Ok, "padding");
  assert.equal(kernel.check(11, SUM + 1n), Result.Checksum);
  for (let bit = 0; bit < 88; bit++) {
    const copy = good.slice();
    copy[bit >> 3]! ^= 1 << (bit & 7);
    put(copy);
    assert.notEqual(kernel.check(11, SUM), Result.Ok, `bit ${bit}`);
  }
  const none = good.slice();
  none.set([0, 0, 99], 6);
  put(none);
  assert.equal(kernel.check(11, SUM), Result.Ok);
});
