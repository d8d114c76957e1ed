import test from "node:test";
import assert from "node:assert/strict";
import { BROADCAST, bytes, icmp, ipv4, readIpv4, type Bytes } from "../../../../tools/frames.ts";
import { frame, machine, OUR, question } from "../../../../tools/network-machine.ts";

test("echo is answered with the same data, never for a broadcast or a wrong checksum", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  const data = bytes(...new Array(56).keys());
  const request = icmp(8, 0, 0x00010002, data);
  const [reply] = bench.exchange(frame({ protocol: 1, payload: request }));
  assert.deepEqual(readIpv4(reply!).payload, icmp(0, 0, 0x00010002, data));
  assert.equal(readIpv4(reply!).destination, "10.0.2.2");
  const wrong = request.slice();
  wrong[3]! ^= 1;
  assert.deepEqual(
    bench.exchange(
      frame({ protocol: 1, payload: wrong }),
      frame({ protocol: 1, payload: request.slice(0, 7) }),
      frame({ protocol: 1, payload: request, destination: "10.0.2.255" }, BROADCAST),
    ),
    [],
  );
});

test("an ICMP error reaches the transport whose datagram it quotes", async () => {
  const { bench, failed } = await machine();
  const quote = (source: string, cut = 28) =>
    ipv4({ source, destination: "1.2.3.4", protocol: 6, payload: new Uint8Array(1480) }).slice(0, cut);
  const error = (type: number, code: number, rest: number, data: Bytes) =>
    frame({ source: "10.0.2.2", protocol: 1, payload: icmp(type, code, rest, data) });
  bench.exchange(error(3, 3, 0, quote(OUR)), error(3, 4, 1400, quote(OUR)), error(11, 0, 0, quote(OUR)));
  const about = { local: OUR, remote: "1.2.3.4", length: 8 };
  assert.deepEqual(failed, [
    { ...about, extra: 0 },
    { ...about, extra: 1400 },
    { ...about, extra: 0 },
  ]);
  bench.exchange(
    error(3, 3, 0, quote("10.0.2.16")),
    error(3, 3, 0, quote(OUR, 27)),
    error(3, 3, 0, bytes()),
    error(5, 0, 0, quote(OUR)),
    error(3, 3, 0, bytes(0x4f, new Array(27).fill(0))),
  );
  assert.equal(failed.length, 3);
});

test("what a path carries is believed only below what was sent, and never to be tiny", async () => {
  const { bench, failed } = await machine();
  const tell = (mtu: number, sent: number) => {
    const packet = ipv4({
      source: OUR,
      destination: "1.2.3.4",
      protocol: 6,
      payload: new Uint8Array(sent - 20),
    });
    failed.splice(0);
    bench.exchange(frame({ source: "10.0.2.2", protocol: 1, payload: icmp(3, 4, mtu, packet.slice(0, 28)) }));
    return failed.map((each) => each.extra);
  };
  assert.deepEqual(tell(1400, 1500), [1400]);
  assert.deepEqual(tell(0, 1500), [1492], "an old router's: the next plateau");
  assert.deepEqual(tell(0, 1492), [1006]);
  assert.deepEqual(tell(68, 1500), [552]);
  for (const [mtu, sent] of [
    [1500, 1500],
    [9000, 1500],
    [500, 552],
    [0, 500],
  ] as const) {
    assert.deepEqual(tell(mtu, sent), [], `${mtu} for ${sent}`);
  }
});

test("a closed port is told once for a datagram, for a limited number in a second", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  const datagram = frame({ protocol: 17, payload: new Uint8Array(30) });
  const [error] = bench.exchange(datagram);
  const { payload, protocol } = readIpv4(error!);
  assert.equal(protocol, 1);
  assert.deepEqual(payload, icmp(3, 3, 0, datagram.slice(14, 14 + 28)));
  const flood = bench.exchange(...new Array(60).fill(datagram));
  assert.ok(flood.length < 16, `${flood.length} errors`);
  assert.ok(bench.pass(1100).length === 0 && bench.exchange(datagram).length === 1);
  const toAll = frame({ protocol: 17, payload: new Uint8Array(30), destination: "10.0.2.255" }, BROADCAST);
  assert.deepEqual(bench.exchange(toAll), []);
});
