/**
 * The bench for TCP's scripted tests: TCP over a network that is the test itself. Segments go in as the test writes
 * them, what comes out is read back, time stands still until the test moves it.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { assemble, type TestExports } from "../../../../tools/assembly-test.ts";

const HARNESS = `
import { Pieces } from "../../memory/pieces";
import { Flow, Network, setArrival, Transport } from "../layer";
import { store16be } from "../../memory/bytes";
import { checksum } from "../wire/checksum";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { startChunks, chunksInUse, availableChunks, takeChunk, giveChunk } from "../../memory/chunk";
import { reserve } from "../../memory/arena";
import { startTurn, now } from "../../time/clock";
import { expire, nextDeadline } from "../../time/wheel";
import { CloseReason } from "../../../abi/status";
import { startTcp } from "./transport";
import { startKeepAlive } from "./keep-alive";
import { poll, flush } from "./turn";
import { provider } from "./provider";
import * as streams from "./streams";
import { Connection } from "./connection";
import { connectionCount } from "./table";

declare function sent(pointer: usize, length: u32, remote: u32, local: u32): void;
declare function opened(handle: usize): usize;
declare function connected(user: usize): void;
declare function received(user: usize, pointer: usize, length: u32): u32;
declare function writable(user: usize): void;
declare function finished(user: usize): void;
declare function closed(user: usize, reason: i32): void;

const MAPPED: u64 = 0x0000_ffff_0000_0000;
const LOCAL: u64 = MAPPED | 0x0a000001;
let transport: Transport = changetype<Transport>(0);
let full: bool = false;
let cuts: bool = false;
let cutAt: u32 = 0;
const out: usize = memory.data(65536, 16);
const input: usize = memory.data(65536, 16);
const flow: Flow = changetype<Flow>(memory.data(40, 8));
let outRemote: u32 = 0;
let outLocal: u32 = 0;

class TestNetwork extends Network {
  open(flow: Flow, _protocol: u8): usize {
    outRemote = <u32>flow.remoteLow; outLocal = <u32>flow.localLow;
    return full ? 0 : out;
  }
  send(length: u32): void { sent(out, length, outRemote, outLocal); }
  sendUnsummed(length: u32, sum: u64, at: u32): void {
    store16be(out, checksum(sum, out, length), at);
    this.send(length);
  }
  longestSegmented(_flow: Flow): u32 { return cuts ? 65488 : 0; }
  openLong(flow: Flow, protocol: u8): usize { return this.open(flow, protocol); }
  sendLong(header: u32, text: Pieces, sum: u64, at: u32, segmentSize: u32): void {
    cutAt = segmentSize;
    text.copyTo(out + header);
    this.sendUnsummed(header + text.bytes, sum, at);
    cutAt = 0;
  }
  maximumPayload(_flow: Flow): u32 { return 1480; }
  localFor(flow: Flow): bool { flow.localHigh = 0; flow.localLow = LOCAL; return true; }
  mayBegin(_flow: Flow, _protocol: u8): bool { return true; }
  register(_protocol: u8, given: Transport): void { transport = given; }
}
let resting = false;
let sharing: u32 = 1;
class TestOwner extends StreamOwner {
  opened(_provider: StreamProvider, handle: usize): usize { return opened(handle); }
  connected(user: usize): void { connected(user); }
  received(user: usize, pointer: usize, length: u32): u32 { return received(user, pointer, length); }
  writable(user: usize): void { writable(user); }
  finished(user: usize): void { finished(user); }
  rests(_user: usize): bool { return resting; }
  sharers(_user: usize): u32 { return sharing; }
  closed(user: usize, reason: CloseReason): void { closed(user, <i32>reason); }
}
const owner = new TestOwner();
export function start(chunks: u32, connections: u32): usize {
  startChunks(chunks);
  startTcp(new TestNetwork(), connections);
  return reserve(1 << 20);
}
export function cutSegments(): void { cuts = true; }
/** Of the segment being sent: what the network is to cut it into; 0: it is one. */
export function cutSize(): u32 { return cutAt; }
export function joinedFrom(size: u32): void { setArrival(false, size); }
export function inputBuffer(): usize { return input; }
export function receive(length: u32, remote: u32, local: u32): void {
  aim(remote, local);
  transport.receive(flow, input, length);
}
export function keepAlive(ms: u32): void { startKeepAlive(<i64>ms * 1_000_000); }
export function unreachable(length: u32, remote: u32, mtu: u32): void {
  aim(remote, 0x0a000001);
  transport.unreachable(flow, input, length, mtu);
}
function aim(remote: u32, local: u32): void {
  flow.localHigh = 0; flow.localLow = MAPPED | <u64>local;
  flow.remoteHigh = 0; flow.remoteLow = MAPPED | <u64>remote;
}
export function beginTurn(): void { startTurn(); expire(now()); }
export function endTurn(): void { while (poll()) {} flush(); }
export function setFull(value: bool): void { full = value; }
export function setSharers(count: u32): void { sharing = count; }
export function setResting(value: bool): void { resting = value; }
export function listen(port: u32): bool { return streams.listen(<u16>port, owner); }
export function listenAny(): bool { return streams.listenAny(owner); }
export function answer(handle: usize): void { streams.answer(handle); }
export function refuse(handle: usize): void { streams.refuse(handle); }
export function connect(remote: u32, port: u32, user: usize): usize {
  return streams.connect(0, MAPPED | <u64>remote, <u16>port, owner, user);
}
export function space(handle: usize): u32 { return provider.space(handle); }
export function write(handle: usize, pointer: usize, length: u32): u32 { return provider.write(handle, pointer, length); }
export function place(handle: usize, length: u32): usize { return provider.place(handle, length); }
export function placed(handle: usize, length: u32): void { provider.placed(handle, length); }
export function resume(handle: usize): void { provider.resume(handle); }
export function shutdown(handle: usize): void { provider.shutdown(handle); }
export function abort(handle: usize): void { provider.abort(handle); }
export function remote(handle: usize, pointer: usize): void { provider.remote(handle, pointer); }
export function local(handle: usize, pointer: usize): void { streams.localOf(handle, pointer); }
export function stateOf(handle: usize): i32 { return changetype<Connection>(handle).state; }
export function congestionWindow(handle: usize): u32 { return changetype<Connection>(handle).congestionWindow; }
export function rto(handle: usize): i64 { return changetype<Connection>(handle).rto; }
export { chunksInUse, availableChunks, takeChunk, giveChunk, nextDeadline, connectionCount };
`;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

export const MILLISECOND = 1_000_000n;
export const LOCAL = 0x0a000001;
export const PEER = 0x0a000002;

export interface Segment {
  source: number;
  destination: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  options: Uint8Array;
  data: Uint8Array;
}

export type Given = Partial<Omit<Segment, "data" | "options">> & {
  data?: Uint8Array | string;
  options?: readonly number[];
  remote?: number;
  local?: number;
  /** Of an opening: how long the answer to the answer takes. */
  roundTripMs?: number;
};

/** A number outside the range is a sequence number that has wrapped. */
export const u32 = (value: number): number => value >>> 0;

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function onesComplement(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

function pseudoHeader(a: number, b: number, length: number): number {
  return (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) + 6 + length;
}

/** The segment's bytes, checksum right. */
export function encode(given: Given, source: number, destination: number): Uint8Array {
  const data = typeof given.data === "string" ? bytesOf(given.data) : (given.data ?? new Uint8Array());
  const options = given.options ?? [];
  const header = 20 + options.length;
  const bytes = new Uint8Array(header + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, source);
  view.setUint16(2, destination);
  view.setUint32(4, u32(given.seq ?? 0));
  view.setUint32(8, u32(given.ack ?? 0));
  view.setUint8(12, header << 2);
  view.setUint8(13, given.flags ?? 0);
  view.setUint16(14, given.window ?? 65535);
  bytes.set(options, 20);
  bytes.set(data, header);
  const sum = onesComplement(bytes, pseudoHeader(given.remote ?? PEER, given.local ?? LOCAL, bytes.length));
  view.setUint16(16, ~sum & 0xffff);
  return bytes;
}

export function decode(bytes: Uint8Array): Segment {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = (view.getUint8(12) >> 4) * 4;
  return {
    source: view.getUint16(0),
    destination: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    options: bytes.slice(20, header),
    data: bytes.slice(header),
  };
}

/** A file of this folder and what to replace in it: how a test takes a protection away, to see itself fail. */
export type Weakening = readonly [file: string, ...replacements: (readonly [from: string, to: string])[]];

function weaken([file, ...replacements]: Weakening): Record<string, string> {
  let text = readFileSync(path.join(import.meta.dirname, file), "utf8");
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${file} has no "${from}": the control no longer controls`);
    text = text.replace(from, to);
  }
  return { [`net/tcp/${file}`]: text };
}

