/**
 * The server in Node with a made-up stream below it and a JavaScript app above it.
 *
 * The stream keeps what `received` leaves and offers it again, defers `resume`, and gives as much room as the test
 * says; the app's memory is an array whose lent ranges are checked. Runs the Wasm that a kernel would.
 */
import assert from "node:assert/strict";
import { AppEntry, EnterStatus } from "../src/abi/entry.ts";
import { CloseReason } from "../src/abi/status.ts";
import { assemble, type TestExports } from "./assembly-test.ts";
import { ROOT } from "./http-bench-root.ts";
import { type Bytes, bytesOf, join, textOf } from "./latin.ts";

const encoder = new TextEncoder();

export interface App {
  start?(): void;
  request?(id: number): void;
  readable?(id: number): void;
  writable?(id: number): void;
  closed?(id: number): void;
  socketReadable?(id: number): void;
  socketWritable?(id: number): void;
  socketClosed?(id: number, code: number): void;
}

const INPUT_SIZE = 1 << 20;
const APP_SIZE = 1 << 22;

/** One peer of the server: what it sends, and what it gets. */
export class Peer {
  /** Bytes the stream would take now; Infinity: any. */
  room = Infinity;
  pending: Uint8Array = new Uint8Array(0);
  sent: Uint8Array[] = [];
  /** The server has said its last word. */
  shut = false;
  aborted = false;
  closed = false;
  blocked = false;
  finishing = false;
  finishedSeen = false;
  resumed = false;
  user = 0;
  readonly bench: HttpBench;
  readonly handle: number;

  constructor(bench: HttpBench, handle: number) {
    this.bench = bench;
    this.handle = handle;
  }

  /** All the server has sent since the last call. */
  take(): string {
    const text = textOf(join(this.sent));
    this.sent = [];
    return text;
  }

  send(bytes: Bytes): this {
    if (this.closed) return this;
    this.pending = join([this.pending, bytesOf(bytes)]);
    this.bench.offer(this);
    this.bench.settle();
    return this;
  }

  sendByByte(bytes: Bytes): this {
    for (const byte of bytesOf(bytes)) this.send(Uint8Array.of(byte));
    return this;
  }

  finish(): this {
    this.finishing = true;
    this.bench.settle();
    return this;
  }

  reset(): this {
    this.bench.close(this, CloseReason.Reset);
    this.bench.settle();
    return this;
  }

  /** The stream has room for `count` more bytes. */
  give(count: number): this {
    this.room += count;
    if (this.blocked && !this.closed && this.room > 0) {
      this.blocked = false;
      this.bench.kernel.writable(this.user);
    }
    this.bench.settle();
    return this;
  }
}

export class HttpBench {
  kernel!: TestExports;
  app: App;
  time = 1_000_000_000n;
  realTime = 784_111_777_000_000_000n; // 1994-11-06T08:49:37Z, the example of RFC 9110
  clockReads = 0;
  /** Writes that reached a stream. */
  writes = 0;
  /** `closed` comes inside `abort`, not after it. */
  closesAtOnce = false;
  /** The longest run of bytes that the stream offers at once. */
  longestOffer = INPUT_SIZE;
  readonly peers = new Map<number, Peer>();
  readonly entered: string[] = [];
  /** What the app's entries come to. */
  outcome = EnterStatus.Returned;
  #handles = 0;
  #input = 0;
  #appMemory = new Uint8Array(APP_SIZE);
  #lent: [number, number, "in" | "out"][] = [];
  #insideApp = 0;
  #entries = 0;

  private constructor(app: App) {
    this.app = app;
  }

