import test from "node:test";
import assert from "node:assert/strict";
import { createBench, serviceRoot, STATION, type Bench } from "../../../../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  icmp,
  ip,
  ipText,
  ipv4,
  PEER,
  readIpv4,
  readUdp,
  u16,
  u32,
  udpFrame,
  type UdpFields,
} from "../../../../tools/frames.ts";

const EXTRA = `
import { bindAny, bindPort, UdpOwner } from "./port-table";
import { openUdp, sendUdp, malformedDatagrams } from "./transport";
import { Flow } from "../layer";
declare function taken(user: u32, local: u32, localPort: u32, remotePort: u32, length: u32): void;
declare function turnedAway(user: u32, localPort: u32): void;
/** Records, and sends each datagram back. */
class Echo extends UdpOwner {
  received(user: usize, flow: Flow, pointer: usize, length: u32): void {
    taken(<u32>user, <u32>flow.localLow, flow.localPort, flow.remotePort, length);
    const payload = openUdp(flow);
    if (payload == 0) return;
    memory.copy(payload, pointer, length);
    sendUdp(flow, length);
  }
  refused(user: usize, flow: Flow): void { turnedAway(<u32>user, flow.localPort); }
}
const echo = new Echo();
export function takeAny(): void { bindAny(echo); }
export function own(port: u32, user: u32): i32 { return bindPort(<u16>port, echo, user); }
export { malformedDatagrams };
export { bind, send, receive, close, release } from "./service";
`;

const OUR = "10.0.2.15";
const mapped = (text: string) => bytes(new Array<number>(10).fill(0), 255, 255, ip(text));

async function machine(configuration = `net.address=${OUR}/24\nnet.gateway=10.0.2.2\nnet.allow=*:*\n`) {
  const entered: number[][] = [];
  const taken: unknown[][] = [];
  const turnedAway: number[][] = [];
  const bench = await createBench({
    name: "net/udp/udp.harness.ts",
    source: serviceRoot(["ip", "udp"], EXTRA),
    configuration,
    onEnter: (entry, a, b) => entry === 9 && entered.push([a, b]),
    functions: {
      "udp.harness": {
        taken: (user: number, local: number, ...rest: number[]) =>
          taken.push([user, ipText(bytes(u32(local >>> 0)), 0), ...rest]),
        turnedAway: (...all: number[]) => turnedAway.push(all),
      },
    },
  });
  const address = configuration.match(/net\.address=([0-9.]+)/)![1]!;
  const body = arp({ operation: 1, senderHardware: PEER, sender: "10.0.2.9", target: address });
  bench.exchange(ethernet(BROADCAST, PEER, 0x0806, body));
  return { bench, entered, taken, turnedAway };
}

const datagram = (fields: Partial<UdpFields> = {}) =>
  udpFrame(STATION, PEER, {
    source: "10.0.2.9",
    destination: OUR,
    sourcePort: 4000,
    destinationPort: 7000,
    payload: bytes(1, 2, 3),
    ...fields,
  });

/** The app's memory: an address at 0, the sender at 32, bytes from 64. */
function sendTo(bench: Bench, socket: number, to: string, port: number, payload: Uint8Array): number {
  bench.appMemory.set(mapped(to), 0);
  bench.appMemory.set(payload, 64);
  return bench.kernel.send(socket, 0, 16, port, 64, payload.length);
}

test("a datagram goes to its socket and is read with its sender", async () => {
  const { bench, entered } = await machine();
  const socket = bench.kernel.bind(7000);
  assert.ok(socket >= 0);
  assert.deepEqual(bench.exchange(datagram()), []);
  assert.deepEqual(entered, [[socket, 0]]);
  assert.equal(bench.kernel.receive(socket, 32, 18, 64, 100), 3);
  assert.deepEqual(bench.appMemory.slice(32, 50), bytes(mapped("10.0.2.9"), u16(4000)));
  assert.deepEqual(bench.appMemory.slice(64, 67), bytes(1, 2, 3));
  assert.equal(bench.kernel.receive(socket, 32, 18, 64, 100), -1);
  assert.equal(bench.kernel.chunksInUse(), 0);
});

