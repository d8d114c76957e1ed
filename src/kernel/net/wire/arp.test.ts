import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { arp, PEER } from "../../../../tools/frames.ts";
import { STATION } from "../../../../tools/network-bench.ts";

const HARNESS = `
import { ArpRepr, emitArp, parseArp } from "./arp";
export const input: usize = memory.data(64, 8);
export const output: usize = memory.data(64, 8);
const repr = changetype<ArpRepr>(memory.data(32, 8));
export function again(length: u32): bool {
  if (!parseArp(input, length, repr)) return false;
  emitArp(output, repr);
  return true;
}
`;

async function wire() {
  const { again, input, output, memory } = await assemble("net/wire/arp.harness.ts", HARNESS);
  return (packet: Uint8Array): Uint8Array | undefined => {
    new Uint8Array(memory.buffer).set(packet, (input as WebAssembly.Global).value as number);
    if (!again(packet.length)) return undefined;
    return new Uint8Array(memory.buffer, (output as WebAssembly.Global).value as number, 28).slice();
  };
}

const PACKET = arp({
  operation: 2,
  senderHardware: PEER,
  sender: "10.0.2.2",
  targetHardware: STATION,
  target: "10.0.2.15",
});

test("what is parsed is emitted as it was", async () => {
  const again = await wire();
  assert.deepEqual(again(PACKET), PACKET);
  const padded = new Uint8Array(46);
  padded.set(PACKET);
  assert.deepEqual(again(padded), PACKET);
});

test("short packets and other kinds of networks are no ARP", async () => {
  const again = await wire();
  for (let length = 0; length < 28; length++) assert.equal(again(PACKET.slice(0, length)), undefined);
  for (let at = 0; at < 8; at++) {
    for (const value of [0x00, 0x77]) {
      if (PACKET[at] === value) continue;
      const packet = PACKET.slice();
      packet[at] = value;
      assert.equal(again(packet), undefined, `${value} at ${at}`);
    }
  }
});
