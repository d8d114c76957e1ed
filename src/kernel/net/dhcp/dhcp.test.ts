import test from "node:test";
import assert from "node:assert/strict";
import { createBench, serviceRoot, STATION, type Bench } from "../../../../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  ip,
  ipText,
  isArp,
  PEER,
  read32,
  readUdp,
  u16,
  u32,
  udpFrame,
  type Bytes,
} from "../../../../tools/frames.ts";

const CLIENT = `
import { leaseState } from "./client";
import { localAddress, dnsServer, gatewayAddress } from "../ip/address";
export { leaseState, localAddress, dnsServer, gatewayAddress };
`;
const SERVER = `
import { startServer } from "./server";
export function serve(): void { startServer(0x0a00020f, 24, 0x0a000202, 0x0a000203); }
`;
const enum State {
  Init,
  Selecting,
  Requesting,
  Bound,
  Renewing,
  Rebinding,
}
const SECOND = 1000;
const LEASE = 3600;

async function client(seed = 1) {
  const entered: number[] = [];
  const bench = await createBench({
    name: "net/dhcp/dhcp.harness.ts",
    source: serviceRoot(["ip", "udp", "dhcp"], CLIENT),
    onEnter: (entry) => entered.push(entry),
    seed,
  });
  return { bench, entered };
}

interface Message {
  readonly type: number;
  readonly xid: number;
  readonly destination: string;
  readonly source: string;
  readonly ciaddr: string;
  readonly options: Map<number, Bytes>;
}

function readMessage(frame: Bytes): Message {
  const { source, destination, payload, sourcePort, destinationPort } = readUdp(frame);
  assert.deepEqual([sourcePort, destinationPort], [68, 67]);
  assert.ok(payload.length >= 300);
  assert.deepEqual(payload.slice(0, 4), bytes(1, 1, 6, 0));
  assert.deepEqual(payload.slice(28, 34), STATION);
  const options = new Map<number, Bytes>();
  for (let at = 240; payload[at] !== 255; at += 2 + payload[at + 1]!) {
    options.set(payload[at]!, payload.slice(at + 2, at + 2 + payload[at + 1]!));
  }
  const type = options.get(53)![0]!;
  return { type, xid: read32(payload, 4), source, destination, ciaddr: ipText(payload, 12), options };
}

interface Reply {
  readonly type: number;
  readonly xid: number;
  readonly address?: string;
  readonly server?: string;
  readonly hardware?: Bytes;
  readonly options?: Bytes;
  readonly lease?: number;
}

function reply(fields: Reply): Bytes {
  const { type, xid, address = "10.0.2.15", server = "10.0.2.2", hardware = STATION, lease = LEASE } = fields;
  const base = bytes(53, 1, type, 54, 4, ip(server), 51, 4, u32(lease), 1, 4, 255, 255, 255, 0);
  const options =
    fields.options ?? bytes(base, 3, 4, ip("10.0.2.2"), 6, 8, ip("10.0.2.3"), ip("9.9.9.9"), 255);
  const head = bytes(
    2,
    1,
    6,
    0,
    u32(xid),
    u16(0),
    u16(0x8000),
    u32(0),
    ip(address),
    u32(0),
    u32(0),
    hardware,
  );
  const payload = bytes(head, new Uint8Array(10 + 192), 0x63, 0x82, 0x53, 0x63, options);
  const route = { source: server, destination: "255.255.255.255", sourcePort: 67, destinationPort: 68 };
  return udpFrame(BROADCAST, PEER, { ...route, payload });
}

/** Takes the client to BOUND: its transaction id. */
function bind(bench: Bench, lease = LEASE): number {
  const discover = readMessage(bench.exchange()[0]!);
  const request = readMessage(bench.exchange(reply({ type: 2, xid: discover.xid, lease }))[0]!);
  bench.exchange(reply({ type: 5, xid: request.xid, lease }));
  assert.equal(bench.kernel.leaseState(), State.Bound);
  return request.xid;
}

