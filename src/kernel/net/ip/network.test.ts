import test from "node:test";
import assert from "node:assert/strict";
import { STATION } from "../../../../tools/network-bench.ts";
import {
  BROADCAST,
  bytes,
  ethernet,
  internetChecksum,
  ipText,
  PEER,
  read16,
  readIpv4,
  u16,
} from "../../../../tools/frames.ts";
import { frame, machine, number, OUR, question } from "../../../../tools/network-machine.ts";

test("a static address is announced to the app once, in the first turn", async () => {
  const { bench, entered } = await machine();
  assert.deepEqual(entered, []);
  bench.exchange();
  bench.exchange();
  assert.deepEqual(entered, [2]);
  assert.equal(bench.kernel.address(64, 16), 0);
  assert.deepEqual([...bench.appMemory.slice(64, 80)], [...new Array(10).fill(0), 255, 255, 10, 0, 2, 15]);
  assert.equal(bench.kernel.address(64, 15), -3);
});

test("without an address the app is told so and nothing is announced", async () => {
  const { bench, entered } = await machine({ configuration: "" });
  bench.exchange(question("10.0.2.2", "0.0.0.0"), frame({ destination: "0.0.0.0" }));
  assert.deepEqual(entered, []);
  assert.equal(bench.kernel.address(0, 16), -6);
  assert.equal(bench.kernel.send(number(OUR), number("10.0.2.2"), 8), 0);
});

test("an address that is not one stops the machine with a message", async () => {
  for (const wrong of ["10.0.2.15", "10.0.2/24", "10.0.2.15/33", "10.0.2.015/24", "1.2.3.4.5/8", "/"]) {
    await assert.rejects(machine({ configuration: `net.address=${wrong}` }), /net\.address/);
  }
  await assert.rejects(machine({ configuration: "net.address=10.0.2.15/24\nnet.dns=x" }), /net\.dns/);
});

test("far destinations go through the gateway, near ones directly, impossible ones nowhere", async () => {
  const { bench } = await machine();
  const hop = (remote: string) => {
    assert.equal(bench.kernel.send(number(OUR), number(remote), 8), 1);
    const request = bench.exchange()[0]!;
    return ipText(request, 14 + 24);
  };
  assert.equal(hop("93.184.216.34"), "10.0.2.2");
  assert.equal(hop("10.0.2.77"), "10.0.2.77");
  for (const none of ["127.0.0.1", "0.0.0.0", "240.0.0.1", OUR]) {
    assert.equal(bench.kernel.send(number(OUR), number(none), 8), 0, none);
    assert.equal(bench.kernel.localFor(number(none)), 0, none);
  }
  assert.equal(bench.kernel.localFor(number("93.184.216.34")) >>> 0, number(OUR));
  assert.equal(bench.kernel.send(number("10.0.2.16"), number("10.0.2.2"), 8), 0, "a source that is not ours");
  assert.equal(bench.kernel.maximumPayload(), 1480);
});

test("broadcast and multicast go to their hardware addresses without a question", async () => {
  const { bench } = await machine();
  bench.kernel.send(number(OUR), number("10.0.2.255"), 8);
  bench.kernel.send(number(OUR), number("255.255.255.255"), 8);
  bench.kernel.send(number(OUR), number("224.1.2.3"), 8);
  const to = bench.exchange().map((each) => Buffer.from(each.slice(0, 6)).toString("hex"));
  assert.deepEqual(to, ["ffffffffffff", "ffffffffffff", "01005e010203"]);
});

test("datagrams for us reach their transport, with padding cut and options skipped", async () => {
  const { bench, received } = await machine();
  bench.exchange(
    frame({}),
    bytes(frame({}), new Array(20).fill(0xee)),
    frame({ options: bytes(1, 1, 1, 0), payload: bytes(9, 9) }),
    frame({ timeToLive: 1, payload: bytes() }),
  );
  const seen = { local: OUR, remote: "10.0.2.2" };
  assert.deepEqual(received, [
    { ...seen, length: 3, extra: 1 },
    { ...seen, length: 3, extra: 1 },
    { ...seen, length: 2, extra: 9 },
    { ...seen, length: 0, extra: 0 },
  ]);
});

