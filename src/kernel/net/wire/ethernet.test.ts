import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { BROADCAST, ethernet, PEER } from "../../../../tools/frames.ts";
import { STATION } from "../../../../tools/network-bench.ts";

const HARNESS = `
import { emitEthernet, EthernetFrame, hardwareOfIpv4Group, isGroupHardware, isStation } from "./ethernet";
const frame = changetype<EthernetFrame>(memory.data(16, 8));
export function at(): usize { return changetype<usize>(frame); }
export function destination(): u64 { return frame.destination; }
export function source(): u64 { return frame.source; }
export function type(): u32 { return frame.type; }
export function emit(destination: u64, source: u64, type: i32): void { emitEthernet(at(), destination, source, type); }
export { hardwareOfIpv4Group, isGroupHardware, isStation };
`;

test("a header is written and read back, byte for byte", async () => {
  const wire = await assemble("net/wire/ethernet.harness.ts", HARNESS);
  const word = (address: Uint8Array) => BigInt(`0x${Buffer.from(address).toString("hex")}`);
  wire.emit(word(PEER), word(STATION), 0x0806);
  const written = new Uint8Array(wire.memory.buffer, wire.at(), 14);
  assert.deepEqual(written, ethernet(PEER, STATION, 0x0806, new Uint8Array(0)));
  assert.deepEqual([wire.destination(), wire.source(), wire.type()], [word(PEER), word(STATION), 0x0806]);
  assert.ok(wire.isGroupHardware(word(BROADCAST)) && !wire.isGroupHardware(word(PEER)));
  assert.ok(wire.isStation(word(PEER)) && !wire.isStation(word(BROADCAST)) && !wire.isStation(0n));
  assert.equal(wire.hardwareOfIpv4Group(0xe0ff0102), 0x01005e7f0102n);
});
