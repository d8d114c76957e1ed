import test from "node:test";
import assert from "node:assert/strict";
import { arp, ethernet, ipv4, PEER as PEER_HARDWARE, readIpv4 } from "../../../../tools/frames.ts";
import { createBench, STATION } from "../../../../tools/network-bench.ts";
import { ACK, decode, encode, FIN, SYN, textOf, u32, type Given, type Segment } from "./bench.harness.ts";

const SOURCE = `
import { startConfiguration } from "../../configuration";
import { startChunks, chunksInUse } from "../../memory/chunk";
import { now, startTurn } from "../../time/clock";
import { expire, nextDeadline } from "../../time/wheel";
import { usePlatformDevice } from "../ip/platform-device";
import { stateOf } from "../../app/compartments";
import * as ip from "../ip/service";
import * as tcp from "./service";
export function start(): void { startConfiguration(); startChunks(512); startTurn(); stateOf(0).begun = true; usePlatformDevice(); ip.start(); tcp.start(); }
export function turn(): i64 {
  startTurn();
  for (let round = 0; round < 16; round++) {
    expire(now());
    const worked = ip.poll() | tcp.poll();
    tcp.flush();
    if (!worked) break;
  }
  return nextDeadline();
}
export { chunksInUse };
export { listen, connect, read, write, shutdown, abort, remote } from "./service";
`;

const LOCAL_TEXT = "10.0.0.1";
const PEER_TEXT = "10.0.0.2";
const GONE = -2;
const AGAIN = -1;
const END = -5;
const ENTRIES = ["", "", "up", "accepted", "connected", "readable", "writable", "finished", "closed"];

type OnEnter = (name: string, a: number, b: number) => void;

/** A machine with the `tcp` service, and this test as its app and its peer. */
async function machine(onEnter: OnEnter = () => {}) {
  const events: string[] = [];
  const bench = await createBench({
    name: "net/tcp/service.harness.ts",
    source: SOURCE,
    configuration: "net.address=10.0.0.1/24\nnet.allow=tcp:10.0.0.2:*\n",
    onEnter(entry, a, b) {
      events.push([ENTRIES[entry], a & 0xffff, b & 0xffff].join(" "));
      onEnter(ENTRIES[entry]!, a, b);
    },
  });
  const reply = { operation: 2, senderHardware: PEER_HARDWARE, sender: PEER_TEXT, target: LOCAL_TEXT };
  const segmentsOf = (frames: Uint8Array[]): Segment[] =>
    frames
      .filter((frame) => frame[12] === 8 && frame[13] === 0)
      .map((frame) => decode(readIpv4(frame).payload));
  const settle = (frames: Uint8Array[]): Segment[] => {
    const asks = frames.some((frame) => frame[13] === 6);
    const released = asks
      ? bench.exchange(ethernet(STATION, PEER_HARDWARE, 0x0806, arp({ ...reply, targetHardware: STATION })))
      : [];
    return segmentsOf([...frames, ...released]);
  };
  const send = (given: Given, source: number, destination: number): Segment[] => {
    const payload = encode(given, source, destination);
    const packet = ipv4({ source: PEER_TEXT, destination: LOCAL_TEXT, protocol: 6, payload });
    return settle(bench.exchange(ethernet(STATION, PEER_HARDWARE, 0x0800, packet)));
  };
  const put = (text: string, at = 0) => (
    bench.appMemory.set(new TextEncoder().encode(text), at),
    text.length
  );
  const read = (id: number, size: number) => {
    const length = bench.kernel["read"](id, 0, size) as number;
    return length < 0 ? length : textOf(bench.appMemory.slice(0, length));
  };
  return { bench, kernel: bench.kernel, events, send, settle, put, read, turn: () => settle(bench.pass(0)) };
}

type Machine = Awaited<ReturnType<typeof machine>>;

