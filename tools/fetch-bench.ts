/**
 * The HTTP client in Node with made-up streams below it and a JavaScript app above it: the counterpart of
 * `http-bench.ts`. A test says what names mean, which attempts come through, and what servers say.
 */
import assert from "node:assert/strict";
import { AppEntry, EnterStatus } from "../src/abi/entry.ts";
import { CloseReason, type Failure } from "../src/abi/status.ts";
import { addressBytes, addressText } from "./fetch-address.ts";
import { assemble, type TestExports } from "./assembly-test.ts";
import { ROOT } from "./fetch-bench-root.ts";
import { type Bytes, bytesOf, join, textOf } from "./latin.ts";

const INPUT_SIZE = 1 << 20;
const APP_SIZE = 1 << 20;

/** A stream that the client opened: what it has sent, and what its server says. */
export class Server {
  /** Bytes the stream would take now; Infinity: any. */
  room = Infinity;
  pending: Uint8Array = new Uint8Array(0);
  sent: Uint8Array[] = [];
  isOpen = false;
  shut = false;
  aborted = false;
  closed = false;
  blocked = false;
  finishing = false;
  finishedSeen = false;
  resumed = false;
  readonly bench: FetchBench;
  readonly handle: number;
  readonly user: number;
  /** `192.0.2.1:80`, or 32 hexadecimal digits and the port. */
  readonly address: string;

  constructor(bench: FetchBench, handle: number, user: number, address: string) {
    this.bench = bench;
    this.handle = handle;
    this.user = user;
    this.address = address;
  }

  /** All the client has sent since the last call. */
  take(): string {
    const text = textOf(join(this.sent));
    this.sent = [];
    return text;
  }

