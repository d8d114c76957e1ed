/**
 * What one compartment may have of the network's tables where there are many: it leaves to others as much as it has.
 * Each also runs with a kernel that lets everybody have what is there.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createBench, serviceRoot, STATION, type Bench } from "../../../tools/network-bench.ts";
import { arp, BROADCAST, bytes, ethernet, PEER, udpFrame } from "../../../tools/frames.ts";
import { Status } from "../../abi/status.ts";
import { Bench as TcpBench, Peer, type Weakening } from "./tcp/bench.harness.ts";

const OUR = "10.0.2.15";
const SOCKETS = 64;
const QUERIES = 32;
const WAITING = 256;
const COMPARTMENTS = 100;

const ROOT = serviceRoot(
  ["ip", "udp", "dns"],
  `
import { setRunning, startCompartments } from "../../app/compartments";
import { appSocket } from "../udp/app-socket";
export { resolve } from "./service";
export { bind, receive } from "../udp/service";
export { countWaiting as waitingFor } from "../udp/app-socket";
export { setRunning, startCompartments };
export function portOf(id: i32): u32 {
  const socket = appSocket(id);
  return socket == null ? 0 : socket.port;
}
`,
);

function greedy(): Readonly<Record<string, string>> {
  const file = path.resolve(import.meta.dirname, "../app/outbound.ts");
  const text = readFileSync(file, "utf8");
  const share = "!isIsolated() || has < free";
  assert.ok(text.includes(share), "the control controls");
  return { "app/outbound.ts": text.replace(share, "true") };
}

async function machine(isGreedy: boolean): Promise<Bench> {
  const bench = await createBench({
    name: "net/dns/shares.harness.ts",
    source: ROOT,
    configuration: `net.address=${OUR}/24\nnet.dns=10.0.2.3\nnet.allow=*:*\n`,
    ...(isGreedy ? { virtualFiles: greedy() } : {}),
  });
  bench.kernel["startCompartments"](COMPARTMENTS);
  const introduce = arp({ operation: 1, senderHardware: PEER, sender: "10.0.2.9", target: OUR });
  bench.exchange(ethernet(BROADCAST, PEER, 0x0806, introduce));
  return bench;
}

/** How many each of some compartments gets, one after the other, each as many as it can. */
function each(bench: Bench, open: () => number): number[] {
  const had: number[] = [];
  for (let who = 1; who <= 8; who++) {
    bench.kernel["setRunning"](who);
    let count = 0;
    let result = open();
    for (; result >= 0; result = open()) count++;
    assert.equal(result, Status.Full);
    had.push(count);
  }
  return had;
}

const bind = (bench: Bench) => (): number => bench.kernel["bind"](0) as number;

const resolve = (bench: Bench) => (): number => {
  bench.appMemory.set(Buffer.from("a.example"), 0);
  return bench.kernel["resolve"](0, 9) as number;
};

test("sockets and questions: who has much leaves places to who has nothing", async () => {
  const bench = await machine(false);
  assert.deepEqual(each(bench, bind(bench)), [32, 16, 8, 4, 2, 1, 1, 0]);
  assert.deepEqual(each(bench, resolve(bench)), [16, 8, 4, 2, 1, 1, 0, 0]);
  const control = await machine(true);
  assert.deepEqual(each(control, bind(control)), [SOCKETS, 0, 0, 0, 0, 0, 0, 0], "control: one has all");
  assert.deepEqual(each(control, resolve(control)), [QUERIES, 0, 0, 0, 0, 0, 0, 0]);
});

/** Datagrams that can wait for a compartment of ten sockets, and then for one that has one. */
async function waiting(isGreedy: boolean): Promise<number[]> {
  const bench = await machine(isGreedy);
  return [10, 1].map((sockets, who) => {
    bench.kernel["setRunning"](who + 1);
    const ids = Array.from({ length: sockets }, bind(bench));
    for (const id of ids) {
      const destinationPort = bench.kernel["portOf"](id) as number;
      const ends = { source: "10.0.2.9", destination: OUR, sourcePort: 4000, destinationPort };
      const datagram = udpFrame(STATION, PEER, { ...ends, payload: bytes(1) });
      for (let count = 0; count < 40; count++) bench.exchange(datagram);
    }
    return bench.kernel["waitingFor"](who + 1) as number;
  });
}

test("datagrams: one compartment's do not fill all that may wait", async () => {
  assert.deepEqual(await waiting(false), [WAITING / 2, 32]);
  assert.deepEqual(await waiting(true), [WAITING, 0], "control: nothing is left for another");
});

const CHUNKS = 1024;
const STREAMS = 200;

/**
 * A tenant with 200 streams: chunks in use after each has been given what it takes, `sent` to a peer that takes nothing
 * or `received` and not read.
 */
async function held(way: "sent" | "received", weakened?: Weakening): Promise<number> {
  const bench = await TcpBench.create({
    chunks: CHUNKS,
    connections: 512,
    ...(weakened === undefined ? {} : { weakened }),
  });
  bench.kernel["listen"](80);
  bench.kernel["setSharers"](STREAMS);
  bench.take = () => 0;
  for (let index = 0; index < STREAMS; index++) {
    const peer = new Peer(bench, 80, 1000 + index).open({ window: 0 });
    if (way === "sent") bench.turn(() => void bench.write(peer.handle, new Uint8Array(256 * 1024)));
    else fill(bench, peer);
  }
  return bench.kernel["chunksInUse"]() as number;
}

/** Sends a chunk of bytes at a time, until one is not kept: what follows a gap would be, for a while. */
function fill(bench: TcpBench, peer: Peer): void {
  let before = -1;
  for (let at = 0; bench.kernel["chunksInUse"]() !== before && at < 131_072; at += 2048) {
    before = bench.kernel["chunksInUse"]() as number;
    peer.send({ seq: at, data: new Uint8Array(2048) });
  }
}

test("bytes: streams of one tenant that nobody takes leave a good part of them to others", async () => {
  const part = "max(chunks / sharers, 1) * CHUNK_SIZE";
  const unshared: Weakening = ["send-limit.ts", [part, "<u32>i32.MAX_VALUE"]];
  const [sent, received] = [await held("sent"), await held("received")];
  // Half is anybody's; of the rest a third stays, of which a quarter of all is for what is sent alone.
  assert.ok(sent < CHUNKS - CHUNKS / 8, `${sent} sent`);
  assert.ok(received < CHUNKS - CHUNKS / 4 - 32, `${received} received`);
  assert.ok((await held("sent", unshared)) > CHUNKS - 20, "control: all but what acknowledges");
  assert.ok(
    (await held("received", unshared)) > CHUNKS - CHUNKS / 4 - 10,
    "control: all but what is for sending",
  );
});