/** What the owner does with bytes on offer: how many it takes. */
export type Taker = (handle: number, bytes: Uint8Array) => number;

export class Bench {
  readonly kernel: TestExports;
  readonly events: string[] = [];
  readonly received: number[] = [];
  readonly handles: number[] = [];
  /** Replaced by tests that want the owner to act. */
  take: Taker = (_handle, bytes) => (this.received.push(...bytes), bytes.length);
  open: (handle: number) => number = (handle) => handle;
  onEvent: (name: string, user: number) => void = () => {};
  time = 1_000_000_000n;
  scratch = 0;
  private out: Segment[] = [];
  /** Of all that was sent: what the network was to cut it into; 0: nothing. */
  readonly cutSizes: number[] = [];

  private constructor(kernel: TestExports) {
    this.kernel = kernel;
  }

  static async create(
    options: {
      chunks?: number;
      connections?: number;
      seed?: number;
      weakened?: Weakening;
      /** Another file, where two protect from the same. */
      alsoWeakened?: Weakening;
    } = {},
  ): Promise<Bench> {
    const self = (): Bench => bench;
    let seed = options.seed ?? 1;
    const { weakened, alsoWeakened } = options;
    const files = [weakened, alsoWeakened].map((one) => (one === undefined ? {} : weaken(one)));
    const sources = weakened === undefined ? {} : { virtualFiles: { ...files[0], ...files[1] } };
    const imports = {
      "bench.harness": {
        sent: (pointer: number, length: number, remote: number, local: number) =>
          self().sent(pointer, length, remote, local),
        opened: (handle: number) => self().opened(handle),
        connected: (user: number) => self().event("connected", user),
        received: (user: number, pointer: number, length: number) =>
          self().take(user, self().bytes(pointer, length).slice()),
        writable: (user: number) => self().event("writable", user),
        finished: (user: number) => self().event("finished", user),
        closed: (user: number, reason: number) => self().event(`closed ${reason}`, user),
      },
      platform: {
        clockMonotonic: () => self().time,
        entropySeed: (pointer: number, length: number) => {
          const bytes = new Uint8Array(kernel.memory.buffer, pointer, length);
          for (let index = 0; index < length; index++)
            bytes[index] = (seed = Math.imul(seed, 48271) >>> 0) >> 8;
          return length;
        },
      },
    };
    const kernel = await assemble("net/tcp/bench.harness.ts", HARNESS, imports, sources);
    const bench: Bench = new Bench(kernel);
    kernel["beginTurn"]();
    bench.scratch = kernel["start"](options.chunks ?? 2048, options.connections ?? 64) as number;
    return bench;
  }

  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.kernel.memory.buffer, pointer, length);
  }

  /** Puts raw bytes in as a datagram for TCP, within a turn: what came out. */
  raw(bytes: Uint8Array, remote = PEER, local = LOCAL): Segment[] {
    return this.turn(() => this.inject(bytes, remote, local));
  }

  inject(bytes: Uint8Array, remote = PEER, local = LOCAL): void {
    this.bytes(this.kernel["inputBuffer"]() as number, bytes.length).set(bytes);
    this.kernel["receive"](bytes.length, remote, local);
  }

  turn(work: () => void = () => {}): Segment[] {
    this.kernel["beginTurn"]();
    work();
    this.kernel["endTurn"]();
    return this.out.splice(0);
  }

  advance(ms: number): Segment[] {
    this.time += BigInt(Math.round(ms * 1e6));
    return this.turn();
  }

  write(handle: number, data: Uint8Array | string): number {
    const bytes = typeof data === "string" ? bytesOf(data) : data;
    this.bytes(this.scratch, bytes.length).set(bytes);
    return this.kernel["write"](handle, this.scratch, bytes.length) as number;
  }

  private sent(pointer: number, length: number, remote: number, local: number): void {
    const bytes = this.bytes(pointer, length).slice();
    if (onesComplement(bytes, pseudoHeader(remote, local, length)) !== 0xffff)
      throw new Error("wrong checksum sent");
    this.out.push(decode(bytes));
    this.cutSizes.push(this.kernel["cutSize"]() as number);
  }

  private opened(handle: number): number {
    this.handles.push(handle);
    this.events.push("opened");
    return this.open(handle);
  }

  private event(name: string, user: number): void {
    this.events.push(name);
    this.onEvent(name, user);
  }
}