test("a datagram longer than the range is cut, an empty one is read as empty", async () => {
  const { bench } = await machine();
  const socket = bench.kernel.bind(7000);
  bench.exchange(datagram({ payload: bytes(1, 2, 3, 4) }), datagram({ payload: bytes() }));
  bench.appMemory.fill(0);
  assert.equal(bench.kernel.receive(socket, 32, 18, 64, 2), 2);
  assert.deepEqual(bench.appMemory.slice(64, 68), bytes(1, 2, 0, 0));
  assert.equal(bench.kernel.receive(socket, 32, 18, 64, 2), 0);
  assert.equal(bench.kernel.receive(socket, 32, 17, 64, 2), -3);
});

test("what the app sends leaves with right checksums from its port", async () => {
  const { bench } = await machine();
  const socket = bench.kernel.bind(7000);
  for (const length of [0, 1, 2, 3, 1471, 1472]) {
    const payload = new Uint8Array(length).fill(0x5a);
    assert.equal(sendTo(bench, socket, "10.0.2.9", 4000, payload), 0);
    const sent = readUdp(bench.exchange()[0]!);
    assert.deepEqual(sent, {
      source: OUR,
      destination: "10.0.2.9",
      sourcePort: 7000,
      destinationPort: 4000,
      payload,
    });
  }
  assert.equal(sendTo(bench, socket, "10.0.2.9", 4000, new Uint8Array(1473)), -3);
  assert.equal(sendTo(bench, socket, "127.0.0.1", 4000, bytes(1)), -6);
  assert.equal(sendTo(bench, socket, "10.0.2.9", 0, bytes(1)), -3);
  assert.equal(sendTo(bench, socket, "10.0.2.9", 65536, bytes(1)), -3);
});

test("wrong lengths and checksums are dropped, a datagram without a checksum is taken", async () => {
  const { bench, entered } = await machine();
  bench.kernel.bind(7000);
  const change = (at: number, ...values: number[]) => {
    const frame = datagram();
    frame.set(values, 34 + at);
    return frame;
  };
  bench.exchange(change(4, 0, 7), change(4, 0, 12), change(6, 1, 2), change(8, 9));
  assert.deepEqual(entered, []);
  assert.equal(bench.kernel.malformedDatagrams(), 4);
  bench.exchange(change(6, 0, 0));
  assert.equal(entered.length, 1);
});

test("a closed port is refused by ICMP, a closed socket's id is gone", async () => {
  const { bench } = await machine();
  assert.equal(readIpv4(bench.exchange(datagram())[0]!).protocol, 1);
  const socket = bench.kernel.bind(7000);
  assert.equal(bench.kernel.bind(7000), -3, "a port is bound once");
  assert.deepEqual(bench.exchange(datagram()), []);
  bench.kernel.close(socket);
  assert.equal(bench.kernel.chunksInUse(), 0);
  const other = bench.kernel.bind(7000);
  assert.notEqual(other, socket);
  assert.equal(bench.kernel.receive(socket, 32, 18, 64, 2), -2);
  assert.equal(sendTo(bench, socket, "10.0.2.9", 4000, bytes(1)), -2);
  bench.kernel.close(socket);
  bench.exchange(datagram());
  assert.equal(bench.kernel.receive(other, 32, 18, 64, 2), 2);
  for (const strange of [-1, 2 ** 31 - 1, 63]) assert.equal(bench.kernel.receive(strange, 32, 18, 64, 2), -2);
});

test("random ports are dynamic and differ; the sixty-fifth socket finds the table full", async () => {
  const { bench } = await machine();
  const ports = new Set<number>();
  for (let index = 0; index < 64; index++) {
    const socket = bench.kernel.bind(0);
    sendTo(bench, socket, "10.0.2.9", 1, bytes(1));
    const { sourcePort } = readUdp(bench.exchange()[0]!);
    assert.ok(sourcePort >= 49152);
    ports.add(sourcePort);
  }
  assert.equal(ports.size, 64);
  assert.equal(bench.kernel.bind(0), -4);
  assert.equal(bench.kernel.bind(65536), -3);
  assert.equal(bench.kernel.bind(-1), -3);
});

