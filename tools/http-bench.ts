/** The HTTP server in Node with made-up streams below it and a JavaScript app above it: see `stream-bench.ts`. */
import assert from "node:assert/strict";
import { AppEntry } from "../src/abi/entry.ts";
import { assemble } from "./assembly-test.ts";
import { ROOT } from "./http-bench-root.ts";
import { StreamBench, TestStream } from "./stream-bench.ts";
import { type Bytes, textOf } from "./latin.ts";

const encoder = new TextEncoder();
const MOST_TEXT = 65536;

export interface App {
  start?(): void;
  request?(id: number): void;
  readable?(id: number): void;
  writable?(id: number): void;
  closed?(id: number): void;
  socketReadable?(id: number): void;
  socketWritable?(id: number): void;
  socketClosed?(id: number, code: number): void;
  socketControl?(id: number, opcode: number): void;
}

/** One peer of the server: what it sends, and what it gets. */
export type Peer = TestStream;

export class HttpBench extends StreamBench {
  app: App;
  realTime = 784_111_777_000_000_000n; // 1994-11-06T08:49:37Z, the example of RFC 9110
  clockReads = 0;
  #handles = 0;

  private constructor(app: App) {
    super();
    this.app = app;
  }

  /** `virtualFiles`: files of the kernel that a control replaces. */
  static async start(
    app: App = {},
    chunks = 256,
    virtualFiles: Readonly<Record<string, string>> = {},
  ): Promise<HttpBench> {
    const bench = new HttpBench(app);
    const imports = bench.imports("server-root");
    bench.kernel = await assemble("http/server-root.ts", ROOT, imports, { virtualFiles });
    bench.input = bench.kernel.start(chunks) as number;
    return bench;
  }

  connect(room = Infinity): Peer {
    const peer = new TestStream(this, ++this.#handles);
    peer.room = room;
    this.streams.set(peer.handle, peer);
    peer.user = this.kernel.opened(peer.handle) as number;
    if (peer.user === 0) peer.closed = true;
    return peer;
  }

  /** Pools in use: nothing may be left of peers that are gone. */
  inUse(): { chunks: number; connections: number; longHeads: number } {
    return {
      chunks: this.kernel.chunksInUse() as number,
      connections: this.kernel.connectionsInUse() as number,
      longHeads: this.kernel.longHeadsInUse() as number,
    };
  }

  // The calls, as an app would make them. -----------------------------------------------------------------

  method = (id: number): number => this.kernel.http_method(id) as number;
  bodySize = (id: number): bigint => this.kernel.http_bodySize(id) as bigint;
  end = (id: number): number => this.call("http_end", id);
  abort = (id: number): void => void this.call("http_abort", id);

  methodName = (id: number): string => this.#text("http_methodName", id);
  target = (id: number): string => this.#text("http_target", id);
  headers = (id: number): string => this.#text("http_headers", id);

  remote(id: number): Uint8Array {
    assert.deepEqual(this.callFor("http_remote", id, 18), new Uint8Array(0), "answers no length");
    return this.appMemory.slice(0, 18);
  }

  /** The value, or the status where there is none. */
  header(id: number, name: string, size = MOST_TEXT): string | number {
    const nameSize = this.put(0, name);
    this.lend(1024, size, "out");
    const length = this.call("http_header", id, 0, nameSize, 1024, size);
    return length < 0 ? length : textOf(this.appMemory.subarray(1024, 1024 + Math.min(size, length)));
  }

  /** Bytes of the body, or the status where there are none. */
  read = (id: number, size = MOST_TEXT): Uint8Array | number => this.callFor("http_read", id, size);

  respond(id: number, status: number, fields: Bytes, body: Bytes = ""): number {
    const fieldsSize = this.put(0, utf8(fields));
    const bodySize = this.put(fieldsSize, utf8(body));
    return this.call("http_respond", id, status, 0, fieldsSize, fieldsSize, bodySize);
  }

  begin(id: number, status: number, fields: string, size: number): number {
    return this.call("http_begin", id, status, 0, this.put(0, utf8(fields)), BigInt(size));
  }

  write(id: number, bytes: Bytes): number {
    return this.call("http_write", id, 0, this.put(0, utf8(bytes)));
  }

  /** A call of another service: `bytes` are lent to it behind `values`. */
  callWith(name: string, values: readonly number[], bytes: Bytes, ...rest: readonly number[]): number {
    const size = this.put(0, utf8(bytes));
    const result = this.call(name, ...values, 0, size, ...rest);
    this.settle();
    return result;
  }

  /** A call that fills a range: the bytes, or the status. */
  callFor(name: string, id: number, size: number): Uint8Array | number {
    return this.fill(size, (at) => this.call(name, id, at, size));
  }

  #text(name: string, id: number): string {
    const bytes = this.callFor(name, id, MOST_TEXT);
    assert.ok(typeof bytes !== "number", `answers a length, not ${String(bytes)}`);
    return textOf(bytes);
  }

  protected override imports(root: string): ReturnType<StreamBench["imports"]> {
    const imports = super.imports(root);
    Object.assign(imports[root]!, {
      remote: (_handle: number, pointer: number) => {
        const address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 7, 0x12, 0x34];
        this.kernelMemory().set(address, pointer);
      },
    });
    Object.assign(imports["platform"]!, {
      clockRealtime: () => (this.clockReads++, this.realTime + this.time - 1_000_000_000n),
      exit: () => assert.fail("the machine ends"),
      entropySeed: (pointer: number, length: number) => {
        for (let at = 0; at < length; at++) this.kernelMemory()[pointer + at] = at + 1;
        return length;
      },
    });
    return imports;
  }

  protected override enterApp(entry: number, id: number, value: number): boolean {
    const name = ENTRIES[entry];
    if (name === undefined) return false;
    this.entered.push(`${name} ${id}`);
    this.app[name]?.(id, value);
    return true;
  }
}

/** An app's own text is UTF-8. */
function utf8(text: Bytes): Uint8Array {
  return typeof text === "string" ? encoder.encode(text) : text;
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
  [AppEntry.WebsocketControl]: "socketControl",
};
