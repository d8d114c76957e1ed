import test from "node:test";
import assert from "node:assert/strict";
import { ethernet, ipv4, PEER } from "../../tools/frames.ts";
import { fault, type Faults } from "./fault.ts";
import { seededRandom } from "./random.ts";
import { Simulator } from "./simulator.ts";

const COUNT = 4000;
const IPV4 = 0x0800;
const ARP = 0x0806;

function numbered(number: number): Uint8Array {
  const payload = Uint8Array.of(number >> 8, number & 255);
  return ethernet(
    PEER,
    PEER,
    IPV4,
    ipv4({ source: "10.0.0.1", destination: "10.0.0.2", protocol: 99, payload }),
  );
}

/** What arrives of numbered frames that are sent 1 us apart. */
function pass(faults: Faults, seed = 1, frame = numbered): Uint8Array[] {
  const simulator = new Simulator();
  const [near, far] = simulator.cable();
  const bad = fault(near, faults, seededRandom(seed), simulator);
  for (let number = 0; number < COUNT; number++) {
    simulator.after(BigInt(number) * 1000n, () => void bad.send(frame(number)));
  }
  simulator.run(() => false, 10n ** 12n);
  const arrived: Uint8Array[] = [];
  for (let next = far.receive(); next !== undefined; next = far.receive()) arrived.push(next);
  return arrived;
}

const numberOf = (frame: Uint8Array) => (frame[34]! << 8) | frame[35]!;
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < expected / 4, `${value}`);

test("each fault strikes as often as asked, and without faults nothing changes", () => {
  assert.deepEqual(
    pass({}).map(numberOf),
    Array.from({ length: COUNT }, (_, number) => number),
  );
  near(COUNT - pass({ loss: 0.1 }).length, COUNT * 0.1);
  near(pass({ duplication: 0.1 }).length - COUNT, COUNT * 0.1);
  const late = pass({ reordering: 0.1, holdNs: 50_000n }).map(numberOf);
  assert.deepEqual(
    [...late].sort((a, b) => a - b),
    Array.from({ length: COUNT }, (_, number) => number),
  );
  near(late.filter((number, index) => index > 0 && number < late[index - 1]!).length, COUNT * 0.1);
});

test("corruption turns one bit behind the Ethernet header, and of nothing but IPv4", () => {
  const arrived = pass({ corruption: 0.5 });
  let changed = 0;
  for (const [number, frame] of arrived.entries()) {
    const bits = numbered(number).reduce((sum, byte, at) => sum + ones(byte ^ frame[at]!), 0);
    assert.ok(bits <= 1);
    assert.deepEqual(frame.slice(0, 14), numbered(number).slice(0, 14));
    changed += bits;
  }
  near(changed, COUNT / 2);
  const arp = ethernet(PEER, PEER, ARP, new Uint8Array(28));
  assert.ok(pass({ corruption: 1 }, 1, () => arp).every((frame) => Buffer.from(frame).equals(arp)));
});

test("equal seeds make equal faults", () => {
  const faults = { loss: 0.1, duplication: 0.1, corruption: 0.1, reordering: 0.1 };
  assert.deepEqual(pass(faults, 7), pass(faults, 7));
  assert.notDeepEqual(pass(faults, 7), pass(faults, 8));
});

function ones(byte: number): number {
  return byte.toString(2).replaceAll("0", "").length;
}
