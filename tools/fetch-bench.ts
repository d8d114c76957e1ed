/**
 * The HTTP client in Node with made-up streams below it and a JavaScript app above it: see `stream-bench.ts`.
 * A test says what names mean, which attempts come through, and what servers say.
 */
import assert from "node:assert/strict";
import { AppEntry } from "../src/abi/entry.ts";
import type { Failure } from "../src/abi/status.ts";
import { addressBytes, addressText } from "./fetch-address.ts";
import { assemble } from "./assembly-test.ts";
import { ROOT } from "./fetch-bench-root.ts";
import { StreamBench, TestStream } from "./stream-bench.ts";
import { type Bytes, textOf } from "./latin.ts";

/** A stream that the client opened: what it has sent, and what its server says. */
export class Server extends TestStream {
  /** `192.0.2.1:80`, or 32 hexadecimal digits and the port. */
  readonly address: string;

  constructor(bench: FetchBench, handle: number, user: number, address: string) {
    super(bench, handle);
    this.user = user;
    this.address = address;
    this.isOpen = false;
  }

  open(): this {
    this.isOpen = true;
    this.bench.kernel.connected(this.user);
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

export class FetchBench extends StreamBench {
  app: Client = {};
  isOnline = true;
  /** Streams open as soon as they are asked for. */
  opens = true;
  /** Names to addresses; a name that is not here does not exist. */
  names: Record<string, readonly string[]> = { a: ["192.0.2.1"] };
  /** What no grant covers: names, and addresses with their port. */
  denied: readonly string[] = [];
  /** How often each name was asked for. */
  readonly asked: string[] = [];
  /** Every stream that was asked for. */
  readonly servers: Server[] = [];
  #handles = 0;
  #questions: { id: number; host: string }[] = [];

  static async start(chunks = 256): Promise<FetchBench> {
    const bench = new FetchBench();
    bench.kernel = await assemble("http/client/fetch-root.ts", ROOT, bench.imports("fetch-root"));
    bench.input = bench.kernel.start(chunks) as number;
    return bench;
  }

  /** The stream opened last. */
  get server(): Server {
    const server = this.servers.at(-1);
    assert.ok(server !== undefined, "no stream was asked for");
    return server;
  }

  inUse(): { chunks: number; connections: number; exchanges: number } {
    return {
      chunks: this.kernel.chunksInUse() as number,
      connections: this.kernel.connectionsInUse() as number,
      exchanges: this.kernel.exchangesInUse() as number,
    };
  }

  /** Answers questions for names, too. */
  protected override settleOnce(): boolean {
    const answered = this.#answer();
    return super.settleOnce() || answered;
  }

  #answer(): boolean {
    const question = this.#questions.shift();
    if (question === undefined) return false;
    const addresses = this.names[question.host];
    if (addresses === undefined) {
      this.kernel.nameFailed(question.id, -6);
      return true;
    }
    const memory = this.kernelMemory();
    addresses.forEach((text, index) => memory.set(addressBytes(text), this.input + 16 * index));
    this.kernel.addressesFound(question.id, this.input, addresses.length);
    return true;
  }

  protected override settleStream(server: TestStream): boolean {
    if (!this.opens || server.isOpen || server.closed || server.aborted) return super.settleStream(server);
    server.isOpen = true;
    this.kernel.connected(server.user);
    return true;
  }

  // The calls, as an app would make them. -----------------------------------------------------------------

  begin(head: Bytes, size = 0): number {
    const id = this.call("fetch_begin", 0, this.put(0, head), BigInt(size));
    this.settle();
    return id;
  }

  get(url: string, fields = ""): number {
    return this.begin(`GET ${url}\r\n${fields}`);
  }

  write(id: number, bytes: Bytes): number {
    return this.call("fetch_write", id, 0, this.put(0, bytes));
  }

  end = (id: number): number => this.call("fetch_end", id);

  abort(id: number): void {
    this.call("fetch_abort", id);
    this.settle();
  }

  /** The response's head, or the status where there is none. */
  head = (id: number): string | number => this.#text("fetch_head", id, 65536);

  read(id: number, size = 65536): string | number {
    const text = this.#text("fetch_read", id, size);
    this.settle();
    return text;
  }

  remote(id: number): Uint8Array | number {
    const status = this.#text("fetch_remote", id, 18);
    return typeof status === "number" ? status : this.appMemory.slice(0, 18);
  }

  #text(name: string, id: number, size: number): string | number {
    const bytes = this.fill(size, (at) => this.call(name, id, at, size));
    return typeof bytes === "number" ? bytes : textOf(bytes);
  }

  protected override imports(root: string): ReturnType<StreamBench["imports"]> {
    const imports = super.imports(root);
    Object.assign(imports[root]!, {
      remote: (handle: number, pointer: number) => this.kernelMemory().fill(handle, pointer, pointer + 18),
      isOnline: () => (this.isOnline ? 1 : 0),
      resolve: (id: number, host: number, length: number) => this.#resolve(id, host, length),
      wasDenied: () => 1,
      connect: (address: number, port: number, user: number) => this.#connect(address, port, user),
    });
    return imports;
  }

  #resolve(id: number, host: number, length: number): number {
    const name = textOf(this.kernelMemory().subarray(host, host + length));
    if (this.denied.includes(name)) return -8;
    this.asked.push(name);
    this.#questions.push({ id, host: name });
    return 1;
  }

  #connect(address: number, port: number, user: number): number {
    const text = `${addressText(this.kernelMemory().slice(address, address + 16))}:${port}`;
    if (this.denied.includes(text)) return 0;
    const server = new Server(this, ++this.#handles, user, text);
    this.servers.push(server);
    this.streams.set(server.handle, server);
    return server.handle;
  }

  protected override enterApp(entry: number, id: number, value: number): boolean {
    const name = ENTRIES[entry];
    if (name === undefined) return false;
    this.entered.push(name === "failed" ? `failed ${id} ${FAILURES[value]}` : `${name} ${id}`);
    this.app[name]?.(id, value);
    return true;
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
