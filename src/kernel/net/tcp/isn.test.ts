import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { begin, word, end } from "./siphash";
import { initialSequence, startIsn } from "./isn";
import { Flow } from "../layer";
const flow = changetype<Flow>(memory.data(40, 8));
/** The message 00 01 .. 0e of the paper's appendix A, with the key 00 01 .. 0f. */
export function vector(): u64 {
  begin(0x0706050403020100, 0x0f0e0d0c0b0a0908);
  word(0x0706050403020100);
  return end(0x000e0d0c0b0a0908, 7);
}
export function draw(remote: u32, localPort: u32, remotePort: u32, now: i64): u32 {
  flow.localLow = 0x0000ffff0a000001;
  flow.remoteLow = 0x0000ffff00000000 | <u64>remote;
  flow.localPort = <u16>localPort;
  flow.remotePort = <u16>remotePort;
  return initialSequence(flow, now);
}
export { startIsn };
`;

async function start(seed: number) {
  const kernel = await assemble("net/tcp/isn.harness.ts", HARNESS, {
    platform: {
      entropySeed: (pointer: number, length: number) => {
        new Uint8Array(kernel.memory.buffer, pointer, length).fill(seed);
        return length;
      },
    },
  });
  kernel.startIsn();
  const draw = (remote: number, localPort: number, remotePort: number, ms = 0) =>
    (kernel.draw(remote, localPort, remotePort, BigInt(ms) * 1_000_000n) as number) >>> 0;
  return { kernel, draw };
}

test("SipHash-2-4 gives the paper's vector", async () => {
  const { kernel } = await start(1);
  assert.equal(BigInt.asUintN(64, kernel.vector()), 0xa129ca6149be45e5n);
});

test("a flow's initial sequence numbers grow by one every 4 us", async () => {
  const { draw } = await start(1);
  const first = draw(2, 80, 4000, 0);
  assert.equal((draw(2, 80, 4000, 1) - first) >>> 0, 250);
  assert.equal((draw(2, 80, 4000, 60_000) - first) >>> 0, 15_000_000);
});

test("each part of the flow and each boot's key give numbers that share nothing", async () => {
  const { draw } = await start(1);
  const other = (await start(2)).draw;
  const numbers = [
    draw(2, 80, 4000),
    draw(3, 80, 4000),
    draw(2, 81, 4000),
    draw(2, 80, 4001),
    other(2, 80, 4000),
  ];
  assert.equal(new Set(numbers).size, numbers.length);
  const differences = new Set<number>();
  for (let port = 1; port <= 2000; port++) differences.add((draw(2, 80, port + 1) - draw(2, 80, port)) >>> 0);
  assert.ok(differences.size > 1990, "neighbouring ports do not step evenly");
});
