import test from "node:test";
import assert from "node:assert/strict";
import { createBench, serviceRoot, STATION, type BenchOptions } from "../../../../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  icmp,
  internetChecksum,
  ip,
  ipText,
  ipv4,
  isArp,
  PEER,
  read16,
  readIpv4,
  u16,
  u32,
  type Bytes,
  type Ipv4Fields,
} from "../../../../tools/frames.ts";

/** A transport that records what it is given and can send. */
const EXTRA = `
import { network } from "./network";
import { setAddress } from "./address";
import { counted } from "./counters";
import { Flow, mapIpv4, Transport, PROTOCOL_TCP, PROTOCOL_UDP } from "../layer";
import { refusePort } from "./input";
declare function received(local: u32, remote: u32, length: u32, first: u32): void;
declare function failed(local: u32, remote: u32, length: u32, mtu: u32): void;
class Recorder extends Transport {
  refuse: bool = false;
  receive(flow: Flow, pointer: usize, length: u32): void {
    received(<u32>flow.localLow, <u32>flow.remoteLow, length, length > 0 ? load<u8>(pointer) : 0);
    if (this.refuse) refusePort();
  }
  unreachable(flow: Flow, pointer: usize, length: u32, mtu: u32): void {
    failed(<u32>flow.localLow, <u32>flow.remoteLow, length, mtu);
  }
}
const tcp = new Recorder();
const udp = new Recorder();
udp.refuse = true;
network().register(PROTOCOL_TCP, tcp);
network().register(PROTOCOL_UDP, udp);
const flow = changetype<Flow>(memory.data(48, 8));
/** Sends \`length\` bytes 0xAB: 1, or 0 without a route. */
export function send(local: u32, remote: u32, length: u32): u32 {
  flow.localLow = mapIpv4(local);
  flow.remoteLow = mapIpv4(remote);
  const at = network().open(flow, PROTOCOL_TCP);
  if (at == 0) return 0;
  memory.fill(at, 0xab, length);
  network().send(length);
  return 1;
}
export function localFor(remote: u32): u32 {
  flow.remoteLow = mapIpv4(remote);
  return network().localFor(flow) ? <u32>flow.localLow : 0;
}
export function maximumPayload(): u32 { return network().maximumPayload(flow); }
export { address } from "./service";
export { setAddress, counted };
`;

const STATIC = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.3\n";
const OUR = "10.0.2.15";
const number = (text: string) => new DataView(bytes(ip(text)).buffer).getUint32(0);

interface Seen {
  readonly local: string;
  readonly remote: string;
  readonly length: number;
  readonly extra: number;
}

async function machine(options: Partial<BenchOptions> = {}) {
  const received: Seen[] = [];
  const failed: Seen[] = [];
  const entered: number[] = [];
  const dotted = (value: number) => ipText(bytes(u32(value >>> 0)), 0);
  const recorder = (list: Seen[]) => (local: number, remote: number, length: number, extra: number) => {
    list.push({ local: dotted(local), remote: dotted(remote), length, extra });
  };
  const bench = await createBench({
    name: "net/ip/network.harness.ts",
    source: serviceRoot(["ip"], EXTRA),
    configuration: STATIC,
    functions: { "network.harness": { received: recorder(received), failed: recorder(failed) } },
    onEnter: (entry) => entered.push(entry),
    ...options,
  });
  return { bench, received, failed, entered };
}

const frame = (fields: Partial<Ipv4Fields>, to: Bytes = STATION) =>
  ethernet(
    to,
    PEER,
    0x0800,
    ipv4({ source: "10.0.2.2", destination: OUR, protocol: 6, payload: bytes(1, 2, 3), ...fields }),
  );

const question = (sender: string, target: string, senderHardware = PEER) =>
  ethernet(BROADCAST, senderHardware, 0x0806, arp({ operation: 1, senderHardware, sender, target }));

const answer = (sender: string, target: string, senderHardware = PEER) =>
  ethernet(
    STATION,
    senderHardware,
    0x0806,
    arp({ operation: 2, senderHardware, sender, targetHardware: STATION, target }),
  );

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
    ipv4({ source, destination: "1.2.3.4", protocol: 6, payload: new Uint8Array(40) }).slice(0, cut);
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

test("ids of datagrams are spread over their range and DF is set", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  const ids = new Set<number>();
  for (let index = 0; index < 500; index++) {
    bench.kernel.send(number(OUR), number("10.0.2.2"), 8);
    const sent = bench.exchange()[0]!;
    assert.equal(read16(sent, 14 + 6), 0x4000);
    ids.add(readIpv4(sent).id);
  }
  assert.ok(ids.size > 480);
  assert.ok(Math.max(...ids) - Math.min(...ids) > 50_000);
});

test("a full device keeps order and loses nothing within the backlog", async () => {
  const { bench } = await machine();
  bench.exchange(question("10.0.2.2", OUR));
  bench.full = true;
  for (let size = 1; size <= 300; size++) bench.kernel.send(number(OUR), number("10.0.2.2"), size);
  assert.deepEqual(bench.exchange(), []);
  assert.equal(bench.kernel.chunksInUse(), 256);
  bench.full = false;
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
