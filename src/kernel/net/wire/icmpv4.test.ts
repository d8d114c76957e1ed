import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { bytes, icmp } from "../../../../tools/frames.ts";

const HARNESS = `
import { emitEchoReply, emitError, IcmpMessage, IcmpType, isIcmpError, isValidIcmp } from "./icmpv4";
const message: usize = memory.data(256, 8);
export function at(): usize { return message; }
export function isValid(length: u32): bool { return isValidIcmp(message, length); }
export function reply(length: u32): void { emitEchoReply(message, length); }
export function unreachable_(code: i32, length: u32): void { emitError(message, IcmpType.DestinationUnreachable, <u8>code, length); }
export function mtu(): u32 { return changetype<IcmpMessage>(message).nextHopMtu; }
export { isIcmpError };
`;

async function wire() {
  const kernel = await assemble("net/wire/icmpv4.harness.ts", HARNESS);
  const put = (message: Uint8Array) => new Uint8Array(kernel.memory.buffer).set(message, kernel.at());
  const get = (length: number) => new Uint8Array(kernel.memory.buffer, kernel.at(), length).slice();
  return { kernel, put, get };
}

test("a message is valid when whole and its checksum right", async () => {
  const { kernel, put } = await wire();
  const message = icmp(8, 0, 7, bytes(1, 2, 3));
  put(message);
  assert.ok(kernel.isValid(11));
  for (let length = 0; length < 11; length++) assert.ok(!kernel.isValid(length), `${length}`);
  for (let bit = 0; bit < 88; bit++) {
    const copy = message.slice();
    copy[bit >> 3]! ^= 1 << (bit & 7);
    put(copy);
    assert.ok(!kernel.isValid(11), `bit ${bit}`);
  }
});

test("replies and errors are written with their checksums", async () => {
  const { kernel, put, get } = await wire();
  put(icmp(8, 0, 0x12345678, bytes(9, 8, 7)));
  kernel.reply(11);
  assert.deepEqual(get(11), icmp(0, 0, 0x12345678, bytes(9, 8, 7)));
  kernel.unreachable_(3, 11);
  assert.deepEqual(get(11), icmp(3, 3, 0, bytes(9, 8, 7)));
  put(icmp(3, 4, 1400, bytes()));
  assert.equal(kernel.mtu(), 1400);
  const errors = [...new Array(256).keys()].filter((type) => kernel.isIcmpError(type));
  assert.deepEqual(errors, [3, 11, 12]);
});