/** The peer opens a connection to port 80: the peer's next numbers. */
function open(app: Machine, port = 4000) {
  const [answer] = app.send({ flags: SYN, seq: 100 }, port, 80);
  const ack = u32(answer!.seq + 1);
  app.send({ flags: ACK, seq: 101, ack }, port, 80);
  return { seq: 101, ack };
}

test("an app accepts, reads in place, answers, and is told of the end", async () => {
  let id = 0;
  const app: Machine = await machine((name, a, b) => {
    if (name === "accepted") id = b;
    if (name === "readable") app.kernel["write"](a, 0, app.put("got " + app.read(a, 100)));
  });
  assert.equal(app.kernel["listen"](80), 0);
  const { seq, ack } = open(app);
  const [answer] = app.send({ flags: ACK, seq, ack, data: "hello" }, 4000, 80);
  assert.equal(textOf(answer!.data), "got hello");
  assert.equal(app.kernel["remote"](id, 200, 18), 0);
  assert.equal(Buffer.from(app.bench.appMemory.slice(210, 218)).toString("hex"), "ffff0a0000020fa0");
  app.send({ flags: ACK | FIN, seq: seq + 5, ack: ack + 9 }, 4000, 80);
  assert.equal(app.read(id, 10), END);
  app.kernel["shutdown"](id);
  const [fin] = app.turn();
  app.send({ flags: ACK, seq: seq + 6, ack: u32(fin!.seq + 1) }, 4000, 80);
  assert.deepEqual(app.events, ["up 0 0", "accepted 0 0", "readable 0 0", "finished 0 0", "closed 0 0"]);
  assert.equal(app.read(id, 10), GONE);
});

test("bytes that the app leaves wait until it reads them, in any portion, and the end after them", async () => {
  let id = 0;
  const app = await machine((name, _a, b) => {
    if (name === "accepted") id = b;
  });
  app.kernel["listen"](80);
  const { seq, ack } = open(app);
  assert.equal(app.read(id, 10), AGAIN);
  app.send({ flags: ACK | FIN, seq, ack, data: "abcdef" }, 4000, 80);
  assert.equal(app.read(id, 4), "abcd");
  assert.ok(!app.events.includes("finished 0 0"));
  assert.equal(app.read(id, 4), "ef");
  app.turn();
  assert.ok(app.events.includes("finished 0 0"));
  assert.equal(app.read(id, 4), END);
});

test("an id of an earlier life is gone, though its block lives again", async () => {
  const ids: number[] = [];
  const app = await machine((name, _a, b) => {
    if (name === "accepted") ids.push(b);
  });
  app.kernel["listen"](80);
  open(app, 4000);
  app.kernel["abort"](ids[0]);
  app.turn();
  open(app, 4001);
  assert.equal(ids[0]! & 0xffff, ids[1]! & 0xffff);
  assert.equal(app.read(ids[0]!, 1), GONE);
  assert.equal(app.kernel["write"](ids[0], 0, 1), GONE);
  assert.equal(app.read(ids[1]!, 1), AGAIN);
  for (const forged of [0, -1, 1, 0x7fffffff, ids[1]! + 1, ids[1]! | 0x8000_0000])
    assert.equal(app.read(forged, 1), GONE);
});

test("an app connects, writes before it is open, and learns of a refusal", async () => {
  const app = await machine();
  app.bench.appMemory.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 2], 0);
  const id = app.kernel["connect"](0, 16, 443) as number;
  assert.ok(id > 0);
  assert.equal(app.kernel["write"](id, 0, 4), 4);
  const [syn] = app.turn();
  assert.equal(syn!.flags, SYN);
  app.send({ flags: 4 | ACK, ack: u32(syn!.seq + 1) }, 443, syn!.source);
  assert.deepEqual(app.events.slice(1), ["closed 0 4"]);
  assert.equal(app.read(id, 1), GONE);
  assert.equal(app.kernel["connect"](0, 15, 443), -3);
  assert.equal(app.kernel["listen"](0), -3);
});