/** One conversation with the stack: keeps the peer's side of the numbers. */
export class Peer {
  readonly bench: Bench;
  readonly port: number;
  readonly localPort: number;
  handle = 0;
  /** Our next sequence number and the one we expect, as the peer. */
  seq: number;
  ack = 0;

  constructor(bench: Bench, localPort: number, port = 4000, seq = 1000) {
    this.bench = bench;
    this.port = port;
    this.localPort = localPort;
    this.seq = seq;
  }

  /** Sends one segment: by default the next acknowledgment. `seq` and `ack` are relative to the peer's state. */
  send(given: Given = {}): Segment[] {
    return this.bench.raw(this.encode(given));
  }

  encode(given: Given = {}): Uint8Array {
    const full = { flags: ACK, ...given, seq: this.seq + (given.seq ?? 0), ack: this.ack + (given.ack ?? 0) };
    return encode(full, this.port, this.localPort);
  }

  /** Opens a connection to a listener of the stack. */
  open(given: Given = {}): this {
    const [answer] = this.send({ flags: SYN, ack: -this.ack, options: [2, 4, 5, 0xb4], ...given });
    if (answer === undefined) throw new Error("no answer to SYN");
    this.seq = u32(this.seq + 1);
    this.ack = u32(answer.seq + 1);
    this.bench.time += BigInt(given.roundTripMs ?? 0) * MILLISECOND;
    this.send(given.window === undefined ? {} : { window: given.window });
    this.handle = this.bench.handles.at(-1) ?? 0;
    return this;
  }
}

export async function established(
  options: Given & { chunks?: number; weakened?: Weakening } = {},
): Promise<{ bench: Bench; peer: Peer }> {
  const { chunks, weakened, ...given } = options;
  const bench = await Bench.create({
    ...(chunks === undefined ? {} : { chunks }),
    ...(weakened === undefined ? {} : { weakened }),
  });
  bench.kernel["listen"](80);
  return { bench, peer: new Peer(bench, 80).open(given) };
}
