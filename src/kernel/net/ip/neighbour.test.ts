import test from "node:test";
import assert from "node:assert/strict";
import { STATION } from "../../../../tools/network-bench.ts";
import { arp, BROADCAST, bytes, ethernet, isArp, PEER, readIpv4 } from "../../../../tools/frames.ts";
import { answer, machine, number, OUR, question } from "../../../../tools/network-machine.ts";

test("a question for our address is answered, others are not", async () => {
  const { bench } = await machine();
  const [reply, ...more] = bench.exchange(question("10.0.2.2", OUR));
  assert.equal(more.length, 0);
  const body = arp({
    operation: 2,
    senderHardware: STATION,
    sender: OUR,
    targetHardware: PEER,
    target: "10.0.2.2",
  });
  assert.deepEqual(reply, ethernet(PEER, STATION, 0x0806, body));
  assert.deepEqual(bench.exchange(question("10.0.2.2", "10.0.2.16")), []);
  assert.deepEqual(bench.exchange(question("0.0.0.0", OUR)), []);
  assert.deepEqual(bench.exchange(question(OUR, OUR)), []);
  assert.deepEqual(bench.exchange(question("192.168.1.1", OUR)), []);
  assert.deepEqual(bench.exchange(question("10.0.2.2", OUR, BROADCAST)), []);
});

test("datagrams wait for the neighbour's answer, the newest four in order", async () => {
  const { bench } = await machine();
  for (let size = 1; size <= 6; size++) bench.kernel.send(number(OUR), number("10.0.2.9"), size);
  const [request, ...more] = bench.exchange();
  assert.equal(more.length, 0, "one question for six datagrams");
  assert.deepEqual(
    request,
    ethernet(
      BROADCAST,
      STATION,
      0x0806,
      arp({ operation: 1, senderHardware: STATION, sender: OUR, target: "10.0.2.9" }),
    ),
  );
  assert.equal(bench.kernel.chunksInUse(), 4);
  const flushed = bench.exchange(answer("10.0.2.9", OUR));
  assert.deepEqual(
    flushed.map((each) => readIpv4(each).payload.length),
    [3, 4, 5, 6],
  );
  assert.ok(flushed.every((each) => bytes(PEER, STATION).every((byte, index) => each[index] === byte)));
  assert.equal(bench.kernel.chunksInUse(), 0);
  bench.kernel.send(number(OUR), number("10.0.2.9"), 7);
  assert.equal(bench.exchange().length, 1, "now at once");
});

test("a silent neighbour is asked three times a second apart, then given up", async () => {
  const { bench } = await machine();
  bench.kernel.send(number(OUR), number("10.0.2.9"), 8);
  assert.equal(bench.exchange().length, 1);
  assert.equal(bench.pass(500).length, 0);
  assert.equal(bench.pass(505).length, 1);
  assert.equal(bench.pass(1005).length, 1);
  assert.equal(bench.pass(1005).length, 0);
  assert.equal(bench.pass(5000).length, 0);
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("a neighbour that was quiet for a minute is asked again while it is still used", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  bench.pass(61_000);
  bench.kernel.send(number(OUR), number("10.0.2.2"), 8);
  const [probe, datagram] = bench.exchange();
  assert.ok(isArp(probe!));
  assert.deepEqual(probe!.slice(0, 6), PEER, "asks the one it knows");
  assert.equal(readIpv4(datagram!).payload.length, 8);
  bench.exchange(answer("10.0.2.2", OUR));
  bench.kernel.send(number(OUR), number("10.0.2.2"), 8);
  assert.equal(bench.exchange().length, 1);
});

test("a stranger does not take over a living neighbour's address", async () => {
  const { bench } = await machine();
  const stranger = Uint8Array.of(2, 6, 6, 6, 6, 6);
  bench.exchange(question("10.0.2.2", OUR));
  const [probe] = bench.exchange(answer("10.0.2.2", OUR, stranger));
  assert.ok(isArp(probe!));
  assert.deepEqual(probe!.slice(0, 6), PEER);
  bench.exchange(answer("10.0.2.2", OUR));
  bench.kernel.send(number(OUR), number("10.0.2.2"), 8);
  assert.deepEqual(bench.exchange()[0]!.slice(0, 6), PEER);
});

test("a neighbour that moved is found at its new place once the old one is silent", async () => {
  const { bench } = await machine();
  const moved = Uint8Array.of(2, 7, 7, 7, 7, 7);
  bench.exchange(question("10.0.2.2", OUR));
  bench.exchange(answer("10.0.2.2", OUR, moved));
  for (let second = 0; second < 3; second++) bench.pass(1005);
  bench.exchange(answer("10.0.2.2", OUR, moved));
  bench.kernel.send(number(OUR), number("10.0.2.2"), 8);
  assert.deepEqual(bench.exchange()[0]!.slice(0, 6), moved);
});

test("whoever fills the table drives out neither the router nor the name server", async () => {
  const { bench } = await machine({
    configuration: "net.address=10.0.2.15/16\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.3\n",
  });
  const stranger = Uint8Array.of(2, 6, 6, 6, 6, 6);
  for (const known of ["10.0.2.2", "10.0.2.3", "10.0.2.4"]) bench.exchange(question(known, OUR));
  bench.pass(10);
  for (let index = 0; index < 4096; index++) {
    bench.exchange(question(`10.0.${16 + (index >> 8)}.${index & 255}`, OUR, stranger));
  }
  const reaches = (address: string) => {
    bench.kernel.send(number(OUR), number(address), 8);
    return bench.exchange().filter((frame) => !isArp(frame)).length === 1;
  };
  assert.ok(reaches("10.0.2.2") && reaches("10.0.2.3"));
  assert.ok(!reaches("10.0.2.4"), "the control: any other neighbour is driven out");
});