test("a machine without an address discovers, requests, and is bound", async () => {
  const { bench, entered } = await client();
  const discover = readMessage(bench.exchange()[0]!);
  assert.deepEqual([discover.type, discover.source, discover.destination], [1, "0.0.0.0", "255.255.255.255"]);
  const request = readMessage(bench.exchange(reply({ type: 2, xid: discover.xid }))[0]!);
  assert.equal(request.type, 3);
  assert.equal(request.xid, discover.xid);
  assert.deepEqual(request.options.get(50), bytes(ip("10.0.2.15")));
  assert.deepEqual(request.options.get(54), bytes(ip("10.0.2.2")));
  assert.deepEqual(entered, []);
  bench.exchange(reply({ type: 5, xid: request.xid }));
  assert.equal(bench.kernel.localAddress(), 0x0a00020f);
  assert.equal(bench.kernel.gatewayAddress(), 0x0a000202);
  assert.equal(bench.kernel.dnsServer(), 0x0a000203);
  assert.deepEqual(entered, [2]);
});

test("answers that are not ours or not usable are ignored", async () => {
  const { bench } = await client();
  const { xid } = readMessage(bench.exchange()[0]!);
  const base = { type: 2, xid };
  const cut = reply(base);
  const strange = [
    reply({ ...base, xid: xid + 1 }),
    reply({ ...base, hardware: PEER }),
    reply({ ...base, address: "224.0.0.1" }),
    reply({ ...base, address: "0.0.0.0" }),
    reply({ ...base, type: 5 }),
    reply({ ...base, type: 6 }),
    reply({ ...base, lease: 0 }),
    reply({ ...base, options: bytes(53, 1, 2, 255) }),
    reply({
      ...base,
      options: bytes(53, 1, 2, 54, 4, ip("10.0.2.2"), 51, 4, u32(9), 1, 4, 255, 0, 255, 0, 255),
    }),
    reply({ ...base, options: bytes(53, 1, 2, 54, 200) }),
    cut.slice(0, 200),
  ];
  assert.deepEqual(bench.exchange(...strange), []);
  assert.equal(bench.kernel.leaseState(), State.Selecting);
  const request = readMessage(bench.exchange(reply(base))[0]!);
  bench.exchange(
    reply({ type: 5, xid: request.xid, server: "10.0.2.66" }),
    reply({ type: 6, xid: request.xid, server: "10.0.2.66" }),
    reply({ type: 5, xid: request.xid, address: "10.0.2.99" }),
  );
  assert.equal(bench.kernel.leaseState(), State.Requesting);
});

test("unanswered discovers back off with jitter, to a minute", async () => {
  const { bench } = await client();
  const times = [0];
  bench.exchange();
  for (let step = 0; step < 40_000 && times.length < 10; step++) {
    if (bench.pass(10).length > 0) times.push(step / 100);
  }
  const waits = times.slice(1).map((time, index) => time - times[index]!);
  waits.forEach((wait, index) => {
    const middle = Math.min(2 ** index, 64);
    assert.ok(wait >= middle * 0.74 && wait <= middle * 1.27, `wait ${index} is ${wait} s`);
  });
  assert.equal(waits.length, 9);
  assert.ok(waits.some((wait, index) => Math.abs(wait - Math.min(2 ** index, 64)) > 0.02));
});

test("a request that nobody answers, or that is refused, starts over with a new id", async () => {
  const { bench } = await client();
  const first = readMessage(bench.exchange()[0]!);
  bench.exchange(reply({ type: 2, xid: first.xid }));
  const seen: Message[] = [];
  for (let second = 0; second < 25; second++) seen.push(...bench.pass(SECOND).map(readMessage));
  assert.deepEqual(
    seen.slice(0, 4).map(({ type }) => type),
    [3, 3, 3, 1],
  );
  assert.notEqual(seen[3]!.xid, first.xid);
  const second = readMessage(bench.exchange(reply({ type: 2, xid: seen[3]!.xid }))[0]!);
  const third = readMessage(bench.exchange(reply({ type: 6, xid: second.xid }))[0]!);
  assert.equal(third.type, 1);
  assert.notEqual(third.xid, second.xid);
});