test("what is malformed, not ours or from an impossible source is dropped in silence", async () => {
  const { bench, received } = await machine();
  const good = frame({});
  const changed = (at: number, value: number) => {
    const copy = good.slice();
    copy[14 + at] = value;
    copy.set([0, 0], 14 + 10);
    copy.set(u16(internetChecksum(copy.subarray(14, 34))), 14 + 10);
    return copy;
  };
  const badSum = good.slice();
  badSum[24]! ^= 1;
  const refused = [
    badSum,
    changed(0, 0x65), // version
    changed(0, 0x44), // header too short
    changed(3, 19), // total length less than the header
    changed(3, 60), // more than there is
    good.slice(0, 33),
    good.slice(0, 13),
    frame({ fragment: 0x2000 }),
    frame({ fragment: 0x0001 }),
    frame({ destination: "10.0.2.16" }),
    frame({ destination: "10.0.2.255" }), // a broadcast for TCP
    frame({ destination: "224.0.0.1" }),
    frame({ protocol: 99 }),
    frame({}, BROADCAST),
    frame({}, Uint8Array.of(2, 0, 0, 0, 0, 0x77)),
    ...["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.2.255", "240.0.0.1", OUR].map(
      (source) => frame({ source }),
    ),
    ethernet(STATION, PEER, 0x86dd, bytes(1, 2, 3)),
  ];
  assert.deepEqual(bench.exchange(...refused), []);
  assert.deepEqual(received, []);
});

test("datagrams have no id, which would tell how much is sent to others, and DF is set", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  for (let index = 0; index < 20; index++) {
    bench.kernel.send(number(OUR), number("10.0.2.2"), 8);
    const sent = bench.exchange()[0]!;
    assert.equal(read16(sent, 14 + 6), 0x4000);
    assert.equal(readIpv4(sent).id, 0);
  }
});

test("a full device keeps order and loses nothing within the backlog", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  bench.setFull(true);
  for (let size = 1; size <= 300; size++) bench.kernel.send(number(OUR), number("10.0.2.2"), size);
  assert.deepEqual(bench.exchange(), []);
  assert.equal(bench.kernel.chunksInUse(), 256);
  bench.setFull(false);
  const sizes = bench.pass(5).map((each) => readIpv4(each).payload.length);
  assert.deepEqual(
    sizes,
    [...new Array(256).keys()].map((index) => index + 1),
  );
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("a gateway answers for every address and sends from the one that was asked", async () => {
  const { bench, received } = await machine({ configuration: "net.address=10.0.2.2/24\nnet.mode=gateway\n" });
  const guest = "10.0.2.15";
  assert.equal(bench.exchange(question(guest, "10.0.2.3")).length, 1);
  assert.equal(bench.exchange(question(guest, guest)).length, 0, "not for what the guest claims itself");
  assert.equal(bench.exchange(question("0.0.0.0", guest)).length, 0, "not for what the guest probes");
  bench.exchange(frame({ source: guest, destination: "93.184.216.34" }));
  assert.deepEqual(received, [{ local: "93.184.216.34", remote: guest, length: 3, extra: 1 }]);
  assert.equal(bench.kernel.send(number("93.184.216.34"), number(guest), 8), 1);
  const sent = readIpv4(bench.exchange()[0]!);
  assert.equal(sent.source, "93.184.216.34");
  assert.equal(sent.destination, guest);
  bench.exchange(frame({ source: guest, destination: "127.0.0.1" }));
  assert.equal(received.length, 1);
  assert.equal(bench.kernel.send(number("127.0.0.1"), number(guest), 8), 0);
});