  static async start(app: App = {}, chunks = 256): Promise<HttpBench> {
    const bench = new HttpBench(app);
    bench.kernel = await assemble("http/server-root.ts", ROOT, bench.#imports());
    bench.#input = bench.kernel.start(chunks) as number;
    return bench;
  }

  connect(room = Infinity): Peer {
    const peer = new Peer(this, ++this.#handles);
    peer.room = room;
    this.peers.set(peer.handle, peer);
    peer.user = this.kernel.opened(peer.handle) as number;
    if (peer.user === 0) peer.closed = true;
    return peer;
  }

  /** Lets time pass, a hundred steps at most, so that deadlines fire near their time. */
  pass(seconds: number): void {
    const steps = 100;
    for (let step = 0; step < steps; step++) {
      this.time += BigInt(Math.ceil((seconds * 1e9) / steps));
      this.kernel.turn();
      this.settle();
    }
  }

  /** Pools in use: nothing may be left of peers that are gone. */
  inUse(): { chunks: number; connections: number; longHeads: number } {
    return {
      chunks: this.kernel.chunksInUse() as number,
      connections: this.kernel.connectionsInUse() as number,
      longHeads: this.kernel.longHeadsInUse() as number,
    };
  }

  offer(peer: Peer): void {
    let again = true;
    while (again && !peer.closed && peer.pending.length > 0) {
      const run = peer.pending.subarray(0, Math.min(this.longestOffer, peer.pending.length));
      new Uint8Array(this.kernel.memory.buffer).set(run, this.#input);
      const taken = this.kernel.received(peer.user, this.#input, run.length) as number;
      // What has been offered is no longer readable: a server that still looks at it reads this.
      new Uint8Array(this.kernel.memory.buffer).fill(0x21, this.#input, this.#input + run.length);
      assert.ok(taken <= run.length, "takes what it was offered");
      peer.pending = peer.pending.slice(taken);
      again = taken === run.length;
    }
  }

  /** Does what was put off: resumes, ends. */
  settle(): void {
    if (this.#entries > 0) return;
    for (let round = 0; round < 10_000; round++) {
      const moved = [...this.peers.values()].some((peer) => this.#settle(peer));
      if (!(this.kernel.poll() as boolean | number) && !moved) return;
    }
    assert.fail("the server and its streams never come to rest");
  }

  #settle(peer: Peer): boolean {
    if (peer.closed) return false;
    if (peer.aborted) return this.close(peer, CloseReason.Aborted);
    if (peer.resumed) {
      peer.resumed = false;
      this.offer(peer);
      return true;
    }
    if (peer.finishing && !peer.finishedSeen && peer.pending.length === 0) {
      peer.finishedSeen = true;
      this.kernel.finished(peer.user);
      return true;
    }
    if (peer.finishedSeen && peer.shut) return this.close(peer, CloseReason.Finished);
    return false;
  }

  close(peer: Peer, reason: CloseReason): boolean {
    if (peer.closed) return false;
    peer.closed = true;
    this.peers.delete(peer.handle);
    this.kernel.closed(peer.user, reason);
    return true;
  }

  // The calls, as an app would make them. -----------------------------------------------------------------

  method = (id: number): number => this.kernel.http_method(id) as number;
  bodySize = (id: number): bigint => this.kernel.http_bodySize(id) as bigint;
  end = (id: number): number => this.#call("http_end", id);
  abort = (id: number): void => void this.#call("http_abort", id);

  methodName = (id: number): string => this.#text((at, size) => this.#call("http_methodName", id, at, size));
  target = (id: number): string => this.#text((at, size) => this.#call("http_target", id, at, size));
  headers = (id: number): string => this.#text((at, size) => this.#call("http_headers", id, at, size));

  remote(id: number): Uint8Array {
    this.#lend(0, 18, "out");
    assert.equal(this.#call("http_remote", id, 0, 18), 0);
    return this.#appMemory.slice(0, 18);
  }

  /** The value, or the status where there is none. */
  header(id: number, name: string, size = 65536): string | number {
    const name_ = this.#put(0, name);
    this.#lend(1024, size, "out");
    const length = this.#call("http_header", id, 0, name_, 1024, size);
    return length < 0 ? length : textOf(this.#appMemory.subarray(1024, 1024 + Math.min(size, length)));
  }

  /** Bytes of the body, or the status where there are none. */
  read(id: number, size = 65536): Uint8Array | number {
    this.#lend(0, size, "out");
    const length = this.#call("http_read", id, 0, size);
    return length < 0 ? length : this.#appMemory.slice(0, length);
  }

  respond(id: number, status: number, fields: Bytes, body: Bytes = ""): number {
    const fieldsSize = this.#put(0, fields);
    const bodySize = this.#put(fieldsSize, body);
    return this.#call("http_respond", id, status, 0, fieldsSize, fieldsSize, bodySize);
  }

  begin(id: number, status: number, fields: string, size: number): number {
    return this.#call("http_begin", id, status, 0, this.#put(0, fields), BigInt(size));
  }

  write(id: number, bytes: Bytes): number {
    return this.#call("http_write", id, 0, this.#put(0, bytes));
  }

  /** A call of another service: `bytes` are lent to it behind `values`. */
  callWith(name: string, values: readonly number[], bytes: Bytes, ...rest: readonly number[]): number {
    const size = this.#put(0, bytes);
    const result = this.#call(name, ...values, 0, size, ...rest);
    this.settle();
    return result;
  }

  /** A call of another service that fills a range: the bytes, or the status. */
  callFor(name: string, id: number, size: number): Uint8Array | number {
    this.#lend(0, size, "out");
    const length = this.#call(name, id, 0, size);
    return length < 0 ? length : this.#appMemory.slice(0, Math.min(size, length));
  }

  #text(call: (at: number, size: number) => number): string {
    this.#lend(0, 65536, "out");
    const length = call(0, 65536);
    assert.ok(length >= 0, `answers a length, not ${length}`);
    return textOf(this.#appMemory.subarray(0, length));
  }

  #put(at: number, bytes: Bytes): number {
    const source = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    this.#appMemory.set(source, at);
    this.#lend(at, source.length, "in");
    return source.length;
  }

  #lend(at: number, size: number, way: "in" | "out"): void {
    this.#lent.push([at, size, way]);
  }

  #call(name: string, ...values: (number | bigint)[]): number {
    this.#insideApp++;
    try {
      return this.kernel[name](...values) as number;
    } finally {
      this.#insideApp--;
      this.#lent = [];
    }
  }

  // What the kernel imports. ------------------------------------------------------------------------------

  #imports(): Record<string, Record<string, (...values: never[]) => unknown>> {
    return {
      "server-root": {
        space: (handle: number) => Math.min(this.#peer(handle).room, 1 << 30),
        write: (handle: number, pointer: number, length: number) => this.#write(handle, pointer, length),
        resume: (handle: number) => void (this.#peer(handle).resumed = true),
        shutdown: (handle: number) => void (this.#peer(handle).shut = true),
        abort: (handle: number) => this.#abort(this.#peer(handle)),
        remote: (_handle: number, pointer: number) => {
          const address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 7, 0x12, 0x34];
          new Uint8Array(this.kernel.memory.buffer).set(address, pointer);
        },
      },
      platform: {
        clockMonotonic: () => this.time,
        clockRealtime: () => (this.clockReads++, this.realTime + this.time - 1_000_000_000n),
        exit: () => assert.fail("the machine ends"),
      },
      compartment: {
        enter: (_compartment: number, entry: number, id: number, value: number) =>
          this.#enter(entry, id, value),
        copyIn: (pointer: number, app: number, length: number) => {
          this.#checkLent(app, length, "in");
          new Uint8Array(this.kernel.memory.buffer).set(this.#appMemory.subarray(app, app + length), pointer);
        },
        copyOut: (app: number, pointer: number, length: number) => {
          this.#checkLent(app, length, "out");
          this.#appMemory.set(new Uint8Array(this.kernel.memory.buffer, pointer, length), app);
        },
      },
    };
  }

  #peer(handle: number): Peer {
    const peer = this.peers.get(handle);
    assert.ok(peer !== undefined, "the server knows a stream that is gone");
    return peer;
  }

  #write(handle: number, pointer: number, length: number): number {
    const peer = this.#peer(handle);
    assert.ok(!peer.shut && !peer.aborted, "nothing is written after the end");
    this.writes++;
    const taken = Math.min(peer.room, length);
    peer.room -= taken;
    if (taken < length) peer.blocked = true;
    peer.sent.push(new Uint8Array(this.kernel.memory.buffer.slice(pointer, pointer + taken)));
    return taken;
  }

  #abort(peer: Peer): void {
    peer.aborted = true;
    if (this.closesAtOnce) this.close(peer, CloseReason.Aborted);
  }

  #checkLent(at: number, length: number, way: "in" | "out"): void {
    const inside = this.#lent.some(
      ([from, size, lentFor]) => lentFor === way && at >= from && at + length <= from + size,
    );
    assert.ok(inside || length === 0, `${way} of ${length} bytes at ${at} was not lent`);
  }

  #enter(entry: number, id: number, value: number): number {
    assert.equal(this.#insideApp, 0, "the app is never entered from within its own call");
    const name = ENTRIES[entry];
    assert.ok(name !== undefined, `no entry ${entry}`);
    this.entered.push(`${name} ${id}`);
    this.#entries++;
    this.app[name]?.(id, value);
    this.#entries--;
    return this.outcome;
  }
}

const ENTRIES: Partial<Record<number, keyof App>> = {
  [AppEntry.Start]: "start",
  [AppEntry.HttpRequest]: "request",
  [AppEntry.HttpReadable]: "readable",
  [AppEntry.HttpWritable]: "writable",
  [AppEntry.HttpClosed]: "closed",
  [AppEntry.WebsocketReadable]: "socketReadable",
  [AppEntry.WebsocketWritable]: "socketWritable",
  [AppEntry.WebsocketClosed]: "socketClosed",
};