test("a reader that does not read holds a limited number of datagrams", async () => {
  const { bench } = await machine();
  for (let port = 7000; port < 7020; port++) bench.kernel.bind(port);
  for (let port = 7000; port < 7020; port++) {
    bench.exchange(...new Array<Uint8Array>(40).fill(datagram({ destinationPort: port })));
  }
  assert.equal(bench.kernel.chunksInUse(), 256);
});

test("an owner inside the kernel gets its port's datagrams and its failures", async () => {
  const { bench, taken, turnedAway } = await machine();
  assert.equal(bench.kernel.own(5000, 77), 5000);
  const [back] = bench.exchange(datagram({ destinationPort: 5000 }));
  assert.deepEqual(taken, [[77, OUR, 5000, 4000, 3]]);
  assert.equal(readUdp(back!).destinationPort, 4000);
  const error = icmp(3, 3, 0, back!.slice(14, 14 + 28));
  const quoted = ipv4({ source: "10.0.2.9", destination: OUR, protocol: 1, payload: error });
  bench.exchange(ethernet(STATION, PEER, 0x0800, quoted));
  assert.deepEqual(turnedAway, [[77, 5000]]);
});

test("a gateway's owner of any port answers as the address that was asked", async () => {
  const { bench, taken } = await machine("net.address=10.0.2.2/24\nnet.mode=gateway\n");
  bench.kernel.takeAny();
  const [back] = bench.exchange(datagram({ destination: "8.8.8.8", destinationPort: 53 }));
  assert.deepEqual(taken, [[0, "8.8.8.8", 53, 4000, 3]]);
  const reply = readUdp(back!);
  assert.deepEqual([reply.source, reply.sourcePort, reply.destination], ["8.8.8.8", 53, "10.0.2.9"]);
});

test("without a grant the app answers who wrote to it, at that port, for two minutes, and begins nothing", async () => {
  const DENIED = -8;
  const { bench } = await machine(`net.address=${OUR}/24\nnet.gateway=10.0.2.2\nnet.allow=udp:10.0.2.7:53\n`);
  const socket = bench.kernel.bind(7000);
  const other = bench.kernel.bind(7001);
  const send = (to: string, port: number, from = socket) => sendTo(bench, from, to, port, bytes(1));
  assert.equal(send("10.0.2.9", 4000), DENIED);
  assert.equal(send("10.0.2.7", 53), 0, "granted");
  bench.exchange(datagram());
  assert.equal(send("10.0.2.9", 4000), DENIED, "not before the app has read it");
  assert.equal(bench.kernel.receive(socket, 32, 18, 64, 100), 3);
  assert.equal(send("10.0.2.9", 4000), 0);
  assert.equal(send("10.0.2.9", 4001), DENIED, "another port");
  assert.equal(send("10.0.2.8", 4000), DENIED, "another machine");
  assert.equal(send("10.0.2.9", 4000, other), DENIED, "another socket");
  for (const group of ["255.255.255.255", "10.0.2.255", "224.0.0.251"])
    assert.equal(send(group, 4000), DENIED);
  bench.pass(119_000);
  assert.equal(send("10.0.2.9", 4000), 0);
  bench.pass(2_000);
  assert.equal(send("10.0.2.9", 4000), DENIED);
});

test("who wrote is remembered within a fixed table, and forgotten with the app", async () => {
  const { bench } = await machine(`net.address=${OUR}/24\n`);
  const socket = bench.kernel.bind(7000);
  const hear = (port: number) => {
    bench.exchange(datagram({ sourcePort: port }));
    bench.kernel.receive(socket, 32, 18, 64, 100);
  };
  for (let port = 1; port <= 2000; port++) hear(port);
  let answered = 0;
  for (let port = 1; port <= 2000; port++)
    answered += sendTo(bench, socket, "10.0.2.9", port, bytes(1)) === 0 ? 1 : 0;
  assert.ok(answered > 200 && answered <= 256, `${answered}`);
  assert.equal(sendTo(bench, socket, "10.0.2.9", 2000, bytes(1)), 0, "the last is among them");
  bench.kernel.release();
  const successor = bench.kernel.bind(7000);
  assert.equal(sendTo(bench, successor, "10.0.2.9", 2000, bytes(1)), -8);
});