const answerArp = (frame: Bytes) => {
  const body = arp({
    operation: 2,
    senderHardware: PEER,
    sender: ipText(frame, 38),
    targetHardware: STATION,
    target: "10.0.2.15",
  });
  return ethernet(STATION, PEER, 0x0806, body);
};

test("a lease is renewed at half its time, by unicast to its server", async () => {
  const { bench, entered } = await client();
  bind(bench);
  assert.deepEqual(bench.pass(1799 * SECOND), []);
  const question = bench.pass(2 * SECOND)[0]!;
  assert.ok(isArp(question));
  const renew = readMessage(bench.exchange(answerArp(question))[0]!);
  assert.deepEqual(
    [renew.type, renew.source, renew.destination, renew.ciaddr],
    [3, "10.0.2.15", "10.0.2.2", "10.0.2.15"],
  );
  assert.ok(!renew.options.has(50) && !renew.options.has(54));
  bench.exchange(reply({ type: 5, xid: renew.xid }));
  assert.equal(bench.kernel.leaseState(), State.Bound);
  assert.deepEqual(bench.pass(1795 * SECOND), []);
  assert.deepEqual(entered, [2], "the app is not told again");
});

test("an unanswered renewal becomes a rebinding by broadcast, then the address is let go", async () => {
  const { bench } = await client();
  bind(bench);
  const seen: [number, Message][] = [];
  for (let second = 10; second <= 3700; second += 10) {
    for (const frame of bench.pass(10 * SECOND)) {
      if (!isArp(frame)) seen.push([second, readMessage(frame)]);
    }
    if (second === 3140) assert.equal(bench.kernel.leaseState(), State.Renewing);
    if (second === 3590) assert.equal(bench.kernel.localAddress(), 0x0a00020f);
  }
  const rebinding = seen.filter(([, message]) => message.source === "10.0.2.15");
  assert.ok(rebinding.length >= 2 && rebinding.length < 8);
  assert.ok(
    rebinding.every(([second, { destination }]) => second >= 3150 && destination === "255.255.255.255"),
  );
  assert.equal(bench.kernel.localAddress(), 0);
  assert.equal(bench.kernel.leaseState(), State.Selecting);
});

test("a refused renewal lets go of the address at once; an endless lease is never renewed", async () => {
  const { bench } = await client();
  bind(bench);
  const renew = bench.pass(1801 * SECOND)[0]!;
  const message = readMessage(bench.exchange(answerArp(renew))[0]!);
  const discover = readMessage(bench.exchange(reply({ type: 6, xid: message.xid }))[0]!);
  assert.equal(discover.type, 1);
  assert.equal(bench.kernel.localAddress(), 0);
  const { bench: endless } = await client(2);
  bind(endless, 0xffffffff);
  assert.deepEqual(endless.pass(1e9), []);
});

test("transaction ids differ from boot to boot", async () => {
  const ids = new Set<number>();
  for (let seed = 1; seed <= 20; seed++) {
    const { bench } = await client(seed);
    ids.add(readMessage(bench.exchange()[0]!).xid);
  }
  assert.equal(ids.size, 20);
});

test("our server and our client come to terms over a cable", async () => {
  const { bench: guest } = await client();
  const gateway = await createBench({
    name: "net/dhcp/server.harness.ts",
    source: serviceRoot(["ip", "udp"], SERVER),
    configuration: "net.address=10.0.2.2/24\nnet.mode=gateway\n",
    hardwareAddress: PEER,
  });
  gateway.kernel.serve();
  for (let round = 0, frames = guest.exchange(); round < 6; round++) {
    frames = guest.exchange(...gateway.exchange(...frames));
  }
  assert.equal(guest.kernel.leaseState(), State.Bound);
  assert.equal(guest.kernel.localAddress(), 0x0a00020f);
  assert.equal(guest.kernel.dnsServer(), 0x0a000203);
  let frames = guest.pass(43_201 * SECOND);
  assert.equal(guest.kernel.leaseState(), State.Renewing);
  for (let round = 0; round < 6; round++) frames = guest.exchange(...gateway.exchange(...frames));
  assert.equal(guest.kernel.leaseState(), State.Bound);
});
