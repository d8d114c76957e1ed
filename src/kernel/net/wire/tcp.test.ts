import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import * as tcp from "./tcp";
export function emit(at: usize, window: u32): void {
  tcp.emitHeader(at, 80, 50000, 0x01020304, 0xfffefdfc, 32, tcp.SYN | tcp.ACK, <u16>window);
}
export function source(at: usize): u32 { return tcp.sourcePort(at); }
export function destination(at: usize): u32 { return tcp.destinationPort(at); }
export function sequence(at: usize): u32 { return tcp.sequenceNumber(at); }
export function acknowledgment(at: usize): u32 { return tcp.acknowledgmentNumber(at); }
export function header(at: usize): u32 { return tcp.headerLength(at); }
export function flags(at: usize): u32 { return tcp.flagsOf(at); }
export function window(at: usize): u32 { return tcp.windowField(at); }
export function checksumAt(): u32 { return tcp.CHECKSUM_AT; }
const buffer: usize = memory.data(64, 8);
export function place(): usize { return buffer; }
`;

test("a header is emitted as RFC 9293 3.1 draws it, and read back", async () => {
  const kernel = await assemble("net/wire/tcp.harness.ts", HARNESS);
  const at = kernel.place() as number;
  kernel.emit(at, 0x1234);
  assert.equal(kernel.checksumAt(), 16);
  const bytes = [...new Uint8Array(kernel.memory.buffer, at, 20)];
  const drawn = "0050 c350 01020304 fffefdfc 8012 1234 0000 0000".replaceAll(" ", "");
  assert.equal(Buffer.from(bytes).toString("hex"), drawn);
  const read = ["source", "destination", "sequence", "acknowledgment", "header", "flags", "window"];
  assert.deepEqual(
    read.map((name) => kernel[name](at) >>> 0),
    [80, 50000, 0x01020304, 0xfffefdfc, 32, 0x12, 0x1234],
  );
});
