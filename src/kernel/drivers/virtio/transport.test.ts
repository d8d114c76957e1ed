import test from "node:test";
import assert from "node:assert/strict";
import { assemble, type TestExports } from "../../../../tools/assembly-test.ts";
import { TestDevice, TestMachine, VERSION_1 } from "./test-machine.ts";
import { THREADS } from "./test-roots.ts";

const ROOT = `
import * as transport from "./transport";
export function find(id: u32): i32 { return transport.findDevice(id); }
export function negotiate(wanted: u64): i32 { return transport.negotiate(0, wanted); }
export function features(): u64 { return transport.features; }
export function readMember(offset: u32, size: u32): bool { return transport.readMember(0, offset, size); }
export function member(): u64 { return transport.member; }
export function run(): void { transport.run(0); }
export function needsReset(): bool { return transport.needsReset(0); }
`;

async function driverOf(...devices: TestDevice[]): Promise<TestExports> {
  const { device: functions } = new TestMachine(devices);
  const imports = { device: functions } as unknown as Parameters<typeof assemble>[2];
  return assemble("drivers/virtio/transport.harness.ts", ROOT, imports, THREADS);
}

const device = (features = 0n, configuration = new Uint8Array(0)): TestDevice =>
  new TestDevice({ id: 1, queues: [], features, configuration });

test("the first device of a kind is found, whatever stands before it", async () => {
  const driver = await driverOf(
    new TestDevice({ id: 0, queues: [] }),
    new TestDevice({ id: 4, queues: [], magic: 1 }),
    new TestDevice({ id: 4, queues: [], version: 1 }),
    new TestDevice({ id: 1, queues: [] }),
    new TestDevice({ id: 4, queues: [] }),
    new TestDevice({ id: 4, queues: [] }),
  );
  assert.equal(driver["find"](4), 4);
  assert.equal(driver["find"](1), 3);
  assert.equal(driver["find"](2), -1);
});

test("features are what both want, and VERSION_1 always; the device ends up live", async () => {
  const one = device(0xff00_0000_0000_00f0n);
  const driver = await driverOf(one);
  assert.equal(driver["negotiate"](0x3000_0000_0000_0033n), 0);
  const agreed = 0x3000_0000_0000_0030n | VERSION_1;
  assert.equal(BigInt.asUintN(64, driver["features"]()), agreed);
  assert.equal(one.driverFeatures, agreed);
  assert.deepEqual([one.resets, one.status], [1, 1 | 2 | 8]);
  driver["run"]();
  assert.ok(one.isLive);
});

test("a legacy device, one that takes back its features, one that stays in its reset: each is a fault", async () => {
  const legacy = device();
  legacy.features = 0n;
  assert.equal((await driverOf(legacy))["negotiate"](0n), 9);
  const fickle = device();
  fickle.refusesFeatures = true;
  assert.equal((await driverOf(fickle))["negotiate"](0n), 9);
  const stuck = device();
  stuck.isStuckInReset = true;
  assert.equal((await driverOf(stuck))["negotiate"](0n), 8);
});

test("a configuration's field is read whole, or not at all while it changes", async () => {
  const one = device(0n, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8));
  const driver = await driverOf(one);
  assert.equal(driver["readMember"](1, 8), 1);
  assert.equal(driver["member"](), 0x0807060504030201n);
  assert.equal(driver["readMember"](2, 2), 1);
  assert.equal(driver["member"](), 0x0302n);
  one.isRestless = true;
  assert.equal(driver["readMember"](1, 8), 0);
});

test("a device that wants a reset is seen to", async () => {
  const one = device();
  const driver = await driverOf(one);
  assert.equal(driver["needsReset"](), 0);
  one.needsReset = true;
  assert.equal(driver["needsReset"](), 1);
});