  open(): this {
    this.isOpen = true;
    this.bench.kernel.connected(this.user);
    this.bench.settle();
    return this;
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

  close(reason: CloseReason = CloseReason.Reset): this {
    this.bench.close(this, reason);
    this.bench.settle();
    return this;
  }

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

export interface Client {
  head?(id: number): void;
  readable?(id: number): void;
  writable?(id: number): void;
  failed?(id: number, failure: Failure): void;
}

export class FetchBench {
  kernel!: TestExports;
  app: Client = {};
  time = 1_000_000_000n;
  isOnline = true;
  /** Streams open as soon as they are asked for. */
  opens = true;
  /** `closed` comes inside `abort`, not after it. */
  closesAtOnce = false;
  longestOffer = INPUT_SIZE;
  /** Names to addresses; a name that is not here does not exist. */
  names: Record<string, readonly string[]> = { a: ["192.0.2.1"] };
  /** What no grant covers: names, and addresses with their port. */
  denied: readonly string[] = [];
  /** How often each name was asked for. */
  readonly asked: string[] = [];
  readonly servers: Server[] = [];
  readonly entered: string[] = [];
  #input = 0;
  #questions: { id: number; host: string }[] = [];
  #appMemory = new Uint8Array(APP_SIZE);
  #lent: [number, number, "in" | "out"][] = [];
  #insideApp = 0;
  #entries = 0;

  static async start(chunks = 256): Promise<FetchBench> {
    const bench = new FetchBench();
    bench.kernel = await assemble("http/client/fetch-root.ts", ROOT, bench.#imports());
    bench.#input = bench.kernel.start(chunks) as number;
    return bench;
  }

  /** The stream opened last. */
  get server(): Server {
    const server = this.servers.at(-1);
    assert.ok(server !== undefined, "no stream was asked for");
    return server;
  }

  pass(seconds: number): void {
    const steps = 100;
    for (let step = 0; step < steps; step++) {
      this.time += BigInt(Math.ceil((seconds * 1e9) / steps));
      this.kernel.turn();
      this.settle();
    }
  }

  inUse(): { chunks: number; connections: number; exchanges: number } {
    return {
      chunks: this.kernel.chunksInUse() as number,
      connections: this.kernel.connectionsInUse() as number,
      exchanges: this.kernel.exchangesInUse() as number,
    };
  }

  offer(server: Server): void {
    let again = true;
    while (again && !server.closed && server.pending.length > 0) {
      const run = server.pending.subarray(0, Math.min(this.longestOffer, server.pending.length));
      new Uint8Array(this.kernel.memory.buffer).set(run, this.#input);
      const taken = this.kernel.received(server.user, this.#input, run.length) as number;
      // What has been offered is no longer readable: a client that still looks at it reads this.
      new Uint8Array(this.kernel.memory.buffer).fill(0x21, this.#input, this.#input + run.length);
      assert.ok(taken <= run.length, "takes what it was offered");
      server.pending = server.pending.slice(taken);
      again = taken === run.length;
    }
  }

  /** Does what was put off: answers of names, resumes, ends, failures. */
  settle(): void {
    if (this.#entries > 0) return;
    for (let round = 0; round < 10_000; round++) {
      const answered = this.#answer();
      const moved = this.servers.map((server) => this.#settle(server)).includes(true);
      if (!(this.kernel.poll() as boolean | number) && !answered && !moved) return;
    }
    assert.fail("the client and its streams never come to rest");
  }

  #answer(): boolean {
    const question = this.#questions.shift();
    if (question === undefined) return false;
    const addresses = this.names[question.host];
    if (addresses === undefined) {
      this.kernel.nameFailed(question.id, -6);
      return true;
    }
    const memory = new Uint8Array(this.kernel.memory.buffer);
    addresses.forEach((text, index) => memory.set(addressBytes(text), this.#input + 16 * index));
    this.kernel.addressesFound(question.id, this.#input, addresses.length);
    return true;
  }

  #settle(server: Server): boolean {
    if (server.closed) return false;
    if (server.aborted) return this.close(server, CloseReason.Aborted);
    if (this.opens && !server.isOpen) {
      server.isOpen = true;
      this.kernel.connected(server.user);
      return true;
    }
    if (server.resumed) {
      server.resumed = false;
      this.offer(server);
      return true;
    }
    if (server.finishing && !server.finishedSeen && server.pending.length === 0) {
      server.finishedSeen = true;
      this.kernel.finished(server.user);
      return true;
    }
    if (server.finishedSeen && server.shut) return this.close(server, CloseReason.Finished);
    return false;
  }

  close(server: Server, reason: CloseReason): boolean {
    if (server.closed) return false;
    server.closed = true;
    this.kernel.closed(server.user, reason);
    return true;
  }

  // The calls, as an app would make them. -----------------------------------------------------------------

  begin(head: Bytes, size = 0): number {
    const id = this.#call("fetch_begin", 0, this.#put(0, head), BigInt(size));
    this.settle();
    return id;
  }

  get(url: string, fields = ""): number {
    return this.begin(`GET ${url}\r\n${fields}`);
  }

  write(id: number, bytes: Bytes): number {
    return this.#call("fetch_write", id, 0, this.#put(0, bytes));
  }

  end = (id: number): number => this.#call("fetch_end", id);

  abort(id: number): void {
    this.#call("fetch_abort", id);
    this.settle();
  }

  /** The response's head, or the status where there is none. */
  head(id: number): string | number {
    this.#lend(0, 65536, "out");
    const length = this.#call("fetch_head", id, 0, 65536);
    return length < 0 ? length : textOf(this.#appMemory.subarray(0, length));
  }

  read(id: number, size = 65536): string | number {
    this.#lend(0, size, "out");
    const length = this.#call("fetch_read", id, 0, size);
    this.settle();
    return length < 0 ? length : textOf(this.#appMemory.subarray(0, length));
  }

  remote(id: number): Uint8Array | number {
    this.#lend(0, 18, "out");
    const status = this.#call("fetch_remote", id, 0, 18);
    return status < 0 ? status : this.#appMemory.slice(0, 18);
  }

  #put(at: number, bytes: Bytes): number {
    const source = bytesOf(bytes);
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
    const bytes = (): Uint8Array => new Uint8Array(this.kernel.memory.buffer);
    return {
      "fetch-root": {
        space: (handle: number) => Math.min(this.#server(handle).room, 1 << 30),
        write: (handle: number, pointer: number, length: number) => this.#write(handle, pointer, length),
        resume: (handle: number) => void (this.#server(handle).resumed = true),
        shutdown: (handle: number) => void (this.#server(handle).shut = true),
        abort: (handle: number) => this.#abort(this.#server(handle)),
        remote: (handle: number, pointer: number) => bytes().fill(handle, pointer, pointer + 18),
        isOnline: () => (this.isOnline ? 1 : 0),
        resolve: (id: number, host: number, length: number) => {
          const name = textOf(bytes().slice(host, host + length));
          if (this.denied.includes(name)) return -8;
          this.asked.push(name);
          this.#questions.push({ id, host: name });
          return 1;
        },
        wasDenied: () => 1,
        connect: (address: number, port: number, user: number) => {
          const text = `${addressText(bytes().slice(address, address + 16))}:${port}`;
          if (this.denied.includes(text)) return 0;
          const server = new Server(this, this.servers.length + 1, user, text);
          this.servers.push(server);
          return server.handle;
        },
      },
      platform: { clockMonotonic: () => this.time },
      compartment: {
        enter: (_compartment: number, entry: number, id: number, value: number) =>
          this.#enter(entry, id, value),
        copyIn: (pointer: number, app: number, length: number) => {
          this.#checkLent(app, length, "in");
          bytes().set(this.#appMemory.subarray(app, app + length), pointer);
        },
        copyOut: (app: number, pointer: number, length: number) => {
          this.#checkLent(app, length, "out");
          this.#appMemory.set(bytes().subarray(pointer, pointer + length), app);
        },
      },
    };
  }

  #server(handle: number): Server {
    const server = this.servers[handle - 1];
    assert.ok(server !== undefined && !server.closed, "the client knows a stream that is gone");
    return server;
  }

  #write(handle: number, pointer: number, length: number): number {
    const server = this.#server(handle);
    assert.ok(
      server.isOpen && !server.shut && !server.aborted,
      "nothing is written before or after the stream",
    );
    const taken = Math.min(server.room, length);
    server.room -= taken;
    if (taken < length) server.blocked = true;
    server.sent.push(new Uint8Array(this.kernel.memory.buffer.slice(pointer, pointer + taken)));
    return taken;
  }

  #abort(server: Server): void {
    server.aborted = true;
    if (this.closesAtOnce) this.close(server, CloseReason.Aborted);
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
    this.entered.push(name === "failed" ? `failed ${id} ${FAILURES[value]}` : `${name} ${id}`);
    this.#entries++;
    this.app[name]?.(id, value);
    this.#entries--;
    return EnterStatus.Returned;
  }
}

/** The names of `Failure`. */
const FAILURES = [
  "",
  "NoNetwork",
  "NoSuchName",
  "NoNameServer",
  "Refused",
  "Unreachable",
  "TimedOut",
  "Closed",
  "Malformed",
  "HeadTooLarge",
  "Cut",
  "NotAllowed",
  "Full",
];

const ENTRIES: Partial<Record<number, keyof Client>> = {
  [AppEntry.FetchHead]: "head",
  [AppEntry.FetchReadable]: "readable",
  [AppEntry.FetchWritable]: "writable",
  [AppEntry.FetchFailed]: "failed",
};
